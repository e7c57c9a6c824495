from django.urls import path

from layers import record_api

RECORDS = {"module": "enterprises", "key": "enterprises"}

urlpatterns = [
    path("enterprises/", record_api.RecordList.as_view(), RECORDS, name="enterprises"),
    path("enterprises/<int:pk>/", record_api.Record.as_view(), RECORDS, name="enterprise"),
]
