"""Does the history survive? `python -m activity.tests.faults` kills the archive and workers under load, and counts.

Needs PostgreSQL in DATABASE_URL, where it makes a database of its own, and a MongoDB server that it may start and
kill: `mongod`, or what `--archive-start` names.
"""
