"""Pages and API of every declared record. Mounted last, so that a module's own addresses come first."""

from django.urls import include, path

from layers import import_api, import_shapes, record_api, record_forms, record_imports, records

pages = [
    path("<slug:module>/<slug:key>/", records.list_page, name="list"),
    path("<slug:module>/<slug:key>/new/", record_forms.new, name="new"),
    path("<slug:module>/<slug:key>/export.xlsx", records.export, name="export"),
    path("<slug:module>/<slug:key>/import/", record_imports.start, name="import"),
    path("<slug:module>/<slug:key>/import/template.xlsx", record_imports.empty_template, name="import-template"),
    path("<slug:module>/<slug:key>/import/current.xlsx", record_imports.current, name="import-current"),
    path("<slug:module>/<slug:key>/import/<int:batch>/", record_imports.batch_page, name="import-batch"),
    path("<slug:module>/<slug:key>/import/<int:batch>/marked.xlsx", record_imports.given_back, name="import-marked"),
    path("<slug:module>/<slug:key>/import/<int:batch>/shapes.json", import_shapes.shapes, name="import-shapes"),
    path("<slug:module>/<slug:key>/import/<int:batch>/<slug:verb>/", record_imports.act, name="import-act"),
    path("<slug:module>/<slug:key>/<str:pk>/", records.detail, name="detail"),
    path("<slug:module>/<slug:key>/<str:pk>/edit/", record_forms.edit, name="edit"),
    path("<slug:module>/<slug:key>/<str:pk>/history/", records.history, name="history"),
]
api = [
    path("imports/<slug:module>/<slug:key>/", import_api.Imports.as_view(), name="imports"),
    path("imports/<slug:module>/<slug:key>/<int:batch>/", import_api.Import.as_view(), name="import"),
    path(
        "imports/<slug:module>/<slug:key>/<int:batch>/<slug:verb>/",
        import_api.ImportStep.as_view(),
        name="import-step",
    ),
    path("<slug:module>/<slug:key>/", record_api.RecordList.as_view(), name="list"),
    path("<slug:module>/<slug:key>/<str:pk>/", record_api.Record.as_view(), name="detail"),
]
urlpatterns = [
    path("api/v1/", include((api, "records-api"))),
    path("", include((pages, "records"))),
]
