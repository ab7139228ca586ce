"""Quick add: what a person types becomes drafts of todos."""

from todos.domain.quickadd.drafts import Draft, Known, Names, Recurrence, Settings, Span, Unknown
from todos.domain.quickadd.parsing import parse

__all__ = ["Draft", "Known", "Names", "Recurrence", "Settings", "Span", "Unknown", "parse"]
