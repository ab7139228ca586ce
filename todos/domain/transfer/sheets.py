"""Tables of comma-separated values (RFC 4180), read row by row and written piece by piece."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from config.errors import Invalid
from todos.domain.transfer.formulas import neutralise, restore

BOM = "\ufeff".encode()
"""What tells a spreadsheet program that a table is in UTF-8."""
Row = tuple[int, list[str]]
"""The number of the line that a row begins on, and its cells."""


def read_rows(lines: Iterable[str], *, delimiter: str = ",", before: int = 0) -> Iterator[Row]:
    """Yield the rows that say something, `before` lines having gone already.

    Raises Invalid where there is none, and where a cell has no end.
    """
    rows = csv.reader(lines, delimiter=delimiter)
    is_empty = True
    while True:
        number = before + rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            raise Invalid(f"From line {number} on, a cell of the table has no end.") from None
        if cells is None:
            break
        if any(cell.strip() for cell in cells):
            is_empty = False
            yield number, [restore(cell) for cell in cells]
    if is_empty:
        raise Invalid("The table is empty.")


class Page:
    """Rows that are written, none of which a spreadsheet program runs, until they are taken."""

    def __init__(self) -> None:
        self._text = StringIO(newline="")
        self._rows = csv.writer(self._text)

    def write(self, cells: Iterable[str]) -> None:
        self._rows.writerow([neutralise(cell) for cell in cells])

    def take(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode("utf-8", "replace")
