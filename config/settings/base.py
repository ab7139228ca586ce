"""What holds in every environment. Values that differ come from the environment (`config.env`)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from config import logging as log
from config import stores
from config.env import BASE_DIR, Environment, app_env

APP_ENV = app_env()
env = Environment.load(APP_ENV)

# Who we are
SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")  # those before it still open what they sealed and signed
DEBUG = False
BASE_URL = env.web_address("BASE_URL", default=None if env.strict else "http://localhost:8000")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=None if env.strict else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
DATA_DIR = Path(env.text("DATA_DIR", "a folder", str(BASE_DIR / ".data"))).absolute()
# Proxies in front, whose word on the client's address and on HTTPS counts; nobody else's does.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "config.apps.FloorConfig",
    "accounts",
    "activity",
    "todos",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.proxies.ClientAddressMiddleware",
    "config.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "config.middleware.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.budgets.BudgetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.web.devices.DeviceUseMiddleware",
    "config.middleware.LoginMiddleware",
    "accounts.web.second_factor_due.SecondFactorDueMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.PersonMiddleware",
    "config.http.ErrorPageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "todos.web.navigation.navigation",
            ],
        },
    },
]

# Where things are kept. With nothing configured: SQLite for everything, in DATA_DIR.
DATABASES = stores.databases(
    sql_url=env.store("DATABASE_URL", ("postgres", "postgresql", "sqlite"), optional=not env.strict),
    archive_url=env.store("MONGODB_URL", ("mongodb", "mongodb+srv")),
    data_dir=DATA_DIR,
)
ACTIVITY_ARCHIVE = "activity" in DATABASES
ACTIVITY_RETENTION = env.days("ACTIVITY_RETENTION")
JOURNAL_KEEP = timedelta(days=30)  # what the archive has too; pages read it while the archive is away
DATABASE_ROUTERS = ["activity.routers.ActivityRouter"]
CACHES = stores.caches(redis_url=env.store("REDIS_URL", ("redis", "rediss")))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who may come in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["accounts.hashers.BCryptHasher"]
BCRYPT_ROUNDS = env.integer("BCRYPT_ROUNDS", default=12, low=10, high=16)
# OWASP ASVS 5.0 §6.2: any letters, no rules of composition, nothing that is easy to guess.
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "accounts.validators.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "accounts.validators.ContextValidator"},
]
REGISTRATION = env.choice("REGISTRATION", ("open", "invite", "closed"), default="invite" if env.strict else "open")
SECOND_FACTOR = env.choice("SECOND_FACTOR", ("optional", "admins", "everyone"), default="optional")
FIRST_USER_IS_SUPERADMIN = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
SESSION_ENGINE = "accounts.sessions"
DEVICE_IDLE = timedelta(days=30)
DEVICE_LIFETIME = timedelta(days=180)
SESSION_COOKIE_AGE = int(DEVICE_IDLE.total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.http.csrf_failure"
REFRESH_GRACE = timedelta(seconds=10)

# Tokens are signed by the first pair (RS256), or without pairs by the secret (HS256). The others prove
# what they signed before. With pairs, the secret may go once its last token has run out.
JWT_KEY_PAIRS = env.key_pairs("JWT_PRIVATE_KEYS")
JWT_SECRETS = env.secrets("JWT_SIGNING_KEY_FALLBACKS")
if not JWT_KEY_PAIRS or env.text("JWT_SIGNING_KEY", "a secret", ""):
    JWT_SECRETS.insert(0, env.secret("JWT_SIGNING_KEY"))
SIMPLE_JWT: dict[str, Any] = {
    "ISSUER": BASE_URL,
    "LEEWAY": timedelta(seconds=5),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": DEVICE_IDLE,
    "TOKEN_TYPE_CLAIM": "typ",
    "USER_ID_CLAIM": "sub",
    "JTI_CLAIM": "jti",
}

# Who else may vouch for people (OpenID Connect), and hosts that we ask although they are inside or without TLS
OIDC_PROVIDERS = env.providers("OIDC_PROVIDERS")
OUTGOING_ALLOWED_HOSTS = env.addresses("OUTGOING_ALLOWED_HOSTS")
DELETION_GRACE = timedelta(days=7)

# How long what was deleted can be restored; then the worker deletes it for good.
TRASH_KEEP = timedelta(days=30)

# The browser's rules
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Undo-Receipt",
    "X-Request-ID",
]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-link-access",
    "x-request-id",
]

# The API
API_RATE_USER = env.rate("API_RATE_USER", default=1200)
API_RATE_ADDRESS = env.rate("API_RATE_ADDRESS", default=120)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiTokenAuthentication",
        "accounts.authentication.JWTAuthentication",
        "accounts.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "config.renderers.JSONRenderer",
        "config.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.renderers.JSONParser", "config.renderers.MergePatchParser"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.http.exception_handler",
    "UNICODE_JSON": True,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Simple Todos",
    "DESCRIPTION": "Todos, projects, labels and their history. Errors are RFC 9457 problem details.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "MIT"},
    "DEFAULT_GENERATOR_CLASS": "config.openapi.SchemaGenerator",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.examples.add_examples",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "accounts.models.Role",
        "MembershipRoleEnum": "todos.models.MembershipRole",
        "GivenRoleEnum": "todos.api.sharing.GIVEN",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Pages
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT", "a folder", str(DATA_DIR / "static"))).absolute()
STORAGES = {
    "default": stores.files(bucket_url=env.bucket("ATTACHMENTS_URL"), data_dir=DATA_DIR),
    "staticfiles": {"BACKEND": "config.staticfiles.StaticStorage"},
}

# Files that people send: how large one may be, and all of those in one owner's projects. No address serves them as
# they lie: a view asks who wants them.
ATTACHMENT_MAX = env.integer("ATTACHMENT_MAX_MB", default=20, low=1, high=5000) * 1_000_000
ATTACHMENT_QUOTA = env.megabytes("ATTACHMENT_QUOTA_MB", default=1000)
IMPORT_MAX = env.integer("IMPORT_MAX_MB", default=100, low=1, high=5000) * 1_000_000

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("en-us", "English (US)")]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE")

# Mail
EMAIL = stores.email(env.mail_server("EMAIL_URL"))
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"], EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"], EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL["EMAIL_USE_TLS"], EMAIL["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = EMAIL["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL")

# What the worker does, and how often
SWEEPS = {
    "activity.services.relay.sweep_relay": timedelta(seconds=1),
    "activity.services.relay.sweep_pruning": timedelta(minutes=10),
    "activity.services.erasure.sweep_erasures": timedelta(seconds=10),
    "activity.services.retention.sweep_retention": timedelta(hours=1),
    "todos.services.attachments.sweep_orphans": timedelta(days=1),
    "todos.services.sync.sweep_sync": timedelta(hours=6),
    "accounts.services.mail.sweep_mail": timedelta(seconds=3),
    "accounts.services.mail.sweep_parked_mail": timedelta(hours=1),
    "accounts.services.links.sweep_expired_links": timedelta(hours=1),
    "accounts.services.expiry.sweep_expired_sessions": timedelta(hours=1),
    "accounts.services.expiry.sweep_expired_cache": timedelta(minutes=10),
    "accounts.services.expiry.sweep_old_devices": timedelta(hours=6),
    "accounts.idempotency.sweep_idempotency_keys": timedelta(minutes=10),
    "accounts.services.deletion.sweep_due_deletions": timedelta(minutes=10),
    "todos.services.delivery.sweep_reminders": timedelta(seconds=3),
    "todos.services.notifications.sweep_old_notifications": timedelta(hours=1),
    "todos.services.share_invitations.sweep_expired_invitations": timedelta(hours=1),
    "todos.services.public_links.sweep_expired_links": timedelta(hours=1),
    "todos.services.transfer.imports.sweep_imports": timedelta(seconds=1),
    "todos.services.transfer.imports.sweep_old_imports": timedelta(hours=6),
    "todos.services.purge.sweep_trash": timedelta(hours=1),
    "todos.services.purge.sweep_discarded_files": timedelta(minutes=1),
}

# What else `/readyz` asks: without it the server goes on, degraded.
READINESS = {"archive": "activity.health.ask_archive"} if ACTIVITY_ARCHIVE else {}

LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "text"), default="json" if env.strict else "text")
LOG_DIR = env.text("LOG_DIR", "a folder, or none", str(DATA_DIR / "logs") if env.strict else "none")
LOGGING = log.configuration(level=LOG_LEVEL, style=LOG_FORMAT, folder="" if LOG_DIR == "none" else LOG_DIR)
LOGGING_CONFIG = "logging.config.dictConfig"
