"""iCalendar as text (RFC 5545 §3.1): content lines into components, whatever state they are in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from todos.domain.transfer.text import clean_text, read_day, zone_named

NAME = re.compile(r"[A-Za-z0-9-]{1,60}(?=[;:])", re.ASCII)
PARAMETER = re.compile(r';([A-Za-z0-9-]{1,60})=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)', re.ASCII)
MOMENT = re.compile(r"(\d{8})T(\d{2})(\d{2})(\d{2})?(Z?)", re.ASCII)
LENGTH = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?", re.ASCII
)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
ITEM = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
LONGEST = 400_000
"""Characters of a line with all that was folded off it."""
DEEPEST = 8
Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Property:
    """One content line; values are as they are written."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """Return the value as TEXT has it (§3.3.11)."""
        return clean_text(unescaped(self.value))

    @property
    def texts(self) -> list[str]:
        """Return the values of a list of TEXT."""
        return [clean_text(unescaped(piece)) for piece in ITEM.findall(self.value)]


@dataclass(slots=True)
class Component:
    """A component with what is in it, and the line that it begins at."""

    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        return next((found for found in self.properties if found.name == name), None)

    def all(self, name: str) -> list[Property]:
        return [found for found in self.properties if found.name == name]

    def text(self, name: str) -> str:
        found = self.first(name)
        return found.text.strip() if found else ""


def unescaped(value: str) -> str:
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def unfold(rows: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield content lines, each with the number of its first row.

    A row that neither begins with a blank nor with a name belongs to the one before: somebody broke it.
    """
    number, pieces, length = 0, list[str](), 0
    for at, row in rows:
        folded = row[:1] in (" ", "\t")
        if pieces and (folded or not NAME.match(row)):
            piece = row[1:] if folded else f"\\n{row}" if row else ""
            if length + len(piece) <= LONGEST:
                pieces.append(piece)
                length += len(piece)
            continue
        if pieces:
            yield number, "".join(pieces)
        number, pieces, length = at, [row], len(row)
    if pieces:
        yield number, "".join(pieces)


def parse_line(line: str) -> Property | None:
    """Read a content line; None for what is none."""
    match = NAME.match(line)
    if not match:
        return None
    parameters: dict[str, str] = {}
    at = match.end()
    while (found := PARAMETER.match(line, at)) is not None:
        parameters[found[1].upper()] = found[2].replace('"', "")
        at = found.end()
    if line[at : at + 1] != ":":
        at = line.find(":", at)  # a parameter is broken: what is behind the colon is whole
    return Property(match[0].upper(), parameters, line[at + 1 :]) if at >= 0 else None


def components(rows: Iterable[tuple[int, str]]) -> Iterator[Component]:
    """Yield components as they end, those in a calendar each by itself; the calendar comes last, with its properties.

    One that has no end ends with the file, and an end that nothing began says nothing.
    """
    above: list[Component] = []
    deeper = 0
    for number, line in unfold(rows):
        found = parse_line(line)
        if found is None:
            continue
        if found.name == "BEGIN":
            if len(above) < DEEPEST:
                above.append(Component(found.value.strip().upper(), number))
            else:
                deeper += 1
        elif found.name == "END":
            if deeper:
                deeper -= 1
            elif above:
                yield from _ended(above)
        elif above and not deeper:
            above[-1].properties.append(found)
    while above:
        yield from _ended(above)


def _ended(above: list[Component]) -> Iterator[Component]:
    component = above.pop()
    if above and above[-1].name != "VCALENDAR":
        above[-1].components.append(component)
    else:
        yield component


def read_length(text: str) -> timedelta | None:
    """Read a duration (§3.3.6)."""
    match = LENGTH.fullmatch(text.strip().upper())
    if not match or text.strip().upper()[-1:] in ("P", "T", ""):
        return None
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match[1] == "-" else length


def read_when(found: Property, zones: dict[str, str], notes: list[str]) -> Moment | None:
    """Read a DATE or a DATE-TIME, in a zone, of UTC or floating; in a zone unknown it floats, and a note says so."""
    text = found.value.strip().upper()
    if day := read_day(text):
        return day
    match = MOMENT.fullmatch(text.replace("-", "").replace(":", ""))
    if not match:
        return None
    try:
        moment = datetime.strptime(match[1] + match[2] + match[3] + (match[4] or "00"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    if match[5]:
        return moment.replace(tzinfo=UTC)
    name = found.parameters.get("TZID", "")
    zone = zone_of_name(name, zones) if name else None
    if name and zone is None:
        note = f"The time zone “{name[:80]}” is not known: the time floats."
        notes.extend([note] if note not in notes else [])
    return moment.replace(tzinfo=zone) if zone else moment


def zone_of_name(name: str, zones: dict[str, str]) -> ZoneInfo | None:
    """Return an IANA zone by its name, which may end a longer one, by that of Windows, or by its VTIMEZONE."""
    parts = name.strip("/ ").split("/")
    for length in (3, 2, 1):
        if len(parts) >= length and (zone := zone_named("/".join(parts[-length:]))):
            return zone
    for other in (WINDOWS_TO_OLSON.get(name.strip()), zones.get(name)):
        if other and (zone := zone_named(other)):
            return zone
    return None


def zone_location(component: Component) -> str:
    """Return the IANA name that a VTIMEZONE gives beside its own."""
    return component.text("X-LIC-LOCATION") or component.text("TZID")
