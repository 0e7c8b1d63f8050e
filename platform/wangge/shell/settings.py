"""Settings of every process; what differs between installations comes from the environment.

`DATABASE_URL` names server, database and the admin login. `WANGGE_LOGIN` says as whom this process signs in: `admin`
(default: migrations, stamping), `operator`, `web` or `worker`. Passwords of the latter come from
`WANGGE_<LOGIN>_PASSWORD`, or are derived from `WANGGE_SECRET_KEY` (how `prepare_database` sets them by default).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[3]

_development = os.environ.get("WANGGE_ENV", "development") == "development"
SECRET_KEY = os.environ.get("WANGGE_SECRET_KEY") or ("development-only-key" if _development else "")
DEBUG = os.environ.get("WANGGE_DEBUG") == "1"
ALLOWED_HOSTS = [
    "*"
]  # A host is allowed when it is a city's domain or the operator's: the city middleware decides.

WANGGE_INSTALLATION = os.environ.get("WANGGE_INSTALLATION", "wangge")
WANGGE_TEMPLATE_SCHEMA = "wangge_stamp_source"
WANGGE_LOGIN = os.environ.get("WANGGE_LOGIN", "admin")
WANGGE_OPERATOR_HOSTS = os.environ.get("WANGGE_OPERATOR_HOSTS", "operator.localhost").split(",")
WANGGE_FILES_DIR = Path(os.environ.get("WANGGE_FILES_DIR", str(BASE_DIR / ".local" / "files")))
# Backups and exports hold a city's whole data: a place of the operator's, never served as it stands.
WANGGE_BACKUP_DIR = Path(os.environ.get("WANGGE_BACKUP_DIR", str(BASE_DIR / ".local" / "backups")))
WANGGE_EXPORT_DIR = Path(os.environ.get("WANGGE_EXPORT_DIR", str(BASE_DIR / ".local" / "exports")))
WANGGE_BACKUP_KEEP = int(os.environ.get("WANGGE_BACKUP_KEEP", "7"))
WANGGE_DROP_GRACE_DAYS = int(os.environ.get("WANGGE_DROP_GRACE_DAYS", "30"))
WANGGE_IMPORT_LIMIT_BYTES = int(os.environ.get("WANGGE_IMPORT_LIMIT_GB", "64")) * 1024**3
WANGGE_TRUSTED_PROXIES = [p for p in os.environ.get("WANGGE_TRUSTED_PROXIES", "").split(",") if p]
# On a Citus cluster every city is moved to a worker at the end of its creation.
WANGGE_CITUS = os.environ.get("WANGGE_CITUS") == "1"
WANGGE_UPLOAD_LIMIT_BYTES = 200 * 1024 * 1024


def _data_key() -> bytes:
    """The 256-bit key that wraps the cities' data keys, as 64 hexadecimal digits; derived in development."""
    given = os.environ.get("WANGGE_DATA_KEY", "")
    return (
        bytes.fromhex(given) if given else hashlib.sha256(f"development-only:{SECRET_KEY}".encode()).digest()
    )


WANGGE_DATA_KEY = _data_key()


def login_password(login: str) -> str:
    """Password of one of the installation's database logins, given or derived from the secret key."""
    given = os.environ.get(f"WANGGE_{login.upper()}_PASSWORD")
    return (
        given or hmac.new(SECRET_KEY.encode(), f"database-login:{login}".encode(), hashlib.sha256).hexdigest()
    )


