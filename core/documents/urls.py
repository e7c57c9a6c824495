"""Papers and files."""

from django.urls import path, re_path

from core import file_views
from core.documents import views

urlpatterns = [
    path("files/<int:pk>/<str:name>", file_views.attachment, name="attachment"),
    re_path(r"^documents/(?P<pk>[0-9]{1,19})\.(?P<kind>docx|pdf)$", views.document, name="document"),
    path("v/", views.verify, name="verify-any"),
    path("v/<str:code>/", views.verify, name="verify"),
]
