"""Who is called by name in a text: `@Ada`, or `@[Ada Lovelace]` where other words follow. Pure and linear."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)


def mentioned(stretches: Iterable[str], people: Mapping[Person, Iterable[str]]) -> set[Person]:
    """Return the people that stretches of a text call by one of their names, in any case.

    The longest name that fits is meant; two people of the same name are both meant. An `@` inside
    a word, as in an e-mail address, calls nobody.
    """
    bearers: dict[str, set[Person]] = {}
    for person, names in people.items():
        for name in names:
            if name.strip():
                bearers.setdefault(name.strip().casefold(), set()).add(person)
    if not bearers:
        return set()
    names = "|".join(re.escape(name) for name in sorted(bearers, key=len, reverse=True))
    call = re.compile(rf"(?<![\w@])@(?:\[\s*({names})\s*\]|({names})(?!\w))")
    found: set[Person] = set()
    for stretch in stretches:
        for match in call.finditer(stretch.casefold()):
            found |= bearers[match[1] or match[2]]
    return found
