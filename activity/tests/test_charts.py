"""Charts from sums by day: nothing here knows of a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity import charts
from activity.charts import DAY, Flow

TUESDAY = date(2026, 11, 24)
DAYS = st.dates(TUESDAY - timedelta(days=400), TUESDAY + timedelta(days=2))
COUNTS = st.dictionaries(DAYS, st.integers(0, 40), max_size=60)


@pytest.mark.parametrize(
    ("week_start", "first", "in_last_week"),
    [("MO", date(2025, 11, 24), 2), ("SA", date(2025, 11, 22), 4), ("SU", date(2025, 11, 23), 3)],
)
def test_a_year_has_53_weeks_and_ends_with_today(week_start, first, in_last_week):
    year = charts.year({}, TUESDAY, week_start)

    assert (year.first, year.last, len(year.weeks)) == (first, TUESDAY, 53)
    assert [len(week) for week in year.weeks] == [7] * 52 + [in_last_week]
    assert [cell.day for cell in year.days] == [first + number * DAY for number in range(52 * 7 + in_last_week)]


def test_a_month_is_named_above_the_week_of_its_first_day():
    year = charts.year({}, TUESDAY)

    assert [(month.first.month, month.column) for month in year.months][:3] == [(12, 1), (1, 5), (2, 9)]
    assert len(year.months) == 12
    assert all(month.first in [cell.day for cell in year.weeks[month.column]] for month in year.months)


@pytest.mark.parametrize(
    ("counts", "levels"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([7], [1]),
        ([3, 3, 3], [1, 1, 1]),
        ([1, 10], [1, 4]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 2, 3, 3, 4, 4]),
        ([0, 1, 1, 1, 1, 9], [0, 1, 1, 1, 1, 4]),
    ],
)
def test_levels_go_by_the_quartiles_of_the_days_with_anything(counts, levels):
    days = [TUESDAY - number * DAY for number in range(len(counts))]

    year = charts.year(dict(zip(days, counts, strict=True)), TUESDAY)

    found = {cell.day: cell.level for cell in year.days}
    assert [found[day] for day in days] == levels


@given(counts=COUNTS)
def test_a_year_counts_what_is_in_it_and_more_is_never_paler(counts):
    year = charts.year(counts, TUESDAY)

    inside = [count for day, count in counts.items() if year.first <= day <= TUESDAY]
    assert (year.total, year.active) == (sum(inside), sum(count > 0 for count in inside))
    by_count = sorted((cell.count, cell.level) for cell in year.days)
    assert [level for _, level in by_count] == sorted(level for _, level in by_count)
    assert all((cell.level == 0) == (cell.count == 0) for cell in year.days)


@pytest.mark.parametrize(
    ("ago", "current", "longest"),
    [
        ([], 0, 0),
        ([0], 1, 1),
        ([1], 1, 1),
        ([2], 0, 1),
        ([0, 1, 2], 3, 3),
        ([1, 2, 3], 3, 3),
        ([2, 3, 4], 0, 3),
        ([0, 2, 3, 4], 1, 3),
        ([0, 1, 8, 9], 2, 2),
        ([-1, 0], 1, 1),
    ],
)
def test_a_streak_goes_on_while_yesterday_or_today_is_in_it(ago, current, longest):
    found = charts.streaks({TUESDAY - days * DAY: 1 for days in ago}, TUESDAY)

    assert (found.current.length, found.longest.length) == (current, longest)


def test_a_streak_says_when_it_was_and_of_equal_ones_the_latest_counts():
    days = [TUESDAY - days * DAY for days in (0, 1, 8, 9)]

    found = charts.streaks(dict.fromkeys(days, 3), TUESDAY)

    assert found.current == found.longest == charts.Streak(2, TUESDAY - DAY, TUESDAY)


def test_a_day_with_nothing_breaks_a_streak_even_when_it_is_named():
    assert charts.streaks({TUESDAY: 1, TUESDAY - DAY: 0, TUESDAY - 2 * DAY: 1}, TUESDAY).longest.length == 1


@given(counts=COUNTS)
def test_the_longest_streak_is_one_that_can_be_walked(counts):
    longest = charts.streaks(counts, TUESDAY).longest

    busy = {day for day, count in counts.items() if count and day <= TUESDAY}
    assert bool(busy) == bool(longest.length)
    for day in busy:
        run = 0
        while day + run * DAY in busy:
            run += 1
        assert run <= longest.length
    if longest.first:
        assert {longest.first + number * DAY for number in range(longest.length)} <= busy
        assert longest.first + (longest.length - 1) * DAY == longest.last


def test_the_last_days_have_their_zeros_their_average_and_their_best():
    counts = {TUESDAY: 4, TUESDAY - 29 * DAY: 4, TUESDAY - 30 * DAY: 50}

    found = charts.last_days(counts, TUESDAY)

    assert len(found.days) == 30
    assert (found.days[0].day, found.days[-1].day) == (TUESDAY - 29 * DAY, TUESDAY)
    assert (found.total, round(found.average, 3)) == (8, 0.267)
    assert found.best == charts.DayCount(TUESDAY, 4)


def test_of_days_with_nothing_none_is_the_best():
    assert charts.last_days({}, TUESDAY, 7).best is None


def test_hours_are_told_by_weekday_from_the_first_of_the_week_on():
    counts = {(TUESDAY, 9): 2, (TUESDAY - 7 * DAY, 9): 1, (TUESDAY - DAY, 23): 4, (TUESDAY, None): 5}

    found = charts.hours(counts, "SU")

    assert [row.code for row in found.weekdays] == ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
    assert (found.weekdays[2].hours[9], found.weekdays[1].hours[23]) == (3, 4)
    assert (found.total, found.most, found.unknown) == (12, 4, 5)
    assert sum(sum(row.hours) for row in found.weekdays) == 7


def test_durations_have_shares_and_say_how_long_half_of_them_took():
    found = charts.durations({0: 1, 1: 2, 6: 1})

    assert [(bucket.count, bucket.share) for bucket in found.buckets if bucket.count] == [
        (1, 0.25),
        (2, 0.5),
        (1, 0.25),
    ]
    assert (found.total, found.half.name) == (4, "Within a day")


def test_buckets_of_durations_follow_one_another_without_a_gap():
    buckets = charts.durations({}).buckets

    assert [bucket.at_least for bucket in buckets] == [0, *(bucket.less_than for bucket in buckets[:-1])]
    assert buckets[-1].less_than is None
    assert [bucket.share for bucket in buckets] == [0.0] * len(buckets)
    assert charts.durations({}).half is None


def test_a_burn_down_counts_back_from_what_is_open_now():
    flows = {TUESDAY - 2 * DAY: Flow(-2, 3, 1), TUESDAY: Flow(1, 0, 1), TUESDAY + DAY: Flow(-3, 3, 0)}

    found = charts.burndown(flows, 1, TUESDAY - 3 * DAY, TUESDAY)

    assert [(day.open, day.finished, day.added) for day in found] == [(5, 0, 0), (3, 3, 1), (3, 0, 0), (4, 0, 1)]


def test_no_fewer_than_none_are_open_and_the_sum_goes_on_right():
    flows = {TUESDAY - DAY: Flow(-1, 1, 0), TUESDAY: Flow(2, 0, 2)}

    found = charts.burndown(flows, 1, TUESDAY - DAY, TUESDAY)

    assert [day.open for day in found] == [0, 1]
