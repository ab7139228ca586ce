"""The numbers of the charts, counted by the local days of those who did it."""

from datetime import date
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activity.api import examples
from activity.api import statistics_serializers as shapes
from activity.api.completeness import completeness
from activity.services import statistics
from activity.services.reading import History
from activity.services.statistics import Calendar

MONTH, YEAR = 30, 365


class StatisticsView(APIView):
    """What the numbers share: whose they are, of which days, and whether they are complete."""

    scope = "activity"
    query_class: type[serializers.Serializer[Any]] = shapes.WhosePeriodQuery

    @property
    def actor_id(self) -> UUID:
        return cast(UUID, self.request.user.pk)

    @cached_property
    def query(self) -> dict[str, Any]:
        """What was asked; raises ValidationError."""
        serializer = self.query_class(data=self.request.query_params)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @cached_property
    def calendar(self) -> Calendar:
        return statistics.calendar_of(actor_id=self.actor_id, now=timezone.now())

    def finished(self) -> History:
        """Return what is to be counted; raises NotFound for a project that the person does not see."""
        return statistics.whose(actor_id=self.actor_id, who=self.query["who"], project_id=self.query.get("project"))

    def period(self, usual: int) -> dict[str, date]:
        first, last = shapes.period_of(self.query, today=self.calendar.today, usual=usual)
        return {"first": first, "last": last}

    def answer(self, serializer: serializers.Serializer[Any], read: History, **more: Any) -> Response:
        return Response(more | serializer.data | completeness(read))


class HeatmapView(StatisticsView):
    """How much was finished on each day of the last year."""

    query_class = shapes.WhoseQuery

    @extend_schema(
        operation_id="activity_heatmap",
        parameters=[shapes.WhoseQuery],
        responses=shapes.HeatmapSerializer,
        examples=[examples.HEATMAP],
    )
    def get(self, request: Request) -> Response:
        finished = self.finished()
        calendar = self.calendar
        year = statistics.heatmap(finished=finished, today=calendar.today, week_start=calendar.week_start)
        return self.answer(shapes.HeatmapSerializer(year), finished)


class DaysView(StatisticsView):
    """How much was finished on each day: of the last 30, unless you say otherwise."""

    @extend_schema(
        operation_id="activity_days",
        parameters=[shapes.WhosePeriodQuery],
        responses=shapes.DaysSerializer,
        examples=[examples.DAYS],
    )
    def get(self, request: Request) -> Response:
        period = self.period(MONTH)
        finished = self.finished()
        return self.answer(shapes.DaysSerializer(statistics.by_day(finished=finished, **period)), finished)


class StreaksView(StatisticsView):
    """On how many days in a row something was finished."""

    query_class = shapes.WhoseQuery

    @extend_schema(
        operation_id="activity_streaks",
        parameters=[shapes.WhoseQuery],
        responses=shapes.StreaksSerializer,
        examples=[examples.STREAKS],
    )
    def get(self, request: Request) -> Response:
        finished = self.finished()
        found = statistics.streaks(finished=finished, today=self.calendar.today)
        return self.answer(shapes.StreaksSerializer(found), finished)


class ProjectsView(StatisticsView):
    """How much was finished in each project: in the last year, unless you say otherwise."""

    @extend_schema(
        operation_id="activity_projects",
        parameters=[shapes.WhosePeriodQuery],
        responses=shapes.ProjectsSerializer,
        examples=[examples.PROJECTS],
    )
    def get(self, request: Request) -> Response:
        period = self.period(YEAR)
        finished = self.finished()
        found = statistics.by_place(finished=finished, actor_id=self.actor_id, **period)
        return self.answer(shapes.ProjectsSerializer(found), finished, **period)


class HoursView(StatisticsView):
    """On which weekdays and at which hours it was finished: in the last year, unless you say otherwise."""

    @extend_schema(
        operation_id="activity_hours",
        parameters=[shapes.WhosePeriodQuery],
        responses=shapes.HoursSerializer,
        examples=[examples.HOURS],
    )
    def get(self, request: Request) -> Response:
        period = self.period(YEAR)
        finished = self.finished()
        found = statistics.by_hour(finished=finished, week_start=self.calendar.week_start, **period)
        return self.answer(shapes.HoursSerializer(found), finished, **period)


class DurationsView(StatisticsView):
    """How long it took from creation to completion: in the last year, unless you say otherwise."""

    @extend_schema(
        operation_id="activity_durations",
        parameters=[shapes.WhosePeriodQuery],
        responses=shapes.DurationsSerializer,
        examples=[examples.DURATIONS],
    )
    def get(self, request: Request) -> Response:
        period = self.period(YEAR)
        finished = self.finished()
        found = statistics.durations(finished=finished, **period)
        return self.answer(shapes.DurationsSerializer(found), finished, **period)


class BurndownView(StatisticsView):
    """How many todos of a project were open at the end of each day: of the last 30, unless you say otherwise."""

    query_class = shapes.BurndownQuery

    @extend_schema(
        operation_id="activity_burndown",
        parameters=[shapes.BurndownQuery],
        responses=shapes.BurndownSerializer,
        examples=[examples.BURNDOWN],
    )
    def get(self, request: Request) -> Response:
        project_id, period = self.query["project"], self.period(MONTH)
        events = statistics.inside(actor_id=self.actor_id, project_id=project_id)
        days = statistics.burndown(events=events, **period)
        return self.answer(shapes.BurndownSerializer(days), events, project=project_id, **period)
