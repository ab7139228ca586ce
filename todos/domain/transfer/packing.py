"""Zip archives, written piece by piece."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

EARLIEST, LATEST = 1980, 2107
"""Years that a zip archive can tell."""


class _Sink:
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def pack(members: Iterable[tuple[str, Iterable[bytes]]], *, now: datetime) -> Iterator[bytes]:
    """Yield an archive of files, each a name and the pieces of its content."""
    sink = _Sink()
    made = (min(max(now.year, EARLIEST), LATEST), *now.timetuple()[1:6])
    with zipfile.ZipFile(cast("Any", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in members:
            info = zipfile.ZipInfo(name, made)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:  # its size is not known yet
                for piece in pieces:
                    member.write(piece)
                    if ready := sink.take():
                        yield ready
    yield sink.take()
