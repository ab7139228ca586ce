"""How often each way in may be tried (OWASP ASVS 5.0 §6.3.1)."""

from config.throttling import Limit

MINUTES, HOURS = 60, 3600
PASSWORD = Limit("password", 5, 15 * MINUTES)
"""Wrong passwords of one account from one address."""
PASSWORD_OF_ADDRESS = Limit("password-address", 50, 15 * MINUTES)
PASSWORD_OF_ACCOUNT = Limit("password-account", 100, 24 * HOURS)
"""Wrong passwords of one account from everywhere: high, so that a stranger cannot shut a person out easily."""
SECOND_STEP = Limit("second-step", 5, 15 * MINUTES)
"""Wrong second factors of one account."""
MAIL_TO = Limit("mail-to", 5, 1 * HOURS)
"""Mails that a stranger, or an admin who invites, can make us send to one address."""
MAIL_FROM = Limit("mail-from", 30, 1 * HOURS)
"""Such mails asked for from one address."""
MAIL_BY = Limit("mail-by", 50, 1 * HOURS)
"""Mails that one account can make us send to others."""
PUBLIC_LINK_PASSWORD = Limit("public-link-password", 5, 15 * MINUTES)
"""Wrong passwords of one public link from one address."""
PUBLIC_LINK_PASSWORDS = Limit("public-link-passwords", 100, 24 * HOURS)
"""Wrong passwords of one public link from everywhere."""
API_TOKEN_OF_ADDRESS = Limit("api-token-address", 20, 15 * MINUTES)
"""Wrong API tokens from one address."""
LINK_OF_ADDRESS = Limit("link-address", 20, 15 * MINUTES)
"""Mailed links from one address that are none, or none any more."""
REFRESH_OF_ADDRESS = Limit("refresh-address", 20, 15 * MINUTES)
"""Refresh tokens from one address that do not count."""
PASSKEY_OF_ADDRESS = Limit("passkey-address", 100, 15 * MINUTES)
"""Browsers at one address that are asked for a passkey: each question is kept in a session."""
EXPORT = Limit("export", 10, 1 * HOURS)
"""Exports of one account: each reads all that it has."""
IMPORT = Limit("import", 30, 1 * HOURS)
"""Files that one account brings to be taken in."""
PROVIDER = Limit("provider", 30, 15 * MINUTES)
"""Sign-ins over a provider that one address begins: each makes us ask the provider."""
