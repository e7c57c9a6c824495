from django.urls import path

from command_center.dispatch import views

app_name = "dispatch"
urlpatterns = [
    path("incidents/<int:pk>/assign/", views.assign, name="assign"),
    path("incidents/<int:pk>/assignments/<int:assignment>/<slug:name>/", views.step, name="step"),
]
