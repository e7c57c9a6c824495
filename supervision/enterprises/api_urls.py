from django.urls import path

from layers import record_api
from supervision.enterprises import api_merging, api_truth

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
    path("enterprises/<int:pk>/transitions/<slug:name>/", api_merging.FileStep.as_view(), name="file-step"),
    path("enterprises/<int:pk>/merge/", api_merging.MergeInto.as_view(), name="merge"),
    path("enterprises/duplicates/<int:pk>/transitions/<slug:name>/", api_merging.Judge.as_view(), name="judge"),
    path("enterprises/merges/<int:pk>/split/", api_merging.Split.as_view(), name="split"),
]  # fmt: skip
