"""Month before day, 12-hour clock."""

TIME_FORMAT = "g:i A"
DATE_FORMAT = "F j, Y"
DATETIME_FORMAT = "F j, Y, g:i A"
MONTH_DAY_FORMAT = "F j"
SHORT_DATE_FORMAT = "M j, Y"
SHORT_DATETIME_FORMAT = "M j, g:i A"
# Ours
WEEKDAY_FORMAT = "D, M j"
LONG_DAY_FORMAT = "l, F j"
LONG_DATE_FORMAT = "l, F j, Y"
SHORT_DAY_FORMAT = "M j"
