"""What is served as it is: vendored files, icons, stylesheets, templates."""

import json
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from activity import registry
from config.env import BASE_DIR

STATIC, VENDOR = BASE_DIR / "static", BASE_DIR / "static" / "vendor"
TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.*"))
PAGES = [path for path in TEMPLATES if path.suffix == ".html" and "email" not in path.parts]
STYLES = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
FOREIGN = re.compile(r"""(?:src|srcset|href|action|data|poster)\s*=\s*["']?\s*(?:https?:)?//""", re.I)


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}|/\*.*?\*/", "", text, flags=re.S)


def manifest() -> dict[str, str]:
    packages = json.loads((VENDOR / "manifest.json").read_text())["packages"]
    return {path: digest for package in packages for path, digest in package["files"].items()}


@pytest.mark.parametrize(("path", "digest"), manifest().items())
def test_a_vendored_file_is_as_it_came(path, digest):
    found = b64encode(sha384((VENDOR / path).read_bytes()).digest()).decode()

    assert f"sha384-{found}" == digest


def test_every_vendored_file_is_in_the_manifest():
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}

    assert files - {"manifest.json"} == set(manifest())


def test_every_vendored_package_names_its_version_and_licence():
    for package in json.loads((VENDOR / "manifest.json").read_text())["packages"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["source"] == f"npm:{package['name']}@{package['version']}"
        assert package["licence"]
        assert package["licence_file"] in package["files"]


# Icons


def symbols() -> set[str]:
    return set(re.findall(r'<symbol[^>]*\bid="([^"]+)"', (STATIC / "icons.svg").read_text()))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_icon_of_a_template_is_in_the_sprite(path):
    text = path.read_text()
    named = set(re.findall(r"""\{%\s*icon\s+["']([^"']+)["']""", text))
    given = set(re.findall(r"""\bicon=["']([^"']+)["']""", text))

    assert named | given <= symbols()


def test_every_icon_of_a_verb_is_in_the_sprite():
    icons = {verb.icon for verb in registry._verbs.values()} | {registry.verb("no.such").icon}

    assert len(registry._verbs) > 20
    assert icons <= symbols()


def test_a_sprite_carries_no_script():
    assert not re.search(r"<script|\son\w+=|href=|<style", (STATIC / "icons.svg").read_text())


# Nothing from elsewhere, nothing inline


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_loads_from_elsewhere(path):
    links = re.sub(r"<a\b[^>]*>", "", without_comments(path.read_text()), flags=re.S)

    assert not FOREIGN.search(links)
    assert "fonts.googleapis" not in links


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_no_stylesheet_loads_from_elsewhere(path):
    text = without_comments(path.read_text())

    assert not re.search(r"""(?:url\(|@import)\s*["']?\s*(?:https?:)?//""", text)
    assert "!important" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_script_of_ours_calls_elsewhere_or_writes_markup_blindly(path):
    text = without_comments(path.read_text())

    assert not re.search(r"https?://|\beval\(|new Function|\.innerHTML\s*=|document\.write|insertAdjacentHTML", text)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_template_has_script_or_style_inline(path):
    text = without_comments(path.read_text())

    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", text, flags=re.S)
    assert [body for body in scripts if body.strip()] == []
    assert "<style" not in text
    assert not re.search(r"\sstyle\s*=|\shx-on|\son[a-z]+\s*=\s*[\"']|javascript:", text)


def test_only_mails_have_a_style_of_their_own():
    assert [name(path) for path in TEMPLATES if "<style" in path.read_text()] == ["templates/email/base.html"]


# What collectstatic makes of it


@pytest.fixture
def collected(tmp_path, settings) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.staticfiles.StaticStorage"}}
    elsewhere = ["admin", "rest_framework", "drf_spectacular_sidecar", "django_htmx"]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=elsewhere)
    return tmp_path


def test_the_stylesheet_is_served_as_one_file_under_its_hash(collected):
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]
    flat = (collected / paths["css/app.css"]).read_text()

    assert re.fullmatch(r"css/app\.[0-9a-f]{12}\.css", paths["css/app.css"])
    assert "@import" not in flat
    assert flat.count("@layer reset, tokens, base, layout, components, utilities;") == 1
    for path in STYLES:
        rules = [line.strip() for line in without_comments(path.read_text()).splitlines() if line.strip()]
        assert path.name == "app.css" or rules[0] in flat, path.name
    for asset in re.findall(r'url\("?([^")]+)"?\)', flat):
        assert asset.startswith("data:") or (collected / "css" / asset).resolve().is_file(), asset


def test_what_is_served_is_hashed_and_compressed(collected):
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]

    for source in ("css/app.css", "js/app.js", "vendor/htmx/htmx.min.js", "icons.svg"):
        assert re.search(r"\.[0-9a-f]{12}\.", paths[source])
        assert (collected / f"{paths[source]}.gz").is_file()


def test_every_file_that_a_template_names_exists():
    named = {
        match
        for path in PAGES
        for match in re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", path.read_text())
        if not match.startswith(("admin/", "rest_framework/", "drf_spectacular"))
    }

    assert named
    assert [match for match in sorted(named) if not (Path(settings.STATICFILES_DIRS[0]) / match).is_file()] == []
