"""From a filter as people type it to its tree, in one pass; whatever is typed gets a tree or a pointed refusal."""

from dataclasses import dataclass
from typing import NoReturn

from todos.domain.filters.nodes import And, InvalidFilter, Node, Not, Or
from todos.domain.filters.terms import read_term

LONGEST, MOST_TERMS, DEEPEST = 1000, 100, 20
OPERATORS = "&|(),"
ENDS = {"&": "What follows “&”?", "|": "What follows “|”?", ",": "What follows the comma?"}


def parse(text: str, *, name: str = "filter") -> Node:
    """Return what a filter means; raises InvalidFilter for the field `name` that it came in."""
    try:
        if len(text) > LONGEST:
            raise InvalidFilter(f"A filter has at most {LONGEST} characters.", LONGEST)
        return _Parser(list(_tokens(text)), len(text)).whole()
    except InvalidFilter as error:
        raise InvalidFilter(error.problem, error.position, name=name) from None


@dataclass(frozen=True, slots=True)
class Token:
    """An operator, or the text of a term as it was typed."""

    text: str
    at: int
    is_term: bool


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in OPERATORS or text[at] == "!":
            found.append(Token(text[at], at, is_term=False))
            at += 1
        else:
            end = _end_of_term(text, at)
            found.append(Token(text[at:end].rstrip(), at, is_term=True))
            at = end
    return found


def _end_of_term(text: str, at: int) -> int:
    opened = -1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            opened = at if opened < 0 else -1
        elif opened < 0 and text[at] in OPERATORS:
            return at
        at += 1
    if opened >= 0:
        raise InvalidFilter("This quote is not closed.", opened)
    return len(text)


class _Parser:
    def __init__(self, tokens: list[Token], end: int) -> None:
        self.tokens, self.end = tokens, end
        self.next = self.depth = self.terms = 0

    def whole(self) -> Node:
        found = self.either()
        if token := self.peek():
            self.refuse("There is no “(” for this one." if token.text == ")" else "Put “&” or “|” before this.")
        return found

    def either(self) -> Node:
        parts = [self.both()]
        while self.takes(",") or self.takes("|"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Node:
        parts = [self.one()]
        while self.takes("&"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Node:
        token = self.peek()
        if token is None or (not token.is_term and token.text not in "!("):
            self.refuse_gap()
        self.next += 1
        if token.is_term:
            return self.term(token)
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidFilter(f"At most {DEEPEST} “(” and “!” go into each other.", token.at)
        found = Not(self.one()) if token.text == "!" else self.inner(token)
        self.depth -= 1
        return found

    def inner(self, opening: Token) -> Node:
        found = self.either()
        if not self.takes(")"):
            if self.peek():
                self.refuse("Put “&” or “|” before this.")
            raise InvalidFilter("This “(” is not closed.", opening.at)
        return found

    def term(self, token: Token) -> Node:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise InvalidFilter(f"A filter has at most {MOST_TERMS} terms.", token.at)
        return read_term(token.text, token.at)

    def peek(self) -> Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def takes(self, operator: str) -> bool:
        token = self.peek()
        if token is None or token.is_term or token.text != operator:
            return False
        self.next += 1
        return True

    def refuse(self, problem: str) -> NoReturn:
        token = self.peek()
        raise InvalidFilter(problem, token.at if token else self.end)

    def refuse_gap(self) -> NoReturn:
        before = self.tokens[self.next - 1] if self.next else None
        self.refuse(ENDS.get(before.text, "A term is missing here.") if before else "A term is missing here.")
