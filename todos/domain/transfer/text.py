"""Text of strangers: whatever its encoding, line by line, within bounds and without what no text holds."""

import codecs
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import BinaryIO
from zoneinfo import ZoneInfo

from config.errors import Invalid

LONGEST_LINE = 400_000
"""Characters: a description of 50,000 of them, each escaped, and then some."""
MOST_LINES = 500_000
PIECE = 1 << 16
HEAD = 4096
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 before UTF-16, whose mark is the beginning of its own."""
BREAK = re.compile(r"(\r\n|\r|\n)")
UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


def read_lines(file: BinaryIO) -> Iterator[str]:
    """Yield the lines of a text with their ends: of UTF-8, UTF-16 or UTF-32, and those in no UTF-8 as Windows-1252.

    Raises Invalid for a line, or a number of them, that no list of todos has.
    """
    rest, count = "", 0
    for piece in _decoded(file):
        parts = BREAK.split(rest + piece)
        # A return at the end may be half a line end.
        held = 3 if len(parts) > 1 and parts[-1] == "" and parts[-2] == "\r" else 1
        for at in range(0, len(parts) - held, 2):
            count += 1
            _require_line(parts[at], count)
            yield _sound(parts[at] + parts[at + 1])
        rest = "".join(parts[-held:])
        _require_line(rest, count + 1)
    if rest:
        yield _sound(rest)


def read_rows(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line, without its end."""
    for number, line in enumerate(read_lines(file), start=1):
        yield number, line.rstrip("\r\n")


def decode(head: bytes) -> str:
    """Return the first bytes of a file as text, whatever they are."""
    return "".join(read_lines(io.BytesIO(head[:HEAD])))


def clean_text(text: str) -> str:
    """Return text without controls and halves of letters, its line breaks all of one kind."""
    return UNSAFE.sub("", LINE_BREAKS.sub("\n", text))


def clean_line(text: str) -> str:
    """Return text as one line, its words with single spaces."""
    return " ".join(clean_text(text).split())


def read_day(text: str) -> date | None:
    """Read a day as ISO 8601 has it."""
    match = DAY.fullmatch(text.strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """Read a moment as ISO 8601 and RFC 3339 have it; one without an offset is in this zone. None for year 1, and less.

    A day alone is its beginning.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment if moment.year > 1 and moment.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment as it is in a zone; one at the very ends of time stays in its own."""
    try:
        return moment.astimezone(zone)
    except (ValueError, OverflowError):
        return moment


def read_clock(text: str) -> time | None:
    try:
        clock = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return clock.replace(tzinfo=None)


def zone_of(now: datetime) -> tzinfo:
    """Return the zone of a moment that has one."""
    return now.tzinfo or UTC


def zone_key(now: datetime) -> str:
    """Return the IANA name of a moment's zone, "" where it has none."""
    return now.tzinfo.key if isinstance(now.tzinfo, ZoneInfo) else ""


@lru_cache(256)
def zone_named(name: str) -> ZoneInfo | None:
    """Return an IANA time zone; None for any other name."""
    if not re.fullmatch(r"[A-Za-z0-9_+\-]{1,40}(/[A-Za-z0-9_+\-]{1,40}){0,2}", name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def shown(text: str) -> str:
    """Return a value as a note may quote it: a line, and not a long one."""
    line = clean_line(text[:500])
    return line if len(line) <= 80 else line[:79] + "…"


def _decoded(file: BinaryIO) -> Iterator[str]:
    head = file.read(PIECE)
    encoding, skip = _encoding(head)
    decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape" if encoding == "utf-8" else "replace")
    piece = head[skip:]
    while piece:
        yield decoder.decode(piece)
        piece = file.read(PIECE)
    yield decoder.decode(b"", final=True)


def _encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding of a text, and the bytes of its mark."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name, len(mark)
    sample = head[:HEAD]
    # Text of which every other byte is none: Latin letters in UTF-16.
    if len(sample) > 3 and sample[1::2].count(0) > len(sample) // 4 > 0 and not sample[0::2].count(0):
        return "utf-16-le", 0
    if len(sample) > 3 and sample[0::2].count(0) > len(sample) // 4 > 0 and not sample[1::2].count(0):
        return "utf-16-be", 0
    return "utf-8", 0


def _sound(line: str) -> str:
    """Return a line; one with bytes that are no UTF-8, as Windows-1252 has it."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return line


def _require_line(line: str, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise Invalid(f"Line {number} is longer than any of a list of todos.")
    if number > MOST_LINES:
        raise Invalid(f"The file has more than {MOST_LINES} lines.")
