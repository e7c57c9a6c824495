from django.urls import path

from command_center.resources import views

app_name = "resources"
urlpatterns = [
    path("", views.home, name="home"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("team/<int:pk>/status/", views.status, name="status"),
    path("<slug:model>/<int:pk>/verify/", views.verify, name="verify"),
    path("<slug:model>/<int:pk>/link/", views.link, name="link"),
]
