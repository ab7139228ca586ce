"""What a file is, by its bytes, and what it may be called. Pure."""

import re
import unicodedata

HEAD = 512
"""Bytes from the start of a file that tell its type."""
LONGEST_NAME = 200
UNKNOWN = "application/octet-stream"
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Types that a browser may show on our origin: none of them can hold a script that runs."""
SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.S), "image/webp"),
    (re.compile(rb".{4}ftypavi[fs]", re.S), "image/avif"),
    (re.compile(rb"%PDF-\d"), "application/pdf"),
    (re.compile(rb"PK\x03\x04"), "application/zip"),
    (re.compile(rb"\x1f\x8b\x08"), "application/gzip"),
)
NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')


def media_type_of(head: bytes) -> str:
    """Return the type of a file by its first bytes; whatever its sender says, a page is only text."""
    for signature, name in SIGNATURES:
        if signature.match(head):
            return name
    if not head or NOT_TEXT.search(head):
        return UNKNOWN
    try:
        head[: HEAD - 4].decode()
    except UnicodeDecodeError as error:
        if error.start < len(head[: HEAD - 4]) - 4:  # else a letter is cut in two
            return UNKNOWN
    return "text/plain"


def clean_file_name(name: str) -> str:
    """Return a name that is safe as a header's value and in any file system, and keeps its ending.

    Controls, marks that turn the direction of writing, paths and leading dots go; "" becomes `file`.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter for letter in name if letter == " " or letter.isprintable())
    name = UNSAFE.sub(" ", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME and stem and len(ending) < 20:
        name = stem[: LONGEST_NAME - len(ending) - 1].rstrip() + dot + ending
    return name[:LONGEST_NAME].strip() or "file"
