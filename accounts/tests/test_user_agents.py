import time

import pytest

from accounts.user_agents import device_icon, device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
NAMES = [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
    ("Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android tablet"),
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on Windows"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
    (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
    (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on Android tablet"),
    (
        f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        "Samsung Internet on Android",
    ),
    (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        "Edge on Windows",
    ),
    (
        f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0",
        "Edge on Android",
    ),
    (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0", "Opera on Linux"),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
        "Mobile/15E148 Safari/604.1",
        "Safari on iPhone",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 "
        "Mobile/15E148 Safari/605.1.15",
        "Firefox on iPhone",
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 "
        "Mobile/15E148 Safari/604.1",
        "Chrome on iPad",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
        "Safari/605.1.15",
        "Safari on Mac",
    ),
    ("Mozilla/5.0 (PlayStation 5/SmartTV)", "A browser"),
    ("Mozilla/5.0", "A browser"),
    ("curl/8.5.0", "curl 8.5"),
    ("python-requests/2.32.3", "python-requests 2.32"),
    ("okhttp/4.12.0", "okhttp 4.12"),
    ("Tasks.org/14.7 (Android 15)", "Tasks.org 14.7"),
    ("home assistant", "home"),
    ("Backup", "Backup"),
    ("Ünïcode/1", "Ünïcode 1"),
    ("", ""),
    ("   ", ""),
    ("(only a comment)", ""),
    ("<script>alert(1)</script>", ""),
    ("x\r\nSet-Cookie: a", "x"),
    ("x\x00y", "x"),
]


@pytest.mark.parametrize(("user_agent", "expected"), NAMES, ids=[str(number) for number in range(len(NAMES))])
def test_a_client_gets_the_name_that_a_person_knows(user_agent, expected):
    assert device_name(user_agent) == expected


@pytest.mark.alone
def test_S28_a_hostile_user_agent_costs_nothing():
    started = time.process_time()

    for text in ("a" * 100_000, "a/" * 100_000, "1." * 100_000, "Mozilla/" + "(" * 100_000):
        assert len(device_name(text)) <= 100

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("name", "is_browser", "icon"),
    [
        ("Firefox on Linux", True, "laptop"),
        ("Safari on iPhone", True, "smartphone"),
        ("Chrome on Android", True, "smartphone"),
        ("Chrome on Android tablet", True, "tablet"),
        ("Chrome on iPad", True, "tablet"),
        ("", True, "laptop"),
        ("curl 8.5", False, "code-xml"),
        ("My iPhone", False, "smartphone"),
    ],
)
def test_a_device_has_the_icon_of_its_kind(name, is_browser, icon):
    assert device_icon(name, is_browser=is_browser) == icon
