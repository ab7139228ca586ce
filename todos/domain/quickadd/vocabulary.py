"""The English words of quick add, in small letters, and what they mean."""

WEEKDAYS = {
    name: number
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
SHORT_WEEKDAYS = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "thur": 3, "thurs": 3,  # codespell:ignore thur
}  # fmt: skip
ANY_WEEKDAY = WEEKDAYS | SHORT_WEEKDAYS
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""Weekdays as RFC 5545 §3.3.10 writes them."""
WORKDAYS = (0, 1, 2, 3, 4)

MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
ONE = {"a", "an"}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "last": -1,
}  # fmt: skip

UNITS = {
    "day": "day", "days": "day", "week": "week", "weeks": "week", "wk": "week", "wks": "week", "month": "month",
    "months": "month", "year": "year", "years": "year", "yr": "year", "yrs": "year", "hour": "hour",
    "hours": "hour", "hr": "hour", "hrs": "hour", "minute": "minute", "minutes": "minute", "min": "minute",
    "mins": "minute", "fortnight": "fortnight", "fortnights": "fortnight", "quarter": "quarter",
    "quarters": "quarter", "weekday": "workday", "weekdays": "workday", "workday": "workday", "workdays": "workday",
}  # fmt: skip
GLUED_UNITS = UNITS | {"d": "day", "w": "week", "mo": "month", "y": "year", "h": "hour"}
"""Units that may stand right behind their number. A lone m could be minutes, months or metres."""
PLURALS = {name for name in UNITS if name.endswith("s")}
DAY_UNITS = ("day", "week", "month", "year", "fortnight", "quarter", "workday")

DAYPARTS = {"morning", "afternoon", "evening", "night"}
MERIDIEMS = {"am": 0, "pm": 12, "a.m.": 0, "p.m.": 12, "a.m": 0, "p.m": 12}
TOMORROWS = {"tomorrow", "tmr", "tmrw"}

ABBREVIATED = SHORT_WEEKDAYS.keys() | (MONTHS.keys() - set(MONTH_NAMES)) | {"a.m", "p.m"}
"""Words whose full stop is their own."""
FOLLOWERS = {
    "with", "in", "on", "for", "to", "about", "and", "near", "by", "from", "via", "or", "then", "re", "w", "w/", "but",
    "if", "because", "so", "-", "–", "—", "&",
}  # fmt: skip
"""Words that show, behind a bare hour, that it counts nothing."""
BLOCKERS = {
    "until", "till", "since", "before", "after", "from", "between", "last", "past", "previous", "of", "than", "not",
    "to", "through", "about", "during", "every", "each", "ev", "versus", "vs",
    "except", "excluding", "but", "without", "or",
}  # fmt: skip
"""Words that give the day or time behind them a meaning we do not know."""
JOINERS = {"or", "and", "to", "-", "–", "—", "/", "&", "until", "till", "through", "thru", "vs"}
"""Words that make one thing, which we do not know, of two days or two times."""
FEASTS = {
    ("black", "friday"), ("good", "friday"), ("cyber", "monday"), ("ash", "wednesday"), ("palm", "sunday"),
    ("easter", "sunday"), ("easter", "monday"), ("super", "tuesday"), ("fat", "tuesday"),
}  # fmt: skip
"""Days with names that are weekdays only in part."""
