"""Ties between todos: who makes them, who sees them, and no circles."""

from itertools import pairwise

import pytest

from activity.models import Event
from config.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from config.ids import uuid7
from todos import policies
from todos.models import Membership, Relation, Tombstone
from todos.services import relations
from todos.services.projects import create_project
from todos.services.relations import relate, unrelate
from todos.services.todos import create_todo, delete_todo, update_todo


@pytest.fixture
def tie(owner, now):
    """Tie two todos: `tie(one, "blocks", other)`."""

    def tie(one, kind, other, *, by=owner, **options):
        return relate(actor=by, todo_id=one.pk, other_id=other.pk, kind=kind, now=now, **options)

    return tie


@pytest.fixture
def hidden(stranger, now):
    """A todo that nobody else sees."""
    project = create_project(actor=stranger, title="Secret", now=now)
    return create_todo(actor=stranger, values={"title": "Hidden", "project": project.pk}, now=now)


def seen(person, todo):
    """Return `(kind, other)` of the ties that the person sees from a todo."""
    rows = policies.visible_relations(actor=person, todo_id=todo.pk)
    return sorted((row.kind, row.todo_id == todo.pk, str(row.far_id)) for row in rows)


def test_a_tie_is_seen_from_both_ends_and_recorded_at_the_one_it_goes_out_from(
    owner, viewer, todo, make_todo, tie, recorded, assert_gapless
):
    other = make_todo("Other")

    made = tie(todo, "blocks", other)

    assert seen(viewer, todo) == [("blocks", True, str(other.pk))]
    assert seen(viewer, other) == [("blocks", False, str(todo.pk))]
    assert recorded(todo)[1:] == ["relation.added"]
    assert recorded(other) == ["todo.created"]
    event = Event.objects.journal().about(todo.pk).order_by("-revision").first()
    assert event.data == {"relation": {"id": str(made.pk), "kind": "blocks", "other": str(other.pk)}}
    assert event.revision == made.revision
    assert_gapless(todo.project)


def test_being_blocked_is_the_others_blocking(todo, make_todo, tie):
    other = make_todo("Other")

    made = tie(todo, "blocked_by", other)

    assert (made.todo, made.other, made.kind) == (other, todo, "blocks")


def test_a_removed_tie_leaves_a_tombstone(owner, todo, make_todo, tie, now, recorded, assert_gapless):
    other = make_todo("Other")
    made = tie(todo, "relates", other)

    unrelate(actor=owner, todo_id=other.pk, relation_id=made.pk, now=now)

    grave = Tombstone.objects.get(kind="relation")
    todo.project.refresh_from_db()
    assert (grave.subject_id, grave.project, grave.revision) == (made.pk, todo.project, todo.project.revision)
    assert recorded(todo)[1:] == ["relation.added", "relation.removed"]
    assert not Relation.objects.exists()
    assert_gapless(todo.project)


@pytest.mark.parametrize(
    ("first", "second"),
    [("blocks", "blocks"), ("relates", "relates"), ("blocked_by", "blocked_by")],
)
def test_the_same_tie_twice_is_refused(todo, make_todo, tie, first, second):
    other = make_todo("Other")
    tie(todo, first, other)

    with pytest.raises(Conflict):
        tie(todo, second, other)


def test_a_tie_without_direction_is_the_same_from_the_other_end(todo, make_todo, tie):
    other = make_todo("Other")
    tie(todo, "relates", other)

    with pytest.raises(Conflict):
        tie(other, "relates", todo)
    tie(todo, "blocks", other)
    with pytest.raises(Conflict):
        tie(other, "blocked_by", todo)


def test_a_todo_is_not_tied_to_itself(todo, tie):
    for kind in relations.KINDS:
        with pytest.raises(Invalid):
            tie(todo, kind, todo)


def test_S32_todos_do_not_block_one_another_in_a_circle(make_todo, tie, work):
    chain = [make_todo(str(number)) for number in range(4)] + [make_todo("there", project=work.pk)]
    for one, other in pairwise(chain):
        tie(one, "blocks", other)

    for other in chain[:-1]:
        with pytest.raises(Invalid):
            tie(chain[-1], "blocks", other)
    with pytest.raises(Invalid):
        tie(chain[0], "blocked_by", chain[-1])
    tie(chain[-1], "relates", chain[0])
    tie(chain[0], "blocks", chain[2])


def test_S32_a_look_for_a_circle_ends(make_todo, tie, monkeypatch):
    monkeypatch.setattr(relations, "FARTHEST", 5)
    chain = [make_todo(str(number)) for number in range(8)]
    for one, other in list(pairwise(chain))[::-1][:6]:
        Relation.objects.create(
            todo=one, other=other, project=one.project, kind="blocks", revision=1, created_at=one.created_at
        )

    with pytest.raises(Invalid):
        tie(chain[0], "blocks", chain[1])


