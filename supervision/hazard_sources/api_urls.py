from django.urls import path

from layers import record_api
from supervision.hazard_sources import api

RECORDS = {"module": "hazard_sources", "key": "sources"}

urlpatterns = [
    path("hazard-sources/assess/", api.Assess.as_view(), name="hazard-sources-assess"),
    path("hazard-sources/<int:pk>/transitions/<str:name>/", api.Transition.as_view(), name="hazard-sources-transition"),
    path("hazard-sources/<int:pk>/surroundings/", api.Surroundings.as_view(), name="hazard-sources-surroundings"),
    path("hazard-sources/<int:pk>/persons/", api.Persons.as_view(), name="hazard-sources-persons"),
    path("hazard-sources/", record_api.RecordList.as_view(), RECORDS, name="hazard-sources"),
    path("hazard-sources/<int:pk>/", record_api.Record.as_view(), RECORDS, name="hazard-source"),
]
