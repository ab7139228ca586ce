"""Zip archives of strangers: read as they come, by names that reach nothing outside, and never past a bound.

What a header says of a size is not believed: what comes out is counted while it is read. An archive in an
archive is bytes like any other, and is not opened.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from config.errors import Invalid

MOST_MEMBERS = 10_000
LONGEST_READ = 1 << 21
"""Bytes that are read at once, so of the directory too, which zipfile takes as a whole."""
LARGEST_GROWTH = 1 << 30
"""Bytes that all that is read may come to, over what the archive itself has."""
HIGHEST_RATIO = 100
SMALL = 1 << 24
"""Bytes below which nobody minds how well they were packed."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, OverflowError)


class Archive:
    """The files in a zip archive; `names` are theirs, in its order, each once and without folders.

    All that is read of it together is bounded. Errors in it are Invalid, at opening and while reading.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.size = file.seek(0, io.SEEK_END)
        self.taken = 0
        with _told():
            self._zip = zipfile.ZipFile(cast("Any", _Careful(file)))
        found = [info for info in self._zip.infolist() if not info.is_dir()]
        self._infos = {info.filename: info for info in found}
        if len(found) > MOST_MEMBERS:
            raise Invalid(f"The archive has more than {MOST_MEMBERS} files.")
        if len(self._infos) < len(found):
            raise Invalid("The archive has two files of one name.")
        self.names = list(self._infos)

    def open(self, name: str) -> BinaryIO:
        """Return a member to be read from its beginning; raises Invalid where there is none that we can read."""
        info = self._infos.get(name)
        if info is None:
            raise Invalid(f"The archive has no file “{name[:80]}”.")
        if info.flag_bits & ENCRYPTED:
            raise Invalid("The archive is locked with a password.")
        if info.compress_type not in METHODS:
            raise Invalid("The archive is packed in a way that is not read here: use plain zip.")
        with _told():
            return io.BufferedReader(_Member(self, self._zip.open(info)))

    def count(self, number: int) -> None:
        """Take account of bytes that came out; raises Invalid once there are too many."""
        self.taken += number
        if self.taken > self.size + LARGEST_GROWTH or self.taken > max(SMALL, self.size * HIGHEST_RATIO):
            raise Invalid("The archive holds far more than its size says.")


def open_archive(file: BinaryIO) -> Archive:
    """Return the archive in a file that can be sought in; raises Invalid for anything else, and for one too large."""
    return Archive(file)


class _Careful:
    """The file of an archive, of which no single read takes more memory than a small one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, number: int = -1) -> bytes:
        if number > LONGEST_READ:
            raise Invalid("The archive lists too many files.")
        return self._file.read(LONGEST_READ if number < 0 else number)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class _Member(io.RawIOBase):
    """One file of an archive, counted as it comes."""

    def __init__(self, archive: Archive, file: Any) -> None:
        self._archive = archive
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _told():
            data = self._file.read(min(len(buffer), LONGEST_READ))
        self._archive.count(len(data))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DAMAGED:
        raise Invalid("The archive is damaged, or it is no zip archive.") from None
