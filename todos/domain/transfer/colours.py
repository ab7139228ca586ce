"""Other programs' colours as the nearest of ours."""

import re

OURS = {
    "red": 0xE5484D, "orange": 0xF0802F, "amber": 0xF2B01E, "lime": 0x8BC034, "green": 0x30A46C, "teal": 0x12A594,
    "sky": 0x3CB4E5, "blue": 0x3E63DD, "violet": 0x8E4EC6, "pink": 0xE93D82,
}  # fmt: skip
TODOIST = {
    "berry_red": "pink", "red": "red", "orange": "orange", "yellow": "amber", "olive_green": "lime",
    "lime_green": "lime", "green": "green", "mint_green": "teal", "teal": "teal", "sky_blue": "sky",
    "light_blue": "sky", "blue": "blue", "grape": "violet", "violet": "violet", "lavender": "violet",
    "magenta": "pink", "salmon": "orange",
}  # fmt: skip
"""By Todoist's names; its greys and browns have no like here."""
TO_TODOIST = {
    "red": "red", "orange": "orange", "amber": "yellow", "lime": "lime_green", "green": "green", "teal": "teal",
    "sky": "sky_blue", "blue": "blue", "violet": "violet", "pink": "magenta",
}  # fmt: skip
HEX = re.compile(r"#?([0-9a-fA-F]{6})", re.ASCII)


def nearest(text: str) -> str | None:
    """Return the name of our colour that comes nearest to one in six hexadecimal digits; None for anything else."""
    match = HEX.fullmatch(text.strip())
    if not match:
        return None
    wanted = _channels(int(match[1], 16))

    def distance(name: str) -> int:
        return sum((one - other) ** 2 for one, other in zip(wanted, _channels(OURS[name]), strict=True))

    return min(OURS, key=distance)


def hexadecimal(name: str | None) -> str:
    """Return one of our colours in six digits, "" for none."""
    return f"{OURS[name]:06x}" if name in OURS else ""


def _channels(number: int) -> tuple[int, int, int]:
    return number >> 16, number >> 8 & 0xFF, number & 0xFF
