"""What the formats share: text of strangers, JSON, HTML, names of places, and telling formats apart."""

import io
import json
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import text
from todos.domain.transfer.colours import OURS, hexadecimal, nearest
from todos.domain.transfer.detection import detect
from todos.domain.transfer.json_items import read_items
from todos.domain.transfer.markup import is_html, to_html, to_markdown
from todos.domain.transfer.paths import join_list, join_path, split_list, split_path
from todos.tests.transfer_records import LINES, sample

# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_unicode_of_all_kinds_is_read(encoding):
    data = "first line\r\nsecond one, für Öl\rthird\n\nfifth".encode(encoding)

    assert [row for _, row in text.read_rows(io.BytesIO(data))] == [
        "first line",
        "second one, für Öl",
        "third",
        "",
        "fifth",
    ]


def test_a_line_that_is_no_utf_8_is_read_as_windows_has_it_and_the_others_stay():
    data = "Öl €\n".encode() + "Öl €\n".encode("cp1252") + b"\x81\xfe\n"

    assert [row for _, row in text.read_rows(io.BytesIO(data))] == ["Öl €", "Öl €", "\ufffdþ"]


@given(st.lists(st.text("ab\r\n\x85\u2028€", max_size=12), max_size=4), st.integers(1, 5))
@settings(deadline=None)
def test_lines_are_the_same_wherever_a_file_is_cut(parts, size):
    whole = "".join(parts)
    reading = io.BytesIO(whole.encode())
    cut = type("Cut", (), {"read": lambda self, number: reading.read(size)})()

    assert "".join(text.read_lines(cut)) == whole
    assert [row for _, row in text.read_rows(io.BytesIO(whole.encode()))] == list(_universal(whole))


def _universal(whole: str):
    with io.TextIOWrapper(io.BytesIO(whole.encode()), "utf-8", newline=None) as lines:
        for line in lines:
            yield line.rstrip("\n")


def test_S33_a_line_without_an_end_is_refused_before_it_fills_memory():
    endless = type("Endless", (), {"read": lambda self, number: b"a" * number})()

    with pytest.raises(Invalid, match="Line 1"):
        list(text.read_lines(endless))


def test_S33_lines_without_an_end_are_refused():
    endless = type("Endless", (), {"read": lambda self, number: b"\n" * number})()

    with pytest.raises(Invalid, match="lines"):
        for _ in text.read_lines(endless):
            pass


@pytest.mark.parametrize(
    "value", ["../../etc/passwd", "", "Mars/Olympus", "x" * 10_000, "\x00", "Europe/Berlin\n", "/UTC"]
)
def test_no_other_name_is_a_time_zone(value):
    assert text.zone_named(value) is None


# Names of places


@given(st.lists(LINES, max_size=5))
@settings(deadline=None)
def test_paths_come_apart_as_they_were_joined(titles):
    assert split_path(join_path(titles)) == titles


@given(st.lists(LINES, max_size=5, unique=True))
@settings(deadline=None)
def test_lists_come_apart_as_they_were_joined(names):
    assert split_list(join_list(names)) == names


@pytest.mark.parametrize("path", ["/", "//", "\\", " / ", "a//b", "/a/", "\\/"])
def test_no_path_has_empty_names(path):
    assert all(split_path(path))


# Colours


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_colours_is_the_nearest_to_itself(name):
    assert nearest(hexadecimal(name)) == name == nearest("#" + hexadecimal(name).upper())


@pytest.mark.parametrize(
    ("colour", "name"), [("ff0000", "red"), ("1973ff", "blue"), ("", None), ("red", None), ("12345", None)]
)
def test_others_are_the_nearest_there_is(colour, name):
    assert nearest(colour) == name


