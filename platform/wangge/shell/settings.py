"""Settings of every process; what differs between installations comes from the environment.

`DATABASE_URL` names server, database and the admin login. `WANGGE_LOGIN` says as whom this process signs in: `admin`
(default: migrations, stamping), `operator`, `web` or `worker`. Passwords of the latter come from
`WANGGE_<LOGIN>_PASSWORD`, or are derived from `WANGGE_SECRET_KEY` (how `prepare_database` sets them by default).

Any process ends here, naming every variable that is wrong; in production also those that are missing or defaults.
docs/operations.md has the table of all variables.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from wangge.kernel.client_address import networks_of
from wangge.kernel.database.names import check_installation
from wangge.shell.environment import Environment, refuse
from wangge.shell.logs import logging_settings
from wangge.shell.outlets import mail_url, webhooks_of
from wangge.shell.production import Deployment, production_faults
from wangge.shell.rates import read_rates, storage_of
from wangge.shell.settings_api import REST_FRAMEWORK as REST_FRAMEWORK
from wangge.shell.settings_api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from wangge.shell.settings_database import database_settings, login_password

BASE_DIR = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024

_given = Environment(os.environ)
_production = _given.choice("WANGGE_ENV", "development", ("development", "production")) == "production"
_development = not _production
SECRET_KEY = _given.secret("WANGGE_SECRET_KEY") or ("development-only-key" if _development else "")
DEBUG = _given.flag("WANGGE_DEBUG")
ALLOWED_HOSTS = [
    "*"
]  # A host is allowed when it is a city's domain or the operator's: the city middleware decides.

WANGGE_INSTALLATION = _given.parsed(
    "WANGGE_INSTALLATION", "wangge", check_installation,
    zh="须为小写字母开头的小写字母和数字，最多 13 个字符，且不得为 pg",
    en="must be small letters and digits, beginning with a letter, at most 13, and not pg",
)  # fmt: skip
WANGGE_TEMPLATE_SCHEMA = "wangge_stamp_source"
WANGGE_LOGIN = _given.choice("WANGGE_LOGIN", "admin", ("admin", "operator", "web", "worker"))
WANGGE_OPERATOR_HOSTS = _given.words("WANGGE_OPERATOR_HOSTS", "operator.localhost")
WANGGE_FILES_DIR = Path(_given.text("WANGGE_FILES_DIR", str(BASE_DIR / ".local" / "files")))
# Backups and exports hold a city's whole data: a place of the operator's, never served as it stands.
WANGGE_BACKUP_DIR = Path(_given.text("WANGGE_BACKUP_DIR", str(BASE_DIR / ".local" / "backups")))
WANGGE_EXPORT_DIR = Path(_given.text("WANGGE_EXPORT_DIR", str(BASE_DIR / ".local" / "exports")))
WANGGE_BACKUP_KEEP = _given.number("WANGGE_BACKUP_KEEP", 7, least=1, most=10_000)
WANGGE_DROP_GRACE_DAYS = _given.number("WANGGE_DROP_GRACE_DAYS", 30, most=3650)
WANGGE_IMPORT_LIMIT_BYTES = _given.number("WANGGE_IMPORT_LIMIT_GB", 64, least=1, most=10_000) * 1024**3
WANGGE_TRUSTED_PROXIES = _given.parsed(
    "WANGGE_TRUSTED_PROXIES", "", lambda text: networks_of([word for word in text.split(",") if word.strip()]),
    zh="须为以逗号分隔的 IP 地址或网段，例如 127.0.0.1,10.0.0.0/8",
    en="must be addresses or networks by comma, for example 127.0.0.1,10.0.0.0/8",
)  # fmt: skip
# On a Citus cluster every city is moved to a worker at the end of its creation.
WANGGE_CITUS = _given.flag("WANGGE_CITUS")
# A backend keeps what it has read of every city's catalogue: a pooled connection that has touched more is replaced.
WANGGE_CITIES_PER_CONNECTION = _given.number("WANGGE_CITIES_PER_CONNECTION", 60, least=1, most=100_000)
# Whether administrators and operators must have a second factor; off in development, where the demo has one password.
WANGGE_REQUIRE_SECOND_FACTOR = _given.flag("WANGGE_REQUIRE_SECOND_FACTOR", default=_production)

# --- what a request may bring, and how often (wangge.shell.intake, wangge.shell.rates) ----------------------------
WANGGE_UPLOAD_LIMIT_BYTES = _given.number("WANGGE_UPLOAD_LIMIT_MB", 200, least=1, most=4096) * MEGABYTE
WANGGE_BODY_LIMIT_BYTES = _given.number("WANGGE_BODY_LIMIT_MB", 10, least=1, most=256) * MEGABYTE
WANGGE_RATES = read_rates(_given)
WANGGE_RATE_STORAGE = _given.parsed(
    "WANGGE_RATE_STORAGE", "memory://", storage_of,
    zh="须为 memory:// 或 redis://主机:端口/库",
    en="must be memory:// or redis://host:port/number",
)  # fmt: skip

# --- how messages leave (tenants.bureau.services.channels) ---------------------------------------------------------
try:
    WANGGE_EMAIL_URL = mail_url(_given.secret("WANGGE_EMAIL_URL"))
except ValueError:
    _given.fault(
        "WANGGE_EMAIL_URL", "须形如 smtp://用户:密码@主机:587?tls=1&from=地址", "must look like smtp://…"
    )
WANGGE_WEBHOOKS = _given.parsed(
    "WANGGE_WEBHOOKS", "", webhooks_of,
    zh="须形如 sms=https://网关/send，多个以逗号分隔", en="must look like sms=https://gateway/send, several by comma",
)  # fmt: skip
WANGGE_MESSAGE_LOG = "" if _production else _given.text("WANGGE_MESSAGE_LOG")
WANGGE_OUTBOX_ATTEMPTS = _given.number("WANGGE_OUTBOX_ATTEMPTS", 8, least=1, most=100)
# Longer than the slowest single delivery: afterwards another deliverer takes the message over.
WANGGE_OUTBOX_LEASE_S = _given.number("WANGGE_OUTBOX_LEASE_S", 300, least=120, most=86_400)

# --- what is watched (wangge.shell.metrics) -----------------------------------------------------------------------
WANGGE_METRICS_TOKEN = _given.secret("WANGGE_METRICS_TOKEN")
WANGGE_METRICS_HOSTS = _given.words("WANGGE_METRICS_HOSTS")
# Behind a proxy on the same machine everybody may look like the machine itself.
WANGGE_METRICS_FOR_MACHINE = _development


def _data_key() -> bytes:
    """The 256-bit key that wraps the cities' data keys, as 64 hexadecimal digits; derived in development."""
    given = _given.secret("WANGGE_DATA_KEY")
    try:
        key = bytes.fromhex(given)
    except ValueError:
        key = b"?"
    if given and len(key) != 32 and _development:  # production says more of it
        _given.fault("WANGGE_DATA_KEY", "须为 64 位十六进制", "must be 64 hexadecimal digits")
    return key if len(key) == 32 else hashlib.sha256(f"development-only:{SECRET_KEY}".encode()).digest()


