from django.urls import path

from supervision.surroundings import views

app_name = "surroundings"
urlpatterns = [path("<int:pk>/verify/", views.verify, name="verify")]
