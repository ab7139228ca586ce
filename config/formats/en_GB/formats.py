"""Day before month, 24-hour clock."""

TIME_FORMAT = "H:i"
DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
MONTH_DAY_FORMAT = "j F"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M, H:i"
# Ours
WEEKDAY_FORMAT = "D j M"
LONG_DAY_FORMAT = "l, j F"
LONG_DATE_FORMAT = "l, j F Y"
SHORT_DAY_FORMAT = "j M"
