"""What the kernel serves itself."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("core.documents.urls"))]
