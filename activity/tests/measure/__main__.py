import argparse
import os
from importlib import import_module

from activity.tests.scratch import scratch_database

ROUNDS = {"recording": 4000, "reading": 40, "relaying": 8}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m activity.tests.measure")
    parser.add_argument("what", choices=ROUNDS)
    parser.add_argument("--rounds", type=int, help=f"How many; by default {ROUNDS}.")
    options = parser.parse_args()
    if options.what != "relaying":  # the others look at the journal alone
        os.environ.pop("MONGODB_URL", None)
    with scratch_database("measure"):
        import_module(f"activity.tests.measure.{options.what}").measure(options.rounds or ROUNDS[options.what])
