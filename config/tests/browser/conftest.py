"""A real browser on a live server: Debian's chromium, driven by Playwright."""

import os

import pytest

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": options}


@pytest.fixture
def browser(playwright, browser_type_launch_args):
    """Start a browser for each test: the suite's own `browser` fixture makes page clients."""
    running = playwright.chromium.launch(**browser_type_launch_args)
    yield running
    running.close()


@pytest.fixture
def complaints():
    """Collect what the browser's console complains about: a story ends with none."""
    return []


@pytest.fixture
def visit(browser, live_server, complaints):
    """Open a page of the live server in a context of one's own: `visit("/", width=390)`."""

    def visit(path="/", *, width=1280, scheme="light", **options):
        size = {"width": width, "height": 860}
        context = browser.new_context(base_url=live_server.url, viewport=size, color_scheme=scheme, **options)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    return visit
