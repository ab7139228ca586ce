"""The filter language: `overdue & #Work & !@waiting & p1 | assigned: me`.

    filter = either {"," either}            several lists in one
    either = both {"|" both}
    both   = one {"&" one}
    one    = "!" one | "(" filter ")" | term

A term reaches to the next operator; a backslash takes the meaning of the character after it away,
and so do double quotes around several. What terms there are, `todos.domain.filters.terms` says.
"""

from todos.domain.filters.calendar import Calendar
from todos.domain.filters.evaluation import Facts, matches
from todos.domain.filters.nodes import InvalidFilter, Node, mentions
from todos.domain.filters.syntax import parse

__all__ = ["Calendar", "Facts", "InvalidFilter", "Node", "matches", "mentions", "parse"]
