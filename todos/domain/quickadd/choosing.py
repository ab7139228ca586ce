"""Which pieces of a line hold: what cannot be understood in its place stays in the title, whole."""

from todos.domain.quickadd.items import MOMENTS, Item
from todos.domain.quickadd.vocabulary import BLOCKERS, FOLLOWERS, JOINERS
from todos.domain.quickadd.words import Line

ROUNDS = 4
"""After so many the pieces that still lean on others are given up, so that the time stays linear."""
JOINED = {"date", "time", "start"}
TAILS = {"start", "until", "length"}


def choose(line: Line, items: list[Item]) -> list[Item]:
    """Return the pieces that hold together, in order."""
    items = _possible(_unblocked(line, _unjoined(line, items)))
    for _ in range(ROUNDS):
        kept = _supported(line, items)
        if len(kept) == len(items):
            return kept
        items = kept
    return [item for item in items if not item.need and item.kind not in TAILS | {"duration"}]


def _unblocked(line: Line, items: list[Item]) -> list[Item]:
    """Leave out days and times to which the word before gives a meaning that we do not know."""
    kept, behind = [], 0
    for item in items:
        before = line.words[item.first - 1] if item.first > behind else None
        if item.kind in ("date", "time") and before and before.key in BLOCKERS and not before.tail:
            continue
        kept.append(item)
        behind = item.last
    return kept


def _unjoined(line: Line, items: list[Item]) -> list[Item]:
    """Leave out two days or two times with an “or” between, and what is listed with them."""
    dropped: set[int] = set()
    for number in range(len(items) - 1, 0, -1):
        one, other = items[number - 1], items[number]
        alike = one.kind == other.kind or "start" in (one.kind, other.kind)
        if not (alike and one.kind in JOINED and other.kind in JOINED):
            continue
        joined = other.first == one.last + 1 and line.words[one.last].key in JOINERS and not line.words[one.last].closed
        if joined:
            dropped |= {number - 1, number}
        elif other.first == one.last and number in dropped and one.kind == other.kind:
            dropped.add(number - 1)
    return [item for number, item in enumerate(items) if number not in dropped]


def _possible(items: list[Item]) -> list[Item]:
    """Leave out what names days that do not exist, with all that stands directly beside it."""
    return [item for chain in _chains(items) if not any(one.kind == "impossible" for one in chain) for item in chain]


def _chains(items: list[Item]) -> list[list[Item]]:
    """Part the items where a word stands between, or a piece of another kind than those that tell when."""
    chains: list[list[Item]] = []
    for item in items:
        before = chains[-1][-1] if chains else None
        beside = before and before.last == item.first and {before.kind, item.kind} <= MOMENTS
        if beside:
            chains[-1].append(item)
        else:
            chains.append([item])
    return chains


def _supported(line: Line, items: list[Item]) -> list[Item]:
    """Return the items without those that miss what they need, and without all recurrences but the last."""
    last_repeat = next((item for item in reversed(items) if item.kind == "recurrence"), None)
    clear_from = _clear_from(line, items)
    kept = []
    for chain in _chains(items):
        repeats = any(item is last_repeat for item in chain)
        timed = any(item.kind == "time" or (item.kind == "date" and item.value.clock) for item in chain)
        for place, item in enumerate(chain):
            if item.kind == "recurrence":
                holds = item is last_repeat
            elif item.kind in TAILS:
                holds = repeats
            else:
                holds = item.kind != "duration" or timed
            at_end = item.last >= clear_from or place + 1 < len(chain)
            if holds and (not item.need or _has_need(line, item, place, at_end)):
                kept.append(item)
    return kept


def _has_need(line: Line, item: Item, place: int, at_end: bool) -> bool:
    """Say whether an item at this place of its chain has what it counts only with."""
    if item.need == "left":
        return place > 0
    if at_end or item.need == "end":
        return at_end
    return place > 0 or (item.need == "hour" and _is_alone(line, item))


def _clear_from(line: Line, items: list[Item]) -> int:
    """Return the index from which on every word belongs to an item."""
    clear = len(line.words)
    for item in reversed(items):
        if item.last != clear:
            break
        clear = item.first
    return clear


def _is_alone(line: Line, item: Item) -> bool:
    """Say whether the words go on in a way that shows that a bare hour counts nothing."""
    return bool(line.words[item.last - 1].tail) or line.key(item.last) in FOLLOWERS