WANGGE_DATA_KEY = _data_key()
WANGGE_LOGIN_PASSWORDS = {
    login: login_password(_given, login, SECRET_KEY) for login in ("web", "worker", "operator")
}
DATABASES = {
    "default": database_settings(
        _given, login=WANGGE_LOGIN, installation=WANGGE_INSTALLATION, passwords=WANGGE_LOGIN_PASSWORDS
    )
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ORIGINAL_BACKEND = "django.contrib.gis.db.backends.postgis"
PUBLIC_SCHEMA_NAME = "public"
TENANT_LIMIT_SET_CALLS = True
TENANT_MODEL = "registry.City"
TENANT_DOMAIN_MODEL = "registry.Domain"
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False
# W021: whether a domain goes into the browsers' preload list is its owner's to decide (WANGGE_HSTS_PRELOAD).
SILENCED_SYSTEM_CHECKS = ["gis.W001", "security.W021"]

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
TENANT_APPS = [
    *_EVERYWHERE,
    "tenants.bureau",
    "gis.layers",
    "instructors.people",
    "instructors.assignment",
    "grids.units",
    "grids.interest",
    "grids.wellness",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [  # length, mixture and former passwords are the dated policy's
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

MIDDLEWARE = [
    "wangge.shell.middleware.RequestIdMiddleware",
    "wangge.shell.watch.WatchMiddleware",
    "wangge.shell.surface.SurfaceMiddleware",
    "wangge.shell.surface.ProxyMiddleware",
    "wangge.shell.health.HealthMiddleware",
    "wangge.shell.metrics_page.MetricsMiddleware",
    "wangge.shell.rate_middleware.CallerRateMiddleware",
    "wangge.shell.intake.BodyLimitMiddleware",
    "wangge.shell.middleware.CityMiddleware",
    "wangge.shell.rate_middleware.CityRateMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wangge.shell.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wangge.shell.session_middleware.SessionEndMiddleware",
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
STATIC_ROOT = _given.text("WANGGE_STATIC_ROOT") or None
_BUILD = BASE_DIR / "platform" / "wangge" / "static" / "build"
STATICFILES_DIRS = [BASE_DIR / "platform" / "wangge" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"/build/assets/.+-[\w-]{8}\."
DJANGO_VITE = {
    "default": {
        "dev_mode": _given.flag("WANGGE_VITE_DEV"),
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
FILE_UPLOAD_TEMP_DIR = _given.text("WANGGE_UPLOAD_TEMP_DIR") or None
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = WANGGE_BODY_LIMIT_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# `__Host-` makes a browser refuse the cookie from a neighbour's subdomain, and without TLS.
SESSION_COOKIE_NAME = ("__Host-" if _production else "") + _given.text(
    "WANGGE_SESSION_COOKIE", "wangge_session"
)
CSRF_COOKIE_NAME = SESSION_COOKIE_NAME + "_csrf"
SESSION_COOKIE_AGE = 30 * 60  # of a visitor; the dated policy says how long a signed-in session lives
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages read the token from their own head
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "wangge.shell.documents.stale_form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _production
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = _given.number("WANGGE_HSTS_DAYS", 365, most=3650) * 86_400 if _production else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _production and _given.flag("WANGGE_HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = _production and _given.flag("WANGGE_HSTS_PRELOAD")
# The first middleware drops this header unless a trusted proxy sent it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if WANGGE_TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = _production and bool(WANGGE_TRUSTED_PROXIES)
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "/sign-in"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["wangge.shell.runner"]


def _seconds(name: str, default: str) -> float:
    def positive(text: str) -> float:
        if not 0 < float(text) < 86400:
            raise ValueError(text)
        return float(text)

    return _given.parsed(
        name, default, positive, zh="须为正的秒数", en="must be a positive number of seconds"
    )


# What a worker takes on (wangge.shell.worker). Its slots are above every city's, so that none fills it.
WANGGE_WORKER_SLOTS = _given.number("WANGGE_WORKER_SLOTS", 4, least=1, most=64)
WANGGE_SYSTEM_SLOTS = _given.number("WANGGE_SYSTEM_SLOTS", 2, least=1, most=64)
WANGGE_HEARTBEAT_S = _seconds("WANGGE_HEARTBEAT_S", "2")
WANGGE_RESCUE_AFTER_S = _seconds("WANGGE_RESCUE_AFTER_S", "20")
WANGGE_STOP_WITHIN_S = _seconds("WANGGE_STOP_WITHIN_S", "10")
WANGGE_JOB_DEATHS = _given.number("WANGGE_JOB_DEATHS", 3, least=1)
WANGGE_JOB_APART_AFTER = _given.number("WANGGE_JOB_APART_AFTER", 1, least=1)

LOGGING = logging_settings(
    is_production=_production,
    level=_given.choice(
        "WANGGE_LOG_LEVEL",
        "INFO" if _production else "WARNING",
        ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    logs_access=_given.flag("WANGGE_ACCESS_LOG", default=True),
)

if _production:
    _given.faults += production_faults(
        Deployment(
            secret_key=SECRET_KEY,
            data_key=_given.secret("WANGGE_DATA_KEY"),
            is_debug=DEBUG,
            uses_dev_page=bool(DJANGO_VITE["default"]["dev_mode"]),
            database_url=_given.text("DATABASE_URL"),
            login=WANGGE_LOGIN,
            passwords={
                login: _given.secret(f"WANGGE_{login.upper()}_PASSWORD") for login in WANGGE_LOGIN_PASSWORDS
            },
            operator_hosts=tuple(WANGGE_OPERATOR_HOSTS),
            metrics_token=WANGGE_METRICS_TOKEN,
        )
    )
refuse(_given.faults)
