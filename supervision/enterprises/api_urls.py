from django.urls import path

from layers import record_api
from supervision.enterprises import api_truth

RECORDS = {"module": "enterprises", "key": "enterprises"}

urlpatterns = [
    path("enterprises/", record_api.RecordList.as_view(), RECORDS, name="enterprises"),
    path("enterprises/<int:pk>/", record_api.Record.as_view(), RECORDS, name="enterprise"),
    path("enterprises/<int:pk>/confirm/", api_truth.Confirm.as_view(), name="confirm"),
    path("enterprises/<int:pk>/change-requests/", api_truth.Ask.as_view(), name="ask"),
    path("enterprises/change-requests/", record_api.RecordList.as_view(),
         {"module": "enterprises", "key": "change_requests"}, name="change-requests"),
    path("enterprises/change-requests/<int:pk>/transitions/<slug:name>/", api_truth.Decide.as_view(), name="decide"),
    path("enterprises/contradictions/", record_api.RecordList.as_view(),
         {"module": "enterprises", "key": "contradictions"}, name="contradictions"),
]  # fmt: skip
