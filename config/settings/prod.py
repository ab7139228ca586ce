"""The real thing. TLS ends here or at a proxy in front of it."""

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_URL, TRUSTED_PROXIES

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")

if BASE_URL.startswith("https://"):
    # The prefix keeps another host of the same domain from setting them (RFC 6265bis §4.1.3.2).
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_SSL_REDIRECT = bool(TRUSTED_PROXIES)
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
