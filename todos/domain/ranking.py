"""Fractional index: a key between any two others, so that moving one item writes one row.

A key is an integer part, whose first letter tells its length (`a` one digit, `b` two, …; `Z`
down to `A` for those below zero), and a fraction. Keys compare as plain bytes. Appending only
counts the integer part up, so keys of a list that grows at its ends stay short. After David
Greenspan, "Implementing Fractional Indexing" (2020).
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ZERO, LAST = DIGITS[0], DIGITS[-1]
FIRST_KEY = "a0"
SMALLEST = "A" + ZERO * 26


def key_between(before: str | None, after: str | None) -> str:
    """Return a key greater than `before` and smaller than `after`; None is the open end.

    Raises ValueError when `before` is not smaller than `after`.
    """
    if before is not None and after is not None and before >= after:
        raise ValueError(f"no key between {before!r} and {after!r}")
    if before is None:
        return FIRST_KEY if after is None else _key_before(after)
    whole, fraction = _parts(before)
    if after is None:
        larger = _increment(whole)
        return larger if larger else whole + _midpoint(fraction, None)
    whole_after, fraction_after = _parts(after)
    if whole == whole_after:
        return whole + _midpoint(fraction, fraction_after)
    larger = _increment(whole)
    return larger if larger and larger < after else whole + _midpoint(fraction, None)


def spread(count: int) -> list[str]:
    """Return `count` short keys in order."""
    keys: list[str] = []
    for _ in range(count):
        keys.append(key_between(keys[-1] if keys else None, None))
    return keys


def _key_before(after: str) -> str:
    whole, fraction = _parts(after)
    if whole == SMALLEST:
        return whole + _midpoint("", fraction)
    if fraction:
        return whole
    smaller = _decrement(whole)
    # The smallest integer stands alone only as a prefix: nothing could come before it.
    return smaller + _midpoint("", None) if smaller == SMALLEST else smaller


def _parts(key: str) -> tuple[str, str]:
    length = _length(key[:1])
    if len(key) < length or not set(key) <= set(DIGITS) or (key[length:].endswith(ZERO)):
        raise ValueError(f"not an order key: {key!r}")
    return key[:length], key[length:]


def _length(head: str) -> int:
    if "a" <= head <= "z":
        return ord(head) - ord("a") + 2
    if "A" <= head <= "Z":
        return ord("Z") - ord(head) + 2
    raise ValueError(f"not an order key: {head!r}")


def _increment(whole: str) -> str | None:
    """Return the next integer part; None after the largest."""
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != LAST:
            digits[place] = DIGITS[DIGITS.index(digits[place]) + 1]
            return head + "".join(digits)
        digits[place] = ZERO
    if head == "Z":
        return FIRST_KEY
    if head == "z":
        return None
    following = chr(ord(head) + 1)
    return following + ZERO * (_length(following) - 1)


def _decrement(whole: str) -> str:
    """Return the integer part before; the smallest has none and is never asked."""
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != ZERO:
            digits[place] = DIGITS[DIGITS.index(digits[place]) - 1]
            return head + "".join(digits)
        digits[place] = LAST
    preceding = "Z" if head == "a" else chr(ord(head) - 1)
    return preceding + LAST * (_length(preceding) - 1)


def _midpoint(low: str, high: str | None) -> str:
    """Return a short fraction between two; "" is zero, None is one. Never ends in a zero."""
    if high is not None:
        same = 0
        while same < len(high) and (low[same] if same < len(low) else ZERO) == high[same]:
            same += 1
        if same:
            return high[:same] + _midpoint(low[same:], high[same:])
    first = DIGITS.index(low[0]) if low else 0
    last = DIGITS.index(high[0]) if high is not None else len(DIGITS)
    if last - first > 1:
        return DIGITS[(first + last + 1) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return DIGITS[first] + _midpoint(low[1:], None)
