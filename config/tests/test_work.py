"""The worker, with sweeps of its own."""

import logging
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from config.env import BASE_DIR
from config.work import Worker

pytestmark = pytest.mark.django_db
HERE = "config.tests.test_work"
runs: list[str] = []


def useful(now: datetime) -> int:
    assert now.tzinfo is not None
    runs.append("useful")
    return 3


def idle(now: datetime) -> int:
    runs.append("idle")
    return 0


def cut_off(now: datetime) -> int:
    runs.append("cut_off")
    raise OperationalError("connection refused\n\tIs the server running?")


def back_again(now: datetime) -> int:
    """Be cut off three times, and work from then on."""
    runs.append("back_again")
    if runs.count("back_again") <= 3:
        raise OperationalError("connection refused")
    return 0


def faulty(now: datetime) -> int:
    runs.append("faulty")
    raise ZeroDivisionError("a fault of ours")


@pytest.fixture(autouse=True)
def no_runs(caplog):
    runs.clear()
    caplog.set_level(logging.INFO, "config.work")


def sweeps(*names: str, every: float = 3600) -> dict[str, timedelta]:
    return {f"{HERE}.{name}": timedelta(seconds=every) for name in names}


def work_for(worker: Worker, seconds: float) -> None:
    threading.Timer(seconds, worker.stop).start()
    worker.run()


def test_each_sweep_runs_once_and_only_what_did_something_is_logged(settings, caplog):
    settings.SWEEPS = sweeps("useful", "idle")

    call_command("work", once=True)

    assert runs == ["useful", "idle"]
    assert caplog.messages == [f"{HERE}.useful: 3"]


def test_a_sweep_runs_again_when_its_interval_is_over():
    worker = Worker(sweeps("useful", every=0.05) | sweeps("idle"))

    work_for(worker, 0.4)

    assert runs.count("idle") == 1
    assert 4 <= runs.count("useful") <= 9


def test_a_store_that_is_away_is_one_warning_line_and_the_others_run(caplog):
    worker = Worker(sweeps("cut_off", "useful"))

    work_for(worker, 0.1)

    assert runs == ["cut_off", "useful"]
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.exc_info is None
    assert warning.getMessage().endswith("OperationalError: connection refused Is the server running?")


def test_a_store_that_stays_away_is_told_of_once_and_so_is_its_return(caplog):
    worker = Worker(sweeps("back_again"))

    outcomes = [worker.sweep(name) for name in worker.sweeps for _ in range(6)]

    assert outcomes == [False, False, False, True, True, True]
    told = [(record.levelname, record.getMessage().removeprefix(f"{HERE}.")) for record in caplog.records]
    assert told == [
        ("WARNING", "back_again waits, a store is away or busy: OperationalError: connection refused"),
        ("INFO", "back_again works again"),
    ]


def test_a_failed_sweep_is_tried_again_long_before_its_hour(monkeypatch):
    monkeypatch.setattr("config.work.RETRY", 0.05)
    worker = Worker(sweeps("cut_off", "useful"))

    work_for(worker, 0.3)

    assert runs.count("cut_off") > 2
    assert runs.count("useful") == 1


def test_a_fault_of_ours_is_logged_with_its_traceback_and_the_others_run(caplog):
    worker = Worker(sweeps("faulty", "useful"))

    work_for(worker, 0.1)

    assert runs == ["faulty", "useful"]
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.exc_info is not None


def test_once_says_which_sweeps_failed(settings):
    settings.SWEEPS = sweeps("faulty", "useful")

    with pytest.raises(CommandError, match=r"faulty$"):
        call_command("work", once=True)

    assert runs == ["faulty", "useful"]


def test_a_sweep_that_does_not_exist_stops_the_start(settings):
    settings.SWEEPS = sweeps("missing")

    with pytest.raises(ImportError, match="missing"):
        call_command("work", once=True)


def test_the_sweeps_of_the_product_run_on_an_empty_database():
    call_command("work", once=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_long_before_its_next_sweep(number):
    script = f"""
import django; django.setup()
from datetime import timedelta
from django.conf import settings
from django.core.management import call_command
settings.SWEEPS = {{"{HERE}.idle": timedelta(hours=1)}}
call_command("work")
"""
    environment = os.environ | {"APP_ENV": "test", "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    worker = subprocess.Popen(
        [sys.executable, "-c", script], cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert "Worker started" in worker.stdout.readline()

    worker.send_signal(number)
    output, _ = worker.communicate(timeout=10)

    assert worker.returncode == 0
    assert "Worker stopped" in output
