"""Markdown becomes HTML that is safe whoever wrote it, in time that grows with its length."""

import re
import time
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from todos.services.markdown import TAGS, _render, render, render_all, spoken


class Seen(HTMLParser):
    """Collects what a browser would find in a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def assert_harmless(html):
    seen = Seen(html)
    allowed = {
        ("a", "href"), ("a", "title"), ("a", "rel"), ("ol", "start"),
        ("input", "type"), ("input", "checked"), ("input", "disabled"),
    }  # fmt: skip
    assert seen.tags <= TAGS
    assert {(tag, name) for tag, name, _ in seen.attributes} <= allowed
    for tag, name, value in seen.attributes:
        if name == "href":
            assert re.match(r"(https?:|mailto:)", value), html
        if tag == "input" and name == "type":
            assert value == "checkbox"
    assert html.count("<input") == html.count('disabled=""') or "&lt;input" in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <s>d</s></p>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("# One\n###### Six", "<h2>One</h2>\n<h6>Six</h6>\n"),
        ("7. a", '<ol start="7">\n<li>a</li>\n</ol>\n'),
        ("```py\nx<1\n```", "<pre><code>x&lt;1\n</code></pre>\n"),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>\n"),
        (
            "[a](https://b.org/c_d_e 'f')",
            '<p><a href="https://b.org/c_d_e" title="f" rel="nofollow noopener noreferrer">a</a></p>\n',
        ),
        (
            "see https://b.org/c_d_e?f=1&g.",
            '<p>see <a href="https://b.org/c_d_e?f=1&amp;g" rel="nofollow noopener noreferrer">'
            "https://b.org/c_d_e?f=1&amp;g</a>.</p>\n",
        ),
        (
            "a@b.org",
            '<p><a href="mailto:a@b.org" rel="nofollow noopener noreferrer">a@b.org</a></p>\n',
        ),
        ("notes.md todos.org", "<p>notes.md todos.org</p>\n"),
    ],
)
def test_markdown_becomes_html(text, html):
    assert _render(text) == html


def test_tables_keep_their_cells():
    html = _render("|a|b|\n|-|:-:|\n|1|2|")

    assert "<th>a</th>" in html
    assert "<td>2</td>" in html


def test_a_task_list_has_boxes_that_cannot_be_ticked():
    html = _render("- [ ] one\n- [x] two\n  - [X] three\n- [y] four\n\n[ ] five")

    boxes = re.findall(r"<input[^>]*>", html)
    assert len(boxes) == 3
    assert all('type="checkbox"' in box and 'disabled=""' in box for box in boxes)
    assert [("checked" in box) for box in boxes] == [False, True, True]
    assert html.count("<label>") == html.count("</label>") == 3
    assert "[y] four" in html


@pytest.mark.parametrize(
    "text",
    [
        "![cat](https://evil.example/cat.png)",
        "![](data:image/png;base64,AAAA)",
        "![<svg onload=alert(1)>](https://a.org/'\"><script>)",
        "[![cat](https://evil.example/cat.png)](https://a.org)",
        "![x][1]\n\n[1]: https://evil.example/x.svg",
    ],
)
def test_S23_an_image_is_never_loaded(text):
    html = _render(text)

    assert "<img" not in html
    assert_harmless(html)


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\nscript:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](&#x6A;avascript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](data:image/svg+xml,<svg onload=alert(1)>)",
        "<javascript:alert(1)>",
        "[a][x]\n\n[x]: javascript:alert(1)",
        "[a](/settings/)",
        "[a](//evil.example)",
        "[a](file:///etc/passwd)",
        '[a](https://a.org "\\"onmouseover=alert(1) x=\\"")',
        "<svg onload=alert(1)></svg>",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<style>*{display:none}</style><math><mtext></p><img src=x onerror=1>",
        '<a href="javascript:alert(1)">x</a>',
        "<input type=text autofocus onfocus=alert(1)>",
        "- [ ] <input type=password>",
        "- [x] ![a](javascript:alert(1))",
        "`<script>`\n\n    <script>alert(1)</script>",
        "<!-- --><b onclick=x>",
        '# "><script>alert(1)</script>',
        "|<script>|\n|-|\n|<img src=x onerror=1>|",
    ],
)
def test_S23_nothing_in_a_text_runs_or_leads_where_it_should_not(text):
    assert_harmless(_render(text))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "[", "]", "(", ")", "!", '"', "'", "&", "#", "\n", " ", "- [ ] ", "`", "*", "_", "|", "~~", ":",
             "javascript:", "data:", "https://a.org", "svg", "onload=", "script", "input", "&#x6A;", "\x00", "://"]
        ),
        max_size=40,
    ).map("".join)
)  # fmt: skip
def test_S23_any_mixture_is_harmless(text):
    assert_harmless(_render(text))


N = 50_000
NASTY = {
    "open brackets": "[" * N,
    "nested brackets": "[" * (N // 2) + "]" * (N // 2),
    "links in links": "[" * (N // 4) + "]()" * (N // 4),
    "images": "![" * (N // 2),
    "half links": "[a](" * (N // 4),
    "stars and underscores": "*a_ " * (N // 4),
    "stars": "a**b" * (N // 4),
    "tildes": "a~~ " * (N // 4),
    "ticks": " ".join("`" * number for number in range(300)),
    "quotes": "> " * (N // 2),
    "lists in lists": "- " * (N // 2),
    "tasks": "- [ ] a\n" * (N // 8),
    "less": "<a " * (N // 3),
    "schemes": "x://" * (N // 4),
    "addresses": "http://a" * (N // 8),
    "mail": "a.b@c." * (N // 6),
    "mailto": "mailto:" * (N // 7),
    "references": "\n".join(f"[{number}]: x" for number in range(5000)),
    "entities": "&" * N,
    "backslashes": "\\" * N,
    "lines": "\n" * N,
    "pipes": "|" * (N // 2) + "\n" + "-|" * (N // 4),
    "letters": "x" * N,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_S28_time_grows_with_the_length_of_a_text_and_no_faster(text):
    def cost(text):
        start = time.process_time()
        _render(text)
        return time.process_time() - start

    quarter, whole = cost(text[: len(text) // 4]), cost(text)

    # Four times the text; a quadratic step would take sixteen times as long, and seconds.
    assert whole < max(2, 10 * quarter), (quarter, whole)


def test_what_was_rendered_once_is_kept(db):
    def cost(text):
        start = time.process_time()
        assert render_all([text, "", "*b*"])[1:] == ["", "<p><em>b</em></p>\n"]
        return time.process_time() - start

    text = "**a** `b` " * 2000

    assert cost(text) > 5 * cost(text)


def test_what_is_kept_is_found_by_all_of_the_text(db):
    first, second = render("x" * 1000 + "a"), render("x" * 1000 + "b")

    assert first != second
    cache.clear()
    assert render("x" * 1000 + "a") == first


def test_a_template_shows_markdown(db):
    page = Template("{% load markdown %}{{ text|markdown }}").render(Context({"text": "*a* <b>"}))

    assert page == "<p><em>a</em> &lt;b&gt;</p>\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a *b* c", "a |b| c"),
        ("a `b` c", "a | c"),
        ("[b](https://c.org) d", " d"),
        ("- [ ] a\n- b", "[ ] a|b"),
        ("```\nb\n```", ""),
        ("@[Ada Lovelace] x", "@[Ada Lovelace] x"),
    ],
)
def test_words_are_told_from_code_and_addresses(text, words):
    assert "|".join(part for part in spoken(text) if part) == words
