"""Days of a month that no “every” stands before: first monday of october, 27th of every month."""

from datetime import date

from todos.domain.quickadd.calendar import month_start
from todos.domain.quickadd.month_days import Found, ordinal_of, read_days
from todos.domain.quickadd.vocabulary import ANY_WEEKDAY, MONTHS
from todos.domain.quickadd.words import Line

NTH = {*ANY_WEEKDAY, "day", "workday", "weekday", "business", "working"}
"""What an ordinal counts in a month."""
EVERY = {"every", "each"}
MOST_NAMED, FARTHEST = 4, 15
"""How many days, and words, may stand before “every month”, so that the time stays linear."""


def read_of_every_month(line: Line, index: int) -> Found:
    """Read 27th of every month, the 1st and 15th of each month, last friday of every month."""
    after = line.step(index) if line.key(index) == "the" else index
    if not ordinal_of(line.key(after)) or EVERY.isdisjoint(map(line.key, range(after + 2, after + FARTHEST))):
        return None
    found = read_days(line, after, most=MOST_NAMED)
    if found is None or found[1] < after + 4:
        return None
    of, every, month = (line.key(found[1] - back) for back in (3, 2, 1))
    return found if of == "of" and every in EVERY and month == "month" else None


def read_nth(line: Line, index: int, today: date) -> tuple[date | None, int] | None:
    """Read first monday of october, last workday of the month, 3rd friday of next month."""
    of = _noun(line, index) if ordinal_of(line.key(index)) else index
    if line.key(of) != "of":
        return None
    which = line.step(of)
    month, start, behind = line.step(which), today, 0
    if line.key(which) in ("this", "next") and line.key(month) == "month":
        begin = month_start(today, 1 if line.key(which) == "next" else 0)
        if begin is None:
            return None
        start, behind = begin, month + 1
    elif line.key(which) not in MONTHS and line.key(month) != "month":
        return None
    found = read_days(line, index, most=1)
    if found is None or (not behind and found[1] <= which):
        return None
    days = [day for rule in found[0].rules if (day := rule.first(start))]
    return min(days, default=None), behind or found[1]


def _noun(line: Line, index: int) -> int:
    """Return the index behind what the ordinal at `index` counts."""
    after = line.step(index)
    if line.key(after) == "last":  # 2nd last friday
        after = line.step(after)
    if line.key(after) not in NTH:
        return index
    return line.step(line.step(after)) if line.key(after) in ("business", "working") else line.step(after)
