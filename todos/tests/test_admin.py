"""The Django admin's view of projects, todos and labels."""

import pytest
from django.contrib import admin
from django.urls import reverse

from todos.models import Label, Project, Todo
from todos.services.todos import complete_todo, delete_todo

MODELS = (Project, Todo, Label)
FILTERS = {
    Project: ("is_inbox__exact=1", "archived_at__isempty=1"),
    Todo: ("completed_at__isempty=0", "deleted_at__isempty=1", "priority__exact=1", "due_date__gte=2026-01-01"),
    Label: ("colour__exact=green",),
}


@pytest.fixture
def office(pages, superadmin):
    return pages(superadmin)


@pytest.fixture
def rows(make_todo, owner, editor, now):
    """A todo in each state, with labels, under one another."""
    parent = make_todo("Plan the garden", priority=1, labels=["home", "spring"], due_date=now.date())
    make_todo("Order seeds", parent=parent.pk)
    complete_todo(actor=owner, todo_id=make_todo("Measure the beds").pk, now=now)
    delete_todo(actor=owner, todo_id=make_todo("Buy a pond").pk, now=now)


def address(model, page, *args):
    return reverse(f"admin:todos_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_each_list_shows_its_rows(model, office, rows):
    answer = office.get(address(model, "changelist"))

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == model.objects.count() > 1


@pytest.mark.parametrize("model", MODELS)
def test_each_list_can_be_searched(model, office, rows):
    row = model.objects.first()

    for term in (str(row), str(row.pk)):
        answer = office.get(address(model, "changelist"), {"q": term})

        assert answer.status_code == 200
        assert row in answer.context["cl"].result_list


@pytest.mark.parametrize(("model", "query"), [(model, query) for model in MODELS for query in FILTERS[model]])
def test_each_filter_narrows_its_list(model, query, office, rows):
    answer = office.get(f"{address(model, 'changelist')}?{query}")

    assert answer.status_code == 200
    assert 0 < answer.context["cl"].result_count <= model.objects.count()


@pytest.mark.parametrize("model", MODELS)
def test_a_row_can_be_looked_at_and_nothing_else(model, office, rows):
    row = model.objects.first()
    before = model.objects.values().get(pk=row.pk)

    assert office.get(address(model, "change", row.pk)).status_code == 200
    assert office.post(address(model, "change", row.pk), {"title": "Mine", "name": "Mine"}).status_code == 403
    assert office.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert office.post(address(model, "add"), {"title": "Mine", "name": "Mine"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    office.post(address(model, "changelist"), selected)

    assert model.objects.values().get(pk=row.pk) == before


def test_a_project_shows_who_is_in_it(office, project, owner, editor, viewer):
    page = office.get(address(Project, "change", project.pk)).content.decode()

    assert all(person.name in page for person in (owner, editor, viewer))


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_as_many_queries_for_more_rows(
    model, office, rows, make_todo, register, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5) as few:
        office.get(address(model, "changelist"))
    for number in range(5):
        register(f"person{number}")
        make_todo(f"Todo {number}", labels=[f"label{number}"])

    with django_assert_max_num_queries(5) as many:
        office.get(address(model, "changelist"))

    assert len(many) == len(few)


@pytest.mark.parametrize("person", ["owner", "admin"])
def test_only_superadmins_come_in(person, request, rows, pages):
    client = pages(request.getfixturevalue(person))

    for model in MODELS:
        assert client.get(address(model, "changelist")).status_code == 302


def test_the_index_bears_our_name_and_shows_no_groups(office):
    page = office.get(reverse("admin:index")).content.decode()

    assert "Simple Todos" in page
    assert "Django administration" not in page
    assert not any(model.__name__ == "Group" for model in admin.site._registry)
