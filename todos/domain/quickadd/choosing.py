"""Which pieces of a line hold: what cannot be understood in its place stays in the title, whole."""

from functools import partial
from itertools import pairwise, takewhile

from todos.domain.quickadd.dated import DAY, MOST_NTH
from todos.domain.quickadd.items import MOMENTS, Item
from todos.domain.quickadd.month_days import ordinal_of
from todos.domain.quickadd.vocabulary import ANY_WEEKDAY, BLOCKERS, FEASTS, FOLLOWERS, JOINERS, MONTHS, TOMORROWS
from todos.domain.quickadd.words import Line, Word

ROUNDS = 4
"""After so many the pieces that still lean on others are given up, so that the time stays linear."""
JOINED = {"date", "time", "start"}
TAILS = {"start", "until", "length"}
CONJUNCTIONS = {"and", "or", "&"}
EXCEPTIONS = {"except", "excluding", "unless", "between", "until", "till", "ending", "of", "but", "end"}
"""Words that change a rule before them in a way that we do not know, where they are no piece of their own."""
SIDES = {"after", "before", "since"}
DAYS = {*ANY_WEEKDAY, *MONTHS, *TOMORROWS, "today", "next"}
"""Words that change a rule behind one of those."""
ALTERNATIVES = {"so", "next", "two", "later", "earlier", "sooner", "after"}
"""Words that change, behind an “or”, a day or a rule before it."""


def choose(line: Line, items: list[Item]) -> list[Item]:
    """Return the pieces that hold together, in order."""
    items = _possible(_unblocked(line, _unjoined(line, items)))
    for _ in range(ROUNDS):
        kept = _supported(line, items)
        if len(kept) == len(items):
            return kept
        items = kept
    return [item for item in items if not item.need and item.kind not in TAILS | {"duration"}]


def _unjoined(line: Line, items: list[Item]) -> list[Item]:
    """Leave out two days or two times with an “or” between, with what is listed before them.

    Two phrases of several kinds around an “and”, monday at 9 and friday at 10, are left out whole.
    """
    dropped: set[int] = set()
    for before, after in pairwise(_chains(items)):
        last, first = before[-1], after[0]
        between = line.words[last.last] if first.first == last.last + 1 else None
        if between is None or between.closed or between.key not in JOINERS:
            continue
        kinds = {last.kind, first.kind}
        if kinds <= JOINED and (len(kinds) == 1 or "start" in kinds):
            dropped |= {id(first), *map(id, takewhile(partial(_is_of, last.kind), reversed(before)))}
        elif between.key in CONJUNCTIONS and kinds <= MOMENTS:
            dropped |= {id(item) for item in (*before, *after)}
    return [item for item in items if id(item) not in dropped]


def _is_of(kind: str, item: Item) -> bool:
    return item.kind == kind


def _unblocked(line: Line, items: list[Item]) -> list[Item]:
    """Leave out days, times and rules to which a word beside them gives a meaning that we do not know."""
    kept: list[Item] = []
    behind = 0
    for number, item in enumerate(items):
        before = line.words[item.first - 1] if item.first > behind else None
        behind = item.last
        following = items[number + 1].first if number + 1 < len(items) else len(line.words)
        if item.kind in ("date", "time") and before and _changes(before, line.words[item.first]):
            continue
        if item.kind == "recurrence" and before and before.key == "of" and not before.tail:
            continue
        if item.kind in ("date", "time", "recurrence") and _goes_on(line, item, following):
            continue
        kept.append(item)
    return kept


def _changes(before: Word, word: Word) -> bool:
    if before.tail:
        return False
    if before.key in BLOCKERS or (before.key, word.key) in FEASTS:
        return True
    if word.key in ANY_WEEKDAY or word.key == "last":
        return 1 <= ordinal_of(before.key) <= MOST_NTH or before.key == "other"
    return before.key in ("next", "other") and (word.key in MONTHS or bool(DAY.fullmatch(word.key)))


def _goes_on(line: Line, item: Item, following: int) -> bool:
    """Say whether words behind an item, up to the `following` one, make another day or rule of it."""
    after = line.step(item.last - 1, comma=True)
    if following == item.last:
        return False
    key, more = line.key(after), line.key(line.step(after))
    if line.words[item.last - 1].tail:
        return item.kind == "date" and _is_last_number(line, after, following)
    if key == "or" and more in ALTERNATIVES:
        return True
    if item.kind == "recurrence":
        return key in EXCEPTIONS or (key == "in" and more in MONTHS) or (key in SIDES and more in DAYS)
    if item.kind == "time":
        return False
    if key == "of" or (key == "after" and more == "next"):
        return True
    return key in JOINERS and _is_last_number(line, line.step(after), following)


def _is_last_number(line: Line, index: int, following: int) -> bool:
    """Say whether the number of a day stands alone before the next item: sep 20 - 25."""
    return index + 1 == following and bool(DAY.fullmatch(line.key(index)))


def _possible(items: list[Item]) -> list[Item]:
    """Leave out what names days that do not exist, and of what stands directly beside it all but other days."""
    if not any(item.kind == "impossible" for item in items):
        return items
    kept = []
    for chain in _chains(items):
        impossible = any(item.kind == "impossible" for item in chain)
        kept += [item for item in chain if not impossible or item.kind == "date"]
    return kept


def _chains(items: list[Item]) -> list[list[Item]]:
    """Part the items where a word stands between, or a piece of another kind than those that tell when."""
    chains: list[list[Item]] = []
    for item in items:
        before = chains[-1][-1] if chains else None
        if before and before.last == item.first and before.kind in MOMENTS and item.kind in MOMENTS:
            chains[-1].append(item)
        else:
            chains.append([item])
    return chains


def _supported(line: Line, items: list[Item]) -> list[Item]:
    """Return the items without those that miss what they need, and without all recurrences but the last."""
    last_day = next((item for item in reversed(items) if item.kind == "date"), None)
    last_repeat = next((item for item in reversed(items) if item.kind == "recurrence"), None)
    clear_from = _clear_from(line, items)
    kept = []
    for chain in _chains(items):
        repeats = last_repeat in chain
        for place, item in enumerate(chain):
            if item.kind == "recurrence":
                holds = item is last_repeat
            elif item.kind in TAILS:
                holds = repeats
            else:
                holds = item.kind != "duration" or any(map(_is_timed, chain))
            following = chain[place + 1] if place + 1 < len(chain) else None
            if item.kind == "date" and item.need and item is not last_day:
                # It would only give way to the other day: better it stays, unless it names the weekday of that one.
                holds = holds and item.value.is_weekday and following is not None and following.kind == "date"
            at_end = item.last >= clear_from or following is not None
            if holds and (not item.need or _has_need(line, item, place, at_end)):
                kept.append(item)
    return kept


def _is_timed(item: Item) -> bool:
    return item.kind == "time" or (item.kind == "date" and item.value.clock is not None)


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
