"""Cells that a spreadsheet program would run as formulas, made harmless and back (OWASP, CSV injection).

A cell is one to such a program if it begins with =, +, - or @, in full width too, behind blanks and quotes; so
is what follows a semicolon or a tab where those part its cells. Each gets an apostrophe before it, and so does a
cell that begins with a tab or a line end. What began with an apostrophe before such a sign gets one more, so that
taking one away always gives the very text.
"""

import re

SIGN = re.compile("[\\s'\"\ufeff\u200b\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
EDGE = re.compile(r"'*[\t\r\n]")
CELL = re.compile(r"([;\t])")
MARK = "'"


def neutralise(text: str) -> str:
    """Return a text that no spreadsheet program runs."""
    safe = "".join(MARK + piece if SIGN.match(piece) else piece for piece in CELL.split(text))
    return MARK + safe if EDGE.match(safe) else safe


def restore(text: str) -> str:
    """Return what `neutralise` was given."""
    safe = text[1:] if text.startswith(MARK) and EDGE.match(text, 1) else text
    return "".join(
        piece[1:] if piece.startswith(MARK) and SIGN.match(piece, 1) else piece for piece in CELL.split(safe)
    )
