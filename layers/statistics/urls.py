"""The page, the sheet and the API of every module's statistics."""

from django.urls import path

from layers.statistics import api, pages

urlpatterns = [
    path("api/v1/statistics/<slug:module>/", api.Statistics.as_view(), name="statistics-api"),
    path("<slug:module>/statistics/", pages.page, name="statistics"),
    path("<slug:module>/statistics/export.xlsx", pages.export, name="statistics-export"),
]
