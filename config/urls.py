"""Where everything is mounted: the shell, the map, each module by its key."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core import health
from layers import pages
from layers.registry import registry

urlpatterns = [
    path("accounts/login/", auth.LoginView.as_view(template_name="layers/login.html"), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=["get", "head"]),
        name="api-docs",
    ),
    path("", include("core.urls")),
    path("", include("layers.urls")),
    *(path("api/v1/", include(m.api_urls)) for m in registry if m.api_urls),
    *(path(f"{m.key}/", include(m.urls)) for m in registry if m.urls),
    path("", include("layers.record_urls")),
]
handler400, handler403, handler404, handler500 = (
    pages.bad_request,
    pages.forbidden,
    pages.not_found,
    pages.server_error,
)
