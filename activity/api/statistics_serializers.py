"""What one asks of the charts' numbers, and the numbers themselves."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.core.validators import MinValueValidator
from rest_framework import serializers

from activity import charts
from activity.api.completeness import CompletenessSerializer
from activity.services import statistics
from config.errors import Invalid

Shown = dict[str, Any]
EARLIEST = date(2000, 1, 1)
LONGEST = timedelta(days=5 * 366)
POSSIBLE = [MinValueValidator(EARLIEST, "Ask for days from %(limit_value)s on.")]


class WhoseQuery(serializers.Serializer[Any]):
    who = serializers.ChoiceField(
        [("me", "what you finished"), ("everyone", "what anyone finished where you may see it")], default="me"
    )
    project = serializers.UUIDField(required=False, help_text="In one project alone; else wherever it was.")


class PeriodQuery(serializers.Serializer[Any]):
    first = serializers.DateField(required=False, validators=POSSIBLE, help_text="The first day.")
    last = serializers.DateField(required=False, validators=POSSIBLE, help_text="The last day; today, unless given.")


class WhosePeriodQuery(WhoseQuery, PeriodQuery):
    pass


class BurndownQuery(PeriodQuery):
    project = serializers.UUIDField(help_text="Which project.")


def period_of(query: dict[str, Any], *, today: date, usual: int) -> tuple[date, date]:
    """Return the days asked for, both included: `usual` many up to the last, unless the first is given."""
    last: date = query.get("last", today)
    first: date = query.get("first", last - timedelta(days=usual - 1))
    if first > last:
        raise Invalid.field("first", f"The first day comes after the last, {last}.")
    if last - first > LONGEST:
        raise Invalid.field("first", "Ask for five years at most.")
    return first, last


class CountSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    count = serializers.IntegerField()


class LevelSerializer(CountSerializer):
    level = serializers.IntegerField(
        min_value=0, max_value=4, help_text="0 for nothing; 1 to 4 by the quartiles of the other days."
    )


class StreakSerializer(serializers.Serializer[Any]):
    length = serializers.IntegerField(help_text="In days.")
    first = serializers.DateField(allow_null=True)
    last = serializers.DateField(allow_null=True)


class HeatmapSerializer(CompletenessSerializer):
    """Each day of 53 weeks, of which the last ends with today."""

    first = serializers.DateField(help_text="A first day of the week, as your profile has it.")
    last = serializers.DateField(help_text="Your today.")
    total = serializers.IntegerField()
    active_days = serializers.IntegerField(help_text="On how many days something was finished.")
    days = LevelSerializer(many=True)

    def to_representation(self, year: charts.Year) -> Shown:
        shown = {"first": year.first, "last": year.last, "total": year.total, "active_days": year.active}
        return shown | {"days": [asdict(cell) for cell in year.days]}


class DaysSerializer(CompletenessSerializer):
    """Each day of a period, those with nothing too."""

    first = serializers.DateField()
    last = serializers.DateField()
    total = serializers.IntegerField()
    average = serializers.FloatField(help_text="A day.")
    best = CountSerializer(allow_null=True, help_text="The day with the most, the latest of equal ones.")
    days = CountSerializer(many=True)

    def to_representation(self, found: charts.Days) -> Shown:
        days = [_count(cell) for cell in found.days]
        return {
            "first": found.days[0].day,
            "last": found.days[-1].day,
            "total": found.total,
            "average": round(found.average, 2),
            "best": found.best and _count(found.best),
            "days": days,
        }


class StreaksSerializer(CompletenessSerializer):
    """Days in a row with something finished, looked for in the last five years."""

    current = StreakSerializer(help_text="Up to today, or to yesterday while there is nothing today.")
    longest = StreakSerializer(help_text="The latest of equal ones.")

    def to_representation(self, found: charts.Streaks) -> Shown:
        return asdict(found)


class ProjectCountSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    colour = serializers.CharField()
    count = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the total, 0 to 1.")


class ProjectsSerializer(CompletenessSerializer):
    """Where it was finished, the most first."""

    first = serializers.DateField()
    last = serializers.DateField()
    total = serializers.IntegerField()
    projects = ProjectCountSerializer(many=True)
    elsewhere = serializers.IntegerField(help_text="In projects that you do not see any more.")

    def to_representation(self, found: statistics.Places) -> Shown:
        projects = [
            {
                "id": row.place.id,
                "title": row.place.title,
                "colour": row.place.colour,
                "count": row.count,
                "share": round(row.share, 4),
            }
            for row in found.places
        ]
        return {"total": found.total, "projects": projects, "elsewhere": found.elsewhere}


class WeekdaySerializer(serializers.Serializer[Any]):
    weekday = serializers.ChoiceField(charts.WEEKDAYS, help_text="As RFC 5545 writes it.")
    hours = serializers.ListField(
        child=serializers.IntegerField(), min_length=24, max_length=24, help_text="One count an hour, from midnight on."
    )


class HoursSerializer(CompletenessSerializer):
    """Counts by weekday and hour, both where whoever finished it was. Your week's first day comes first."""

    first = serializers.DateField()
    last = serializers.DateField()
    total = serializers.IntegerField()
    unknown = serializers.IntegerField(help_text="At an hour that was not kept yet; in the total, not in the weekdays.")
    weekdays = WeekdaySerializer(many=True)

    def to_representation(self, found: charts.Hours) -> Shown:
        weekdays = [{"weekday": row.code, "hours": row.hours} for row in found.weekdays]
        return {"total": found.total, "unknown": found.unknown, "weekdays": weekdays}


class BucketSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    at_least = serializers.IntegerField(help_text="Seconds.")
    less_than = serializers.IntegerField(allow_null=True, help_text="Seconds; null for any longer.")
    count = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the total, 0 to 1.")


class DurationsSerializer(CompletenessSerializer):
    """How long after their creation todos were completed. Subtasks that went along are not counted."""

    first = serializers.DateField()
    last = serializers.DateField()
    total = serializers.IntegerField()
    half_within = serializers.IntegerField(
        allow_null=True,
        help_text="Half were done within so many seconds, or less; null when longer, or when none were.",
    )
    buckets = BucketSerializer(many=True)

    def to_representation(self, found: charts.Durations) -> Shown:
        buckets = [asdict(bucket) | {"share": round(bucket.share, 4)} for bucket in found.buckets]
        return {"total": found.total, "half_within": found.half and found.half.less_than, "buckets": buckets}


class BurndownDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    open = serializers.IntegerField(help_text="When the day ended.")
    finished = serializers.IntegerField()
    added = serializers.IntegerField(help_text="Made, restored, reopened or moved in.")


class BurndownSerializer(CompletenessSerializer):
    """What is open in a project, day by day. Days are those of whoever changed it."""

    project = serializers.UUIDField()
    first = serializers.DateField()
    last = serializers.DateField()
    days = BurndownDaySerializer(many=True)

    def to_representation(self, days: list[charts.BurndownDay]) -> Shown:
        return {"days": [asdict(day) for day in days]}


def _count(cell: charts.DayCount) -> Shown:
    return {"day": cell.day, "count": cell.count}