# HTML


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>two<br>three</p>", "One\n\ntwo\nthree"),
        ("<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>", "**a** *b* ~~c~~ `d`"),
        ('<p><a href="https://x.org/a(b)">it</a></p>', "[it](https://x.org/a%28b%29)"),
        ('<p><a href="javascript:alert(1)">it</a><script>alert(1)</script></p>', "it"),
        ('<p><img src="https://x.org/i.png" alt="A [b]"></p>', r"[A \[b\]](https://x.org/i.png)"),
        ('<p><img src="data:image/png;base64,AAAA"></p>', "image"),
        ("<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul><p>c</p>", "- a\n  - b\n\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li data-checked='true'>a</li><li data-checked='false'>b</li></ul>", "- [x] a\n- [ ] b"),
        ("<h2>T</h2><blockquote><p>q</p><p>r</p></blockquote><hr>", "## T\n\n> q\n>\n> r\n\n---"),
        ("<pre><code>a &lt; *b*\n c</code></pre>", "```\na < *b*\n c\n```"),
        ("<p>2 * 3 * 4 &lt;b&gt; a_b &amp;amp; #no</p>", r"2 \* 3 \* 4 \<b\> a\_b \&amp; #no"),
        ("<p># no</p><p>1. no</p><p>- no</p>", "\\# no\n\n1\\. no\n\n\\- no"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\n\nc | d"),
        ("<p>broken <b>tags", "broken **tags"),
        ("</li></ul></a><p>x", "x"),
        ("<!-- hidden --><p>x</p>", "x"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    "markdown",
    [
        "One\n\ntwo\nthree",
        "**a** *b* ~~c~~ `d`",
        "- a\n- b",
        "1. a\n2. b",
        "> q",
        "## T\n\nx",
        "```\na < b\n```",
        "[it](https://x.org/)",
        r"2 \* 3",
        "<b>no tag</b>",
        "a & b &amp; c",
        "- a\n  - b\n\nc",
        "---",
    ],
)
def test_markdown_that_becomes_html_and_comes_back_shows_the_same(markdown):
    assert to_html(to_markdown(to_html(markdown))) == to_html(markdown)


@given(st.text(st.sampled_from("<>/pliaulbr=\"' \n&;#x*[]()!-`")) | st.text())
@settings(max_examples=200, deadline=None)
def test_S23_no_html_becomes_a_link_that_runs(html):
    assert "<script" not in to_html(to_markdown(html))
    assert 'href="javascript' not in to_html(to_markdown(f'<a href="javascript:{html}">x</a>{html}'))


@pytest.mark.parametrize(
    ("value", "expected"), [("<p>x</p>", True), ("  <ul>", True), ("a <b> c", False), ("<3", False), ("", False)]
)
def test_only_text_that_begins_with_a_tag_is_html(value, expected):
    assert is_html(value) is expected


@pytest.mark.parametrize(
    "piece", ["<blockquote>", "<ul><li>", "<p>", "<a href='x'", "<![CDATA[", "<b>*_", "&#60;", "<", '<a x="']
)
def test_S28_html_is_read_in_linear_time(piece):
    small, large = (best_time(lambda times=times: to_markdown(piece * times)) for times in (2000, 16_000))

    assert large < 8 * 4 * small + 0.05


def best_time(act) -> float:
    def once() -> float:
        start = process_time()
        act()
        return process_time() - start

    return min(once() for _ in range(3))


# JSON


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text('aé"\\', max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
@settings(deadline=None)
def test_json_is_read_thing_by_thing(value):
    data = json.dumps([value, value], ensure_ascii=False).encode()

    assert list(read_items(io.BytesIO(data))) == [("", value), ("", value)]
    assert list(read_items(io.BytesIO(b'\xef\xbb\xbf{"a":' + data + b',"b":1}'))) == [
        ("a", value),
        ("a", value),
        ("b", 1),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"[1",
        b"[1]]",
        b"[1] x",
        b"nul",
        b"[\xff]",
        b'["\xed\xa0\x80"]',
        b"[" * 100_000,
        b'[{"a":' * 60,
        b"3",
        b"[" + b"9" * 9999 + b"]",
    ],
)
def test_S33_json_that_is_broken_or_deep_is_refused(data):
    with pytest.raises(Invalid):
        list(read_items(io.BytesIO(data)))


# Telling formats apart


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("table.csv", "table"),
        ("other.csv", "table"),
        ("todoist.csv", "todoist"),
        ("todoist_sync.json", "todoist_backup"),
        ("tasks.ics", "icalendar_tasks"),
        ("todo.txt", "todotxt"),
        ("vikunja.json", ""),
    ],
)
def test_a_format_is_told_by_its_first_bytes(name, module):
    for called in ("", name):
        assert detect(sample(name)[:4096], called) == module


@pytest.mark.parametrize(
    ("members", "module"),
    [
        (["data.json", "VERSION", "filters.json"], "vikunja"),
        (["Inbox [1].csv"], "todoist_backup"),
        (["x.txt"], ""),
        ([], ""),
    ],
)
def test_an_archive_is_told_by_what_is_in_it(members, module):
    assert detect(b"PK\x03\x04", "backup.zip", members) == module


@pytest.mark.parametrize(
    ("head", "name", "module"),
    [
        (b"Buy milk", "todo.txt", "todotxt"),
        (b"Buy milk", "", ""),
        (b"x 2026-01-02 Buy", "", "todotxt"),
        (b"", "a.csv", ""),
        (b"a,b", "a.csv", "table"),
        (b'{"format": "simple-todos", "items": []}', "", ""),
        (b"\x00\x01\x02", "todo.txt", ""),
        ("BEGIN:VCALENDAR".encode("utf-16"), "", "icalendar_tasks"),
        (b"Title;Due\nx;", "", "table"),
        (b"SUMMARY:x", "a.ics", "icalendar_tasks"),
    ],
)
def test_a_name_tells_what_the_bytes_do_not(head, name, module):
    assert detect(head, name) == module


@given(st.binary(max_size=300), st.text(max_size=8))
@settings(deadline=None)
def test_anything_has_a_format_or_none(head, name):
    assert detect(head, name) in {"", "table", "todoist", "todoist_backup", "vikunja", "icalendar_tasks", "todotxt"}
