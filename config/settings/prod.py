"""The real thing. TLS ends here or at a proxy in front of it."""

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_URL, env

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")

# Only behind a proxy that sets X-Forwarded-Proto itself may that header be believed.
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = BASE_URL.startswith("https://")
if BASE_URL.startswith("https://"):
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
