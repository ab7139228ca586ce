"""Names of projects within others as one text: `Home/Garden`, a slash in a name told from one between them."""

import re
from collections.abc import Iterable

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
PART = re.compile(r"(?:[^/\\]|\\.)+", re.DOTALL)
ITEM = re.compile(r"(?:[^,;\\]|\\.)+", re.DOTALL)


def join_path(titles: Iterable[str]) -> str:
    return "/".join(re.sub(r"([\\/])", r"\\\1", title) for title in titles)


def split_path(path: str) -> list[str]:
    """Return the names of a path from the top; empty ones are none."""
    return _split(path, PART)


def join_list(names: Iterable[str]) -> str:
    """Return names as one text that `split_list` takes apart again."""
    return ", ".join(re.sub(r"([\\,;])", r"\\\1", name) for name in names)


def split_list(text: str) -> list[str]:
    """Return the names that commas or semicolons stand between, each once."""
    return list(dict.fromkeys(_split(text, ITEM)))


def _split(text: str, part: re.Pattern[str]) -> list[str]:
    found = (ESCAPED.sub(r"\1", piece[0]).strip() for piece in part.finditer(text))
    return [name for name in found if name]
