"""Comments, ties, files and labels changed by many at once on PostgreSQL: no gap, no deadlock, no circle."""

import random

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from config.errors import DomainError
from todos.models import Comment, Label, Relation, Todo
from todos.services.attachments import add_attachment
from todos.services.comments import add_comment, delete_comment, edit_comment
from todos.services.labels import create_label, delete_label, update_label
from todos.services.relations import relate, unrelate
from todos.services.todos import update_todo
from todos.tests.test_concurrency import together

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]


def test_eight_threads_that_talk_label_and_move_leave_no_gap(
    owner, editor, project, work, make_todo, now, assert_gapless
):
    todos = [make_todo(str(number)).pk for number in range(5)]
    for person in (owner, editor):
        create_label(actor=person, name=f"of {person.name}", now=now)

    def write(number):
        dice, actor = random.Random(number), (owner, editor)[number % 2]
        for _ in range(15):
            todo_id, now = dice.choice(todos), timezone.now()
            call = {"actor": actor, "todo_id": todo_id, "now": now}
            comment = Comment.objects.of_todo(todo_id).first()
            tie = Relation.objects.of_todo(todo_id).first()
            label = dice.choice(list(Label.objects.of(actor.pk)) or [None])
            try:
                match dice.randrange(9):
                    case 0:
                        add_comment(**call, text=f"@{dice.choice(['owner', 'editor'])} {number}")
                    case 1 if comment:
                        edit_comment(**call, comment_id=comment.pk, text=f"@editor {dice.random()}")
                    case 2 if comment:
                        delete_comment(**call, comment_id=comment.pk)
                    case 3:
                        relate(
                            **call, other_id=dice.choice(todos), kind=dice.choice(["blocks", "blocked_by", "relates"])
                        )
                    case 4 if tie:
                        unrelate(**call, relation_id=tie.pk)
                    case 5:
                        add_attachment(**call, upload=SimpleUploadedFile("a.txt", b"Hello"))
                    case 6:
                        update_todo(**call, values={"project": dice.choice([project.pk, work.pk])})
                    case 7 if label:
                        values = {"name": f"{dice.choice('abc')} {actor.name}"}
                        update_label(actor=actor, label_id=label.pk, values=values, now=now)
                    case 8 if label and dice.random() < 0.2:
                        delete_label(actor=actor, label_id=label.pk, now=now)
                    case _:
                        names = [dice.choice(list(Label.objects.of(actor.pk)) or ["new"]), "shared"]
                        update_todo(**call, values={"labels": [str(name) for name in names]})
            except DomainError:
                pass  # moved, renamed, tied or deleted meanwhile: an answer, not a fault

    together(8, write)

    for holder in (project, work, owner, editor):
        assert_gapless(holder)
    for row in Todo.objects.select_related("project"):
        assert row.revision <= row.project.revision


def test_S32_ties_made_at_once_make_no_circle(owner, make_todo, work):
    for _ in range(4):
        three = [make_todo("One").pk, make_todo("Two", project=work.pk).pk, make_todo("Three").pk]

        def tie(number, three=three):
            call = {"actor": owner, "todo_id": three[number], "kind": "blocks", "now": timezone.now()}
            try:
                relate(**call, other_id=three[(number + 1) % 3])
            except DomainError:
                return "refused"
            return "done"

        assert sorted(together(3, tie)) == ["done", "done", "refused"]


def test_a_label_renamed_while_it_is_put_on_a_todo_counts_there_or_is_tried_again(
    owner, make_todo, work, now, assert_gapless
):
    for number in range(5):
        label = create_label(actor=owner, name=f"label {number}", now=now)
        here, there = make_todo(labels=[label.name]), make_todo(project=work.pk)

        def act(which, label=label, there=there, number=number):
            now = timezone.now()
            try:
                if which:
                    update_todo(actor=owner, todo_id=there.pk, values={"labels": [f"label {number}"]}, now=now)
                else:
                    update_label(actor=owner, label_id=label.pk, values={"name": f"new {number}"}, now=now)
            except DomainError as error:
                return error.code
            return "done"

        outcomes = together(2, act)

        assert outcomes[1] == "done"
        assert outcomes[0] in ("done", "conflict")
        assert here.labels.count() == 1
    for holder in (work, owner):
        assert_gapless(holder)