def test_a_todo_has_a_hundred_ties_at_most(todo, make_todo, tie, monkeypatch):
    monkeypatch.setattr(relations, "MOST", 2)
    for number in range(2):
        tie(todo, "relates", make_todo(str(number)))

    with pytest.raises(Conflict):
        tie(make_todo("one more"), "relates", todo)


def test_an_id_is_taken_once(todo, make_todo, tie, assert_gapless):
    chosen = uuid7()

    assert tie(todo, "relates", make_todo("1"), id=chosen).pk == chosen
    with pytest.raises(Conflict):
        tie(todo, "relates", make_todo("2"), id=chosen)

    assert_gapless(todo.project)


# Rights


def test_S07_a_viewer_ties_nothing_and_unties_nothing(viewer, todo, make_todo, tie, now):
    other = make_todo("Other")
    made = tie(todo, "relates", other)

    for kind in relations.KINDS:
        with pytest.raises(Forbidden):
            tie(todo, kind, make_todo("New"), by=viewer)
    for end in (todo, other):
        with pytest.raises(Forbidden):
            unrelate(actor=viewer, todo_id=end.pk, relation_id=made.pk, now=now)


def test_a_todo_is_tied_to_what_one_only_sees_and_blocked_by_what_one_may_change(
    owner, editor, work, todo, make_todo, tie, now
):
    there = make_todo("There", project=work.pk)
    Membership.objects.create(project=work, user=editor, role="viewer", granted="viewer")

    tie(todo, "relates", there, by=editor)
    tie(todo, "blocks", there, by=editor)
    with pytest.raises(Forbidden):
        tie(make_todo("Mine"), "blocked_by", there, by=editor)

    made = tie(there, "blocks", make_todo("Yours"))
    with pytest.raises(Forbidden):
        unrelate(actor=editor, todo_id=made.other_id, relation_id=made.pk, now=now)


def test_S02_what_one_does_not_see_cannot_be_tied(owner, editor, todo, hidden, tie, recorded):
    for kind in relations.KINDS:
        with pytest.raises(Invalid) as unseen:
            tie(todo, kind, hidden)
        with pytest.raises(Invalid) as missing:
            relate(actor=owner, todo_id=todo.pk, other_id=uuid7(), kind=kind, now=hidden.created_at)
        assert unseen.value.fields == missing.value.fields

    with pytest.raises(NotFound):
        tie(hidden, "relates", todo)
    assert recorded(hidden) == ["todo.created"]


def test_S03_a_tie_to_what_one_does_not_see_is_not_there(owner, editor, work, todo, make_todo, tie, now):
    there = make_todo("There", project=work.pk)
    made = tie(there, "blocks", todo)
    tie(todo, "relates", there)

    assert len(seen(owner, todo)) == 2
    assert seen(editor, todo) == []
    with pytest.raises(NotFound):
        unrelate(actor=editor, todo_id=todo.pk, relation_id=made.pk, now=now)
    with pytest.raises(NotFound):
        policies.visible_relation(actor=editor, todo_id=todo.pk, relation_id=made.pk)
    data = [event.data for event in Event.objects.journal().about(todo.pk)]
    assert "There" not in str(data)


def test_S03_a_circle_through_what_one_does_not_see_is_not_told(owner, editor, work, todo, make_todo, tie):
    there, third = make_todo("There", project=work.pk), make_todo("Third")
    tie(todo, "blocks", there)
    tie(there, "blocks", third)

    with pytest.raises(Invalid):
        tie(third, "blocks", todo)
    tie(third, "blocks", todo, by=editor)


def test_S01_a_tie_is_found_at_its_own_ends_alone(owner, todo, make_todo, tie, now):
    made, third = tie(todo, "relates", make_todo("Other")), make_todo("Third")

    with pytest.raises(NotFound):
        unrelate(actor=owner, todo_id=third.pk, relation_id=made.pk, now=now)


def test_a_stale_removal_is_refused(owner, todo, make_todo, tie, now):
    made = tie(todo, "relates", make_todo("Other"))

    with pytest.raises(Stale):
        unrelate(actor=owner, todo_id=todo.pk, relation_id=made.pk, now=now, if_match=frozenset(["0"]))

    unrelate(actor=owner, todo_id=todo.pk, relation_id=made.pk, now=now, if_match=frozenset([made.etag]))


def test_a_todo_in_the_trash_is_no_end_of_a_tie_until_it_is_back(owner, todo, make_todo, tie, now):
    other = make_todo("Other")
    tie(todo, "relates", other)
    delete_todo(actor=owner, todo_id=other.pk, now=now)

    assert seen(owner, todo) == []
    with pytest.raises(Invalid):
        tie(todo, "blocks", other)


def test_a_tie_moves_along_with_the_todo_that_it_goes_out_from(owner, todo, make_todo, work, tie, now, assert_gapless):
    made = tie(todo, "blocks", make_todo("Other"))

    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)

    made.refresh_from_db()
    work.refresh_from_db()
    assert (made.project, made.revision) == (work, work.revision)
    assert_gapless(work)
