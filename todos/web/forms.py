from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from accounts.models import COLOURS
from todos.models import Project, Todo

PRIORITIES = [(1, "P1, highest"), (2, "P2"), (3, "P3"), (4, "P4, none")]


class QuickAddForm(forms.Form):
    """A title, and where the page that it stands on puts it."""

    title = forms.CharField(max_length=500)
    project = forms.UUIDField(required=False)
    parent = forms.UUIDField(required=False)
    due_date = forms.DateField(required=False)

    def values(self) -> dict[str, Any]:
        """Return what was given, as the service takes it."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class TodoForm(forms.Form):
    """All that a person can change of a todo, with the state they saw."""

    # A text area, because a long title should be read whole; it stays one line of text.
    title = forms.CharField(max_length=500, widget=forms.Textarea({"rows": 1, "class": "bare"}))
    description = forms.CharField(
        label="Notes",
        max_length=50_000,
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "Notes"}),
    )
    due_date = forms.DateField(label="Due", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    due_time = forms.TimeField(label="Time", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    priority = forms.TypedChoiceField(choices=PRIORITIES, coerce=int)
    project = forms.TypedChoiceField(coerce=str)
    labels = forms.CharField(required=False, max_length=2000, widget=forms.TextInput({"placeholder": "errand, calls"}))
    etag = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [(str(row.pk), row.title) for row in projects]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, todo: Todo, projects: Iterable[Project]) -> "TodoForm":
        """Return the form that shows a todo as it is."""
        initial = {name: getattr(todo, name) for name in ("title", "description", "due_date", "due_time", "priority")}
        initial |= {"project": str(todo.project_id), "labels": ", ".join(todo.label_names), "etag": todo.etag}
        return cls(initial=initial, projects=projects, auto_id=f"todo-{todo.pk}-%s")

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_description(self) -> str:
        # Browsers send CRLF whatever the text had (HTML: form submission): no change by itself.
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")

    def clean_labels(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["labels"].split(",") if name.strip()]

    def values(self) -> dict[str, Any]:
        """Return the values as the service takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "etag"}


class ProjectForm(forms.Form):
    """A project's title, colour and the project that it is in, of those that the person can choose."""

    title = forms.CharField(max_length=200)
    parent = forms.TypedChoiceField(label="Inside", required=False, coerce=UUID, empty_value=None)
    colour = forms.ChoiceField(
        choices=[(name, name.title()) for name in COLOURS], initial="green", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, parents: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "No other project"), *((str(row.pk), row.title) for row in parents)]
        if len(choices) > 1:
            self.fields["parent"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["parent"]

    def values(self) -> dict[str, Any]:
        """Return what was given, as the service takes it: a parent left out is no wish for the top."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}
