"""A name that a person recognises for the client that a User-Agent describes (RFC 9110 §10.1.5)."""

import re

READ = 400
"""More than any browser sends; the rest of a longer text is not looked at."""
# What claims to be another comes before it: nearly all say Safari, and many say Chrome.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
)
PRODUCT = re.compile(r"([!#$%&'*+.^_`|~\w-]{1,60})(?:/(\d+(?:\.\d+)?))?")


def device_name(user_agent: str) -> str:
    """Return “Firefox on Linux”, “curl 8.5”, or "" for what says nothing."""
    text = user_agent[:READ].strip()
    product = PRODUCT.match(text)
    if not text.startswith("Mozilla/"):
        return " ".join(filter(None, product.groups())) if product else ""
    browser = next((name for mark, name in BROWSERS if mark in text), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    if system == "Android" and "Mobile" not in text:
        system = "Android tablet"
    return f"{browser} on {system}" if system else browser


def device_icon(name: str, *, is_browser: bool) -> str:
    """Return the icon of a device by its name."""
    if "iPhone" in name or name.endswith("on Android"):
        return "smartphone"
    if "iPad" in name or "tablet" in name:
        return "tablet"
    return "laptop" if is_browser else "code-xml"
