"""What answers look like, for the API's document. Long lists are cut short."""

from drf_spectacular.utils import OpenApiExample

HOME = "0196a000-0000-7000-8000-000000000001"
YEAR = {"first": "2025-11-25", "last": "2026-11-24"}
COMPLETE = {"complete": True}

HEATMAP = OpenApiExample(
    "A year",
    {
        "first": "2025-11-24",
        "last": "2026-11-24",
        "total": 1264,
        "active_days": 313,
        "days": [
            {"day": "2025-11-24", "count": 3, "level": 2},
            {"day": "2025-11-25", "count": 0, "level": 0},
        ],
        **COMPLETE,
    },
    response_only=True,
)
DAYS = OpenApiExample(
    "Two days",
    {
        "first": "2026-11-23",
        "last": "2026-11-24",
        "total": 14,
        "average": 7.0,
        "best": {"day": "2026-11-23", "count": 10},
        "days": [{"day": "2026-11-23", "count": 10}, {"day": "2026-11-24", "count": 4}],
        **COMPLETE,
    },
    response_only=True,
)
STREAKS = OpenApiExample(
    "A streak that goes on",
    {
        "current": {"length": 12, "first": "2026-11-13", "last": "2026-11-24"},
        "longest": {"length": 31, "first": "2026-03-02", "last": "2026-04-01"},
        **COMPLETE,
    },
    response_only=True,
)
PROJECTS = OpenApiExample(
    "A year",
    {
        **YEAR,
        "total": 50,
        "projects": [{"id": HOME, "title": "Home", "colour": "orange", "count": 46, "share": 0.92}],
        "elsewhere": 4,
        **COMPLETE,
    },
    response_only=True,
)
HOURS = OpenApiExample(
    "A year",
    {
        **YEAR,
        "total": 7,
        "unknown": 0,
        "weekdays": [{"weekday": "MO", "hours": [*([0] * 9), 4, 3, *([0] * 13)]}],
        **COMPLETE,
    },
    response_only=True,
)
DURATIONS = OpenApiExample(
    "A year",
    {
        **YEAR,
        "total": 4,
        "half_within": 86400,
        "buckets": [
            {"name": "Within an hour", "at_least": 0, "less_than": 3600, "count": 1, "share": 0.25},
            {"name": "Within a day", "at_least": 3600, "less_than": 86400, "count": 3, "share": 0.75},
        ],
        **COMPLETE,
    },
    response_only=True,
)
BURNDOWN = OpenApiExample(
    "Two days",
    {
        "project": HOME,
        "first": "2026-11-23",
        "last": "2026-11-24",
        "days": [
            {"day": "2026-11-23", "open": 12, "finished": 3, "added": 1},
            {"day": "2026-11-24", "open": 9, "finished": 3, "added": 0},
        ],
        **COMPLETE,
    },
    response_only=True,
)
