"""Every reader takes any bytes, in linear time: what comes is records, refusals or Invalid, and nothing else."""

import io
import zipfile
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import icalendar_tasks, table, todoist, todoist_backup, todotxt, vikunja
from todos.domain.transfer.records import Record
from todos.tests.transfer_records import NOW, comment, of, sample, todo


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def as_is(data: bytes) -> bytes:
    return data


def as_vikunja(data: bytes) -> bytes:
    return zipped(**{"data.json": data, "VERSION": b"1", "filters.json": data})


def as_backup(data: bytes) -> bytes:
    return zipped(**{"A [1].csv": data})


READERS = {
    "table": (table, "table.csv", as_is),
    "other table": (table, "other.csv", as_is),
    "todoist": (todoist, "todoist.csv", as_is),
    "todoist zip": (todoist_backup, "todoist.csv", as_backup),
    "todoist json": (todoist_backup, "todoist_sync.json", as_is),
    "vikunja": (vikunja, "vikunja.json", as_vikunja),
    "icalendar": (icalendar_tasks, "tasks.ics", as_is),
    "todotxt": (todotxt, "todo.txt", as_is),
}
EVERY = pytest.mark.parametrize("reader", READERS)
INSERTED = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b'"',
        b"'",
        b",",
        b";",
        b"\n",
        b"\r",
        b"\t",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b":",
        b"=",
        b"(",
        b"9" * 400,
        b"-1",
        b"1e999",
        b"null",
        b"\xed\xa0\x80",
        "\u202e\ufeff".encode(),
        b"BEGIN:VTODO\n",
        b"END:VTODO\n",
        b"0001-01-01T00:00:00Z",
        b"9999-12-31T23:59:59-14:00",
        b"RRULE:FREQ=DAILY;COUNT=99999999999",
        b"DUE;TZID=",
        b"@",
        b"every 99999999 days",
        b"due:9999-12-31",
        b"rec:+9999y",
        b"99991231T235959Z",
        b"PT99999999999H",
        b"\\u0000",
    ]
)


@st.composite
def mutated(draw, data: bytes) -> bytes:
    """Return a valid file of which pieces are cut out, doubled, or replaced."""
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 7, 30, 300])))
        piece = draw(INSERTED | st.binary(max_size=4) | st.just(data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data


def require_total(module, data: bytes) -> None:
    """Read all that comes; every record has to have what its contract says, and a ref of its own among its kind."""
    found: list = []
    with suppress(Invalid):
        found.extend(module.read(io.BytesIO(data), now=NOW, name="x [1].csv"))
    assert all(isinstance(one, Record) and isinstance(one.place, str) and isinstance(one.ref, str) for one in found)
    for kind in {type(one) for one in found} - {type(None)}:
        refs = [one.ref for one in of(found, kind) if kind.__name__ != "Refused"]
        assert len(refs) == len(set(refs))
    for one in found:
        for name in ("title", "name", "text", "description", "reason"):
            value = getattr(one, name, "")
            assert isinstance(value, str)
            assert "\x00" not in value
            value.encode()  # no halves of letters


@EVERY
def test_a_sample_is_read_to_its_end(reader):
    module, name, wrap = READERS[reader]

    assert of(list(module.read(io.BytesIO(wrap(sample(name))), now=NOW, name="")), type(todo()))


@EVERY
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_S33_mutated_files_raise_nothing_but_invalid(reader, data):
    module, name, wrap = READERS[reader]

    require_total(module, wrap(data.draw(mutated(sample(name)))))


@EVERY
@given(data=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=60, deadline=None)
def test_S33_arbitrary_bytes_raise_nothing_but_invalid(reader, data):
    module, _, wrap = READERS[reader]

    require_total(module, data)
    require_total(module, wrap(data))


@pytest.mark.parametrize("reader", ["vikunja", "todoist zip"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_S33_mutated_archives_raise_nothing_but_invalid(reader, data):
    module, name, wrap = READERS[reader]

    require_total(module, data.draw(mutated(wrap(sample(name)))))


# Time (S28)

TODO = b"BEGIN:VTODO\nUID:%d\nSUMMARY:One\nDUE:20260401\nEND:VTODO\n"
SERIES = b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nDUE:20260401\nRRULE:FREQ=DAILY\n"
LONG = {
    "table": (table, b"title,labels\n", b'"a, b; =1\n x",x\n'),
    "table: one long cell": (table, b"title\n", b"=;\t'"),
    "table: blanks": (table, b"title,due\nx,", b" \t"),
    "table: delimiters": (table, b"title", b",;"),
    "todoist": (todoist, b"TYPE,CONTENT,DATE\n", b"task,One @a,every monday\n"),
    "todoist: labels": (todoist, b"TYPE,CONTENT\ntask,x", b" @a"),
    "todoist: files": (todoist, b"TYPE,CONTENT\ntask,x\nnote,", b"[[file {"),
    "todoist: deep": (todoist, b"TYPE,CONTENT,INDENT\n", b"task,x,999999\n"),
    "icalendar": (icalendar_tasks, b"BEGIN:VCALENDAR\n", TODO),
    "icalendar: folds": (icalendar_tasks, b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x", b"\n y"),
    "icalendar: begins": (icalendar_tasks, b"BEGIN:VCALENDAR\n", b"BEGIN:VALARM\n"),
    "icalendar: quotes": (icalendar_tasks, b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY", b';A="'),
    "icalendar: exceptions": (icalendar_tasks, SERIES, b"EXDATE:20260402\n"),
    "todotxt": (todotxt, b"", b"(A) One +p @a due:2026-03-03 k:v\n"),
    "todotxt: words": (todotxt, b"One", b" +p @a \\x"),
    "todotxt: backslashes": (todotxt, b"One ", b"\\"),
    "sync": (todoist_backup, b'{"items":[{"id":1,"content":"x"}', b',{"id":2,"content":"y","labels":[1]}'),
}  # fmt: skip


def time_of(module, data: bytes) -> float:
    start = process_time()
    with suppress(Invalid):
        for _ in module.read(io.BytesIO(data), now=NOW, name=""):
            pass
    return process_time() - start


def filled(piece: bytes, times: int) -> bytes:
    return b"".join(piece % number for number in range(times)) if b"%d" in piece else piece * times


@pytest.mark.parametrize("case", LONG)
def test_S28_a_file_eight_times_as_long_takes_about_eight_times_as_long(case):
    """It stays well below the 64 times of what is quadratic."""
    module, head, piece = LONG[case]
    times = max(200, 12_000 // len(piece))

    small = min(time_of(module, head + filled(piece, times)) for _ in range(3))
    large = min(time_of(module, head + filled(piece, times * 8)) for _ in range(2))

    assert large < small * 24 + 0.05


@pytest.mark.parametrize("module", [table, todoist, todoist_backup, vikunja, icalendar_tasks, todotxt])
def test_writing_comes_in_pieces_that_are_not_the_whole(module):
    records = [
        one
        for number in range(3000)
        for one in (todo(str(number), f"One {number * 7919}"), comment(f"c{number}", str(number), "x"))
    ]

    pieces = [len(piece) for piece in module.write(iter(records), now=NOW)]

    assert len(pieces) > (1 if module in (todoist_backup, vikunja) else 10)  # what is packed waits for its packing
