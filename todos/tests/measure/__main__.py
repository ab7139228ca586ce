import argparse
import os
from importlib import import_module

from activity.tests.scratch import scratch_database

ROUNDS = {"lists": 50, "many": 3}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m todos.tests.measure")
    parser.add_argument("what", choices=ROUNDS)
    parser.add_argument("--rounds", type=int, help=f"How many; by default {ROUNDS}.")
    parser.add_argument("--plans", action="store_true", help="Show how the database answers.")
    options = parser.parse_args()
    os.environ.pop("MONGODB_URL", None)
    with scratch_database("measure"):
        measured = import_module(f"todos.tests.measure.{options.what}")
        measured.measure(options.rounds or ROUNDS[options.what], plans=options.plans)
