"""Archives of strangers: nothing in them costs more than it is worth."""

import io
import tracemalloc
import zipfile

import pytest

from config.errors import Invalid
from todos.domain.transfer import archives
from todos.domain.transfer.archives import open_archive


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file


def take_all(archive):
    """Read every member, piece by piece."""
    for name in archive.names:
        with archive.open(name) as member:
            while member.read(1 << 16):
                pass


def test_members_are_read_by_their_names_whatever_paths_those_are():
    archive = open_archive(packed(("../../etc/passwd", b"one"), ("a/b.json", b"two"), ("folder/", b"")))

    assert archive.names == ["../../etc/passwd", "a/b.json"]
    assert archive.open("../../etc/passwd").read() == b"one"
    assert archive.open("a/b.json").read() == b"two"


def test_a_member_is_read_as_lines_of_text_too():
    archive = open_archive(packed(("list.csv", "Übung\nzwei\n".encode())))

    lines = list(io.TextIOWrapper(archive.open("list.csv"), encoding="utf-8"))

    assert lines == ["Übung\n", "zwei\n"]


def test_a_bomb_is_left_before_it_takes_memory():
    bomb = packed(("data.json", bytes(200 << 20)))
    tracemalloc.start()

    with pytest.raises(Invalid, match="far more"):
        take_all(open_archive(bomb))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_what_all_members_come_to_is_bounded_together(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_GROWTH", 3_000)
    archive = open_archive(packed(*((f"{number}", bytes(1_000)) for number in range(10))))

    with pytest.raises(Invalid, match="far more"):
        take_all(archive)


def test_a_header_that_lies_about_a_size_gains_nothing():
    file = packed(("data.json", bytes(100 << 20)))
    honest = (100 << 20).to_bytes(4, "little")
    lying = io.BytesIO(file.getvalue().replace(honest, (10).to_bytes(4, "little")))

    data = b""
    with pytest.raises(Invalid):
        data = open_archive(lying).open("data.json").read()

    assert len(data) <= 10


def test_an_archive_with_too_many_files_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)

    with pytest.raises(Invalid, match="more than 3 files"):
        open_archive(packed(*((f"{number}", b"") for number in range(4))))


def test_a_directory_that_would_fill_the_memory_is_not_read():
    many = packed(*((f"{number:0100}", b"") for number in range(15_000)), method=zipfile.ZIP_STORED)

    with pytest.raises(Invalid, match="too many"):
        open_archive(many)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused():
    with pytest.raises(Invalid, match="two files"):
        open_archive(packed(("a", b"1"), ("a", b"2")))


def test_what_only_memory_could_unpack_is_refused():
    archive = open_archive(packed(("a", b"1"), method=zipfile.ZIP_LZMA))

    with pytest.raises(Invalid, match="plain zip"):
        archive.open("a")


def test_a_locked_member_is_refused():
    data = bytearray(packed(("a", b"1")).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive = open_archive(io.BytesIO(bytes(data)))

    with pytest.raises(Invalid, match="password"):
        archive.open("a")


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(Invalid, match="no file"):
        open_archive(packed(("a", b"1"))).open("b")


def test_an_archive_in_an_archive_stays_bytes():
    inner = packed(("secret", b"x")).getvalue()

    assert open_archive(packed(("inner.zip", inner))).open("inner.zip").read() == inner


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06", b"PK\x03\x04" + bytes(40)])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(Invalid):
        open_archive(io.BytesIO(data))


@pytest.mark.parametrize("cut", [0, 60, 200])
def test_a_damaged_archive_is_refused(cut):
    data = bytearray(packed(("a", bytes(range(256)) * 40), method=zipfile.ZIP_STORED).getvalue())
    data[cut : cut + 8] = b"\xff" * 8

    with pytest.raises(Invalid):
        open_archive(io.BytesIO(bytes(data))).open("a").read()
