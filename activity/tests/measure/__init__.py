"""What the activity costs, measured by hand: `python -m activity.tests.measure recording`.

On the server that DATABASE_URL names, or on SQLite; in databases of its own. Figures are ratios within one run.
"""
