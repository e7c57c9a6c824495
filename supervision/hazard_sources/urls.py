from django.urls import path

from supervision.hazard_sources import upward_views, views

app_name = "hazard_sources"
urlpatterns = [
    path("calculator/", views.calculator, name="calculator"),
    path("upward/", upward_views.overview, name="upward"),
    path("upward/<str:period>/", upward_views.period_page, name="upward-period"),
    path("upward/<str:period>/export.xlsx", upward_views.sheet, name="upward-sheet"),
    path("<int:pk>/step/<str:name>/", views.step, name="step"),
    path("<int:pk>/persons/", views.count, name="persons"),
    path("<int:pk>/papers/<str:paper>/", views.paper, name="paper"),
    path("<int:pk>/facilities/<str:facility>/", views.facility, name="facility"),
    path("<int:pk>/features/", views.features, name="features"),
    path("<int:pk>/board/", views.board, name="board"),
]
