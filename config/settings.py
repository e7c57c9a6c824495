"""The one settings file. Every deployment difference is an environment variable, listed in .env.example."""

import os
from pathlib import Path

from csp.constants import NONCE

from config import env

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(env.text("ANTU_DATA", str(ROOT / "var"))).resolve()
VERSION = "0.1.0"


def modules_in(package: str) -> list[str]:
    """Every folder of `package` that has an apps.py is a module: adding one edits nothing here."""
    return [f"{package}.{p.parent.name}" for p in sorted((ROOT / package).glob("*/apps.py"))]


DEBUG = env.flag("ANTU_DEBUG", False)
DEMO = env.flag("ANTU_DEMO", True)
SECRET_KEY = env.secret("ANTU_SECRET_KEY", file=DATA / "secret.key", debug=DEBUG)
ALLOWED_HOSTS = env.words("ANTU_HOSTS", "*")
PUBLIC_URL = env.text("ANTU_PUBLIC_URL")  # http://host:port that phones reach: what the QR code of a paper leads to
ORIGINS = env.words("ANTU_ORIGINS")  # scheme://host:port of pages that may open sockets, besides the server's own
HTTPS = env.flag("ANTU_HTTPS", False)

INSTALLED_APPS = [
    "core",
    "geo",
    "layers",
    *modules_in("supervision"),
    *modules_in("command_center"),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",  # its index expressions: trigram operator classes
    "rest_framework",
    "rest_framework_gis",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.ActorMiddleware",
    "core.middleware.BadInputMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "layers.context.shell",
            ],
        },
    }
]

# Parallel query is off because on small tiles the planner otherwise takes a parallel sequential scan; the timeouts
# keep one bad request from holding a connection or the feed's lock.
DATABASE_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "max_parallel_workers_per_gather": 0,
        "statement_timeout": env.text("ANTU_STATEMENT_TIMEOUT", "10s"),
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": env.text("ANTU_IDLE_TIMEOUT", "30s"),
        "timezone": "Asia/Shanghai",
        "jit": "off",
    }.items()
)
DATABASES = {
    "default": {
        **env.database("DATABASE_URL", "postgres:///antu"),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": DATABASE_OPTIONS, "connect_timeout": 5},
    }
}
# GDAL before 3.9 cannot block files and network in coordinate system texts; geo.parsing lets no such text in.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", **options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"OPTIONS": {"min_length": 12}}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
# Offices share one address behind NAT: only this user from this address is locked.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "core.accounts.locked_out"

SESSION_COOKIE_NAME = "__Host-antu" if HTTPS else "antu"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = ORIGINS
CSRF_FAILURE_VIEW = "layers.pages.csrf_failure"

BASEMAPS = env.text("ANTU_BASEMAPS")  # JSON list of {"title","kind":"xyz|wmts","url","attribution"}
BASEMAP_HOSTS = env.words("ANTU_BASEMAP_HOSTS")  # origins the CSP lets the map load tiles from
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *BASEMAP_HOSTS],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *BASEMAP_HOSTS],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
MEDIA_ROOT = DATA / "files"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or os.environ.get("PYTEST_VERSION")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.StrictJSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "core.schema.Schema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "core.api.answer_exception",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "安图 应急指挥与安全监管一张图",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Who the city is: the only place that names it. Documents, the map's first view and the demo read it.
CITY = {
    "code": env.text("ANTU_CITY_CODE", "370500"),
    "name": env.text("ANTU_CITY_NAME", "东营市"),
    "agency": env.text("ANTU_AGENCY", "东营市应急管理局"),
    "agency_short": env.text("ANTU_AGENCY_SHORT", "鲁东"),
    "extent": [117.8, 36.8, 119.5, 38.3],  # lon/lat; nothing outside is accepted as a place in this city
    "approval_number": env.text("ANTU_MAP_APPROVAL", ""),  # 审图号, shown on the map and on prints
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("ANTU_LOG", "WARNING")},
}
