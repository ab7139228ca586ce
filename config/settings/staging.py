"""As production, with its own `.env.staging`; browsers may forget it within the hour."""

from config.settings.prod import *  # noqa: F403

SECURE_HSTS_SECONDS = 3600
