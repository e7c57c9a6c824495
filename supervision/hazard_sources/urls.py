from django.urls import path

from supervision.hazard_sources import views

app_name = "hazard_sources"
urlpatterns = [
    path("calculator/", views.calculator, name="calculator"),
    path("<int:pk>/step/<str:name>/", views.step, name="step"),
]
