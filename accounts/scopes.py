"""What an API token may do: a part of the API, and of most parts the reading or the writing half."""

from collections.abc import Iterable

SCOPES = {
    "todos:read": "See todos and labels",
    "todos:write": "Change todos and labels",
    "projects:read": "See projects",
    "projects:write": "Change projects",
    "activity:read": "See what happened",
    "account": "See and change the profile",
}
BOTH_HALVES = {f"{part}:*": (f"{part}:read", f"{part}:write") for part in ("todos", "projects")}
"""What may be written for two scopes at once."""
READING = ("GET", "HEAD", "OPTIONS")


def expanded(given: Iterable[str]) -> list[str]:
    """Return the scopes that are meant, each once and in one order; what is none of ours is left out."""
    meant = {scope for name in given for scope in BOTH_HALVES.get(name, (name,))}
    return [scope for scope in SCOPES if scope in meant]


def scope_needed(part: str, method: str) -> str:
    """Return the scope that a request of a part of the API takes."""
    if part in SCOPES:  # it has no halves
        return part
    return f"{part}:{'read' if method in READING else 'write'}"
