"""Pages and API of every declared record. Mounted last, so that a module's own addresses come first."""

from django.urls import include, path

from layers import record_api, record_forms, records

pages = [
    path("<slug:module>/<slug:key>/", records.list_page, name="list"),
    path("<slug:module>/<slug:key>/new/", record_forms.new, name="new"),
    path("<slug:module>/<slug:key>/export.xlsx", records.export, name="export"),
    path("<slug:module>/<slug:key>/<str:pk>/", records.detail, name="detail"),
    path("<slug:module>/<slug:key>/<str:pk>/edit/", record_forms.edit, name="edit"),
    path("<slug:module>/<slug:key>/<str:pk>/history/", records.history, name="history"),
]
api = [
    path("<slug:module>/<slug:key>/", record_api.RecordList.as_view(), name="list"),
    path("<slug:module>/<slug:key>/<str:pk>/", record_api.Record.as_view(), name="detail"),
]
urlpatterns = [
    path("api/v1/", include((api, "records-api"))),
    path("", include((pages, "records"))),
]
