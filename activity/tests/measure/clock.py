"""Timing side by side: what is compared takes turns, so that a busy machine is as slow for each."""

import time
from collections.abc import Callable, Mapping
from statistics import median


def side_by_side(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median of each call in milliseconds, over this many rounds of one call each."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - began)
    return {name: median(found) * 1000 for name, found in seconds.items()}
