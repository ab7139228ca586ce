"""What lists of todos cost, measured by hand: `python -m todos.tests.measure lists`.

On the PostgreSQL server that DATABASE_URL names, in databases of its own. Figures are ratios within one run.
"""
