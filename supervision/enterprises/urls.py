from django.urls import path

from supervision.enterprises import views

app_name = "enterprises"
urlpatterns = [
    path("<int:pk>/verify/", views.verify, name="verify"),
    path("<int:pk>/status/", views.status, name="status"),
    path("<int:pk>/contact/", views.contact, name="contact"),
]