def _database() -> dict[str, Any]:
    url = urlsplit(os.environ.get("DATABASE_URL", "postgresql://localhost/wangge"))
    query = dict(parse_qsl(url.query))
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if WANGGE_LOGIN != "admin":
        user, password = f"{WANGGE_INSTALLATION}_{WANGGE_LOGIN}", login_password(WANGGE_LOGIN)
    pooled = WANGGE_LOGIN in {"web", "operator"}
    options: dict[str, Any] = {"application_name": f"wangge-{WANGGE_LOGIN}"}
    if pooled:
        # A backend keeps about 1 MB per city it has touched, so its life is bounded.
        options["pool"] = {"min_size": 1, "max_size": 8, "max_lifetime": 600, "timeout": 20}
    return {
        "ENGINE": "wangge.kernel.database",
        "NAME": url.path.lstrip("/") or "wangge",
        "USER": user,
        "PASSWORD": password,
        "HOST": query.get("host") or url.hostname or "",
        "PORT": query.get("port") or str(url.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a declared cursor would leave the extended protocol
    }


DATABASES = {"default": _database()}
WANGGE_LOGIN_PASSWORDS = {login: login_password(login) for login in ("web", "worker", "operator")}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ORIGINAL_BACKEND = "django.contrib.gis.db.backends.postgis"
PUBLIC_SCHEMA_NAME = "public"
TENANT_LIMIT_SET_CALLS = True
TENANT_MODEL = "registry.City"
TENANT_DOMAIN_MODEL = "registry.Domain"
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False
SILENCED_SYSTEM_CHECKS = ["gis.W001"]

_EVERYWHERE = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "tenants.accounts",
]
SHARED_APPS = [
    "django_tenants",
    "tenants.registry",
    "procrastinate.contrib.django",
    *_EVERYWHERE,
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "rest_framework",
    "drf_spectacular",
    "django_vite",
    "wangge.shell",
]
TENANT_APPS = [*_EVERYWHERE, "tenants.bureau", "gis.layers", "grids.units"]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

MIDDLEWARE = [
    "wangge.shell.middleware.RequestIdMiddleware",
    "wangge.shell.middleware.CityMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wangge.shell.middleware.SlidingSessionMiddleware",
    "wangge.shell.middleware.ContentPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "wangge.shell.urls"
PUBLIC_SCHEMA_URLCONF = "wangge.shell.urls_operator"
WSGI_APPLICATION = "wangge.shell.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "platform" / "wangge" / "shell" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("WANGGE_STATIC_ROOT")
_BUILD = BASE_DIR / "platform" / "wangge" / "static" / "build"
STATICFILES_DIRS = [BASE_DIR / "platform" / "wangge" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"/build/assets/.+-[\w-]{8}\."
DJANGO_VITE = {
    "default": {
        "dev_mode": os.environ.get("WANGGE_VITE_DEV") == "1",
        "manifest_path": _BUILD / "manifest.json",
        "static_url_prefix": "build",
    }
}
STORAGES = {
    "default": {
        # Under MEDIA_ROOT/<schema>/; with a `location` option it would keep all cities' files in one folder.
        "BACKEND": "django_tenants.files.storage.TenantFileSystemStorage",
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = str(WANGGE_FILES_DIR)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

SESSION_COOKIE_NAME = os.environ.get("WANGGE_SESSION_COOKIE", "wangge_session")
CSRF_COOKIE_NAME = SESSION_COOKIE_NAME + "_csrf"
SESSION_COOKIE_AGE = 30 * 60  # idle minutes before a new sign-in (knowledge: 30 minutes)
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not _development
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "/sign-in"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.accounts.api.authentication.AccessTokenAuthentication",
        "tenants.accounts.api.authentication.CitySessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["wangge.kernel.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["wangge.kernel.parsers.SafeJSONParser"],
    "EXCEPTION_HANDLER": "wangge.kernel.problems.answer_exception",
    "DEFAULT_SCHEMA_CLASS": "wangge.kernel.openapi.ProblemAwareSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Wangge API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "wangge.kernel.openapi.any_value_may_be_null",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices that several documents call by one field name, such as `kind`.
    "ENUM_NAME_OVERRIDES": {
        "CalendarDayKindEnum": "tenants.bureau.models.calendar.CalendarDay.Kind",
        "OrgLevelEnum": "tenants.bureau.models.org_units.OrgLevel",
        "JobStateEnum": "tenants.bureau.models.jobs.JobState",
        "PlanStateEnum": "grids.units.api.plans.STATES",
        "LayerKindEnum": "gis.layers.models.LayerKind",
        "FindingLevelEnum": ["refusal", "hint"],
    },
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["wangge.shell.runner"]
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": int(os.environ.get("WANGGE_WORKER_SLOTS", "2")),
    "update_heartbeat_interval": 2.0,
    "stalled_worker_timeout": 30.0,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("WANGGE_LOG_LEVEL", "WARNING")},
}
