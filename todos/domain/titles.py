"""What things are called. Pure."""


def one_line(text: str) -> str:
    """Return a title as it is kept, on one line; "" where nothing of it would show.

    What joins letters (U+200D) or turns them round stays: emoji and right-to-left scripts need it.
    """
    line = " ".join(text.splitlines()).strip()
    return line if any(letter.isprintable() and not letter.isspace() for letter in line) else ""
