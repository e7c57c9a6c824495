from django.urls import path

from command_center.plans import views

app_name = "plans"
urlpatterns = [
    path("<int:pk>/verify/", views.verify, name="verify"),
    path("<int:pk>/do/<slug:verb>/", views.do, name="do"),
]
