"""The pages of todos and projects, as a browser without JavaScript and htmx see them."""

import re

import pytest
from django.urls import reverse

from activity.models import Event
from todos.models import Membership, Project, Todo
from todos.services.projects import create_project
from todos.services.todos import complete_todo, update_todo
from todos.web import lists

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def page(pages, owner):
    return pages(owner)


def text(response) -> str:
    return response.content.decode()


def form_of(page, todo, **changes):
    """Return what the todo's form would post, with some fields filled in anew."""
    shown = page.get(reverse("todo", args=[todo.pk])).context["form"]
    fields = {name: shown[name].value() for name in shown.fields}
    return {name: "" if value is None else value for name, value in (fields | changes).items()}


def test_the_start_page_is_today(page):
    assert page.get("/")["Location"] == "/today/"


def test_saving_a_form_as_it_was_changes_nothing(page, owner, todo, now):
    update_todo(actor=owner, todo_id=todo.pk, values={"description": "One\nTwo", "labels": ["errand"]}, now=now)
    before = Todo.objects.get().revision

    response = page.post(reverse("todo", args=[todo.pk]), form_of(page, todo, description="One\r\nTwo"))

    assert response.status_code == 303
    assert Todo.objects.get().revision == before


def test_a_form_older_than_the_todo_overwrites_nothing_and_keeps_the_text(page, owner, todo, now):
    fields = form_of(page, todo, title="Mine")
    update_todo(actor=owner, todo_id=todo.pk, values={"title": "Theirs"}, now=now)

    refused = page.post(reverse("todo", args=[todo.pk]), fields)
    again = page.post(reverse("todo", args=[todo.pk]), fields | {"etag": refused.context["form"]["etag"].value()})

    assert refused.status_code == 412
    assert "it is now “Theirs”" in text(refused)
    assert refused.context["form"]["title"].value() == "Mine"
    assert again.status_code == 303
    assert Todo.objects.get().title == "Mine"


@pytest.mark.parametrize(
    "fields", [{"title": " "}, {"title": "x" * 501}, {"due_time": "10:00", "due_date": ""}, {"labels": "a@b"}]
)
def test_a_form_that_breaks_a_rule_says_so_and_saves_nothing(page, todo, fields):
    response = page.post(reverse("todo", args=[todo.pk]), form_of(page, todo, **fields))

    assert response.status_code == 422
    assert 'role="alert"' in text(response)
    assert Todo.objects.get().title == "Buy milk"


def test_undo_stands_on_the_next_page(page, todo):
    page.post(reverse("todo-completion", args=[todo.pk]))

    assert f'action="{reverse("todo-reopening", args=[todo.pk])}"' in text(page.get("/today/"))


def test_htmx_gets_the_row_the_counts_and_the_toast(page, todo):
    target = {"HTTP_HX_TARGET": f"todo-{todo.pk}"}

    body = text(page.post(reverse("todo-completion", args=[todo.pk]), **HTMX, **target))

    assert "<html" not in body
    assert f'id="todo-{todo.pk}"' in body
    assert 'id="navigation" hx-swap-oob="true"' in body
    assert "Completed “Buy milk”" in body


def test_htmx_adds_a_row_or_shows_the_form_again(page, project):
    target = {"HTTP_HX_TARGET": "list"}
    fields = {"project": project.pk}

    added = page.post(reverse("todos"), fields | {"title": "New"}, **HTMX, **target)
    refused = page.post(reverse("todos"), fields | {"title": ""}, **HTMX, **target)

    assert "New" in text(added)
    assert (refused.status_code, refused["HX-Retarget"]) == (422, "#quick-add")
    assert Todo.objects.get().project_id == project.pk


def test_a_stranger_with_htmx_is_led_to_the_sign_in_page(pages, todo):
    response = pages().post(reverse("todo-completion", args=[todo.pk]), **HTMX)

    assert (response.status_code, response["HX-Redirect"]) == (204, "/login/")
    assert Todo.objects.get().completed_at is None


def test_S23_titles_are_escaped_wherever_they_show(page, owner, make_todo, now):
    todo = make_todo("<script>alert(1)</script>", labels=["<i>"])
    create_project(actor=owner, title="<b>Bold</b>", now=now)
    page.post(reverse("todo-completion", args=[todo.pk]))

    for place in ("/today/", "/completed/", "/activity/", "/projects/", reverse("todo", args=[todo.pk])):
        body = text(page.get(place))
        assert "<script>alert" not in body
        assert "<b>Bold" not in body
        assert "@<i>" not in body


def test_forms_lead_back_to_this_site_only(page, todo):
    response = page.post(reverse("todo-deletion", args=[todo.pk]), {"next": "https://evil.example/"})

    assert response["Location"] == reverse("todo", args=[todo.pk])


def test_today_says_when_there_is_more_than_it_shows(page, make_todo, monkeypatch):
    monkeypatch.setattr(lists, "ROWS", 2)
    for number in range(3):
        make_todo(str(number), due_date="2026-01-01")

    assert "1 more are due" in text(page.get("/today/"))


@pytest.mark.parametrize(
    ("name", "cost"),
    [("today", 10), ("project", 10), ("completed", 10), ("trash", 10), ("activity", 15)],  # it has charts too
)
def test_a_page_costs_the_same_for_ten_rows_and_for_forty(
    page, owner, project, make_todo, now, django_assert_max_num_queries, name, cost
):
    place = reverse(name, args=[project.pk]) if name == "project" else reverse(name)

    def fill(count):
        for number in range(count):
            todo = make_todo(str(number), due_date="2026-01-01", labels=["errand"])
            if name == "completed":
                complete_todo(actor=owner, todo_id=todo.pk, now=now)
            if name == "trash":
                page.post(reverse("todo-deletion", args=[todo.pk]))

    fill(10)
    page.get(place)
    with django_assert_max_num_queries(cost) as few:
        page.get(place)
    fill(30)
    page.get(place)
    with django_assert_max_num_queries(cost) as many:
        page.get(place)

    assert len(few) == len(many)


def test_each_change_on_a_page_is_one_event(page, todo):
    before = Event.objects.journal().count()
    page.post(reverse("todo-completion", args=[todo.pk]))
    page.post(reverse("todo-reopening", args=[todo.pk]))
    page.post(reverse("todo-deletion", args=[todo.pk]))
    page.post(reverse("todo-restoration", args=[todo.pk]))

    assert Event.objects.journal().count() == before + 4


@pytest.mark.parametrize(("place", "named"), [("/today/", True), ("project", False)])
def test_a_row_names_its_project_except_on_the_projects_own_page(page, project, todo, place, named):
    place = reverse("project", args=[project.pk]) if place == "project" else place
    asked = {"HTTP_HX_CURRENT_URL": f"http://testserver{place}"}
    row, fields = f"todo-{todo.pk}", {"project": project.pk, "title": "New"}

    answers = [
        page.get(reverse("todo", args=[todo.pk]), HTTP_HX_TARGET=row, **HTMX, **asked),
        page.post(reverse("todo-completion", args=[todo.pk]), HTTP_HX_TARGET=row, **HTMX, **asked),
        page.post(reverse("todos"), fields, HTTP_HX_TARGET="list", **HTMX, **asked),
    ]

    meta = [text(answer).split('<ul class="meta">')[1].split("</ul>")[0] for answer in answers]
    assert [project.title in part for part in meta] == [named] * 3


# Projects in projects, and in the trash


def test_the_sidebar_and_the_list_show_projects_below_the_one_they_are_in(page, owner, project, now):
    other = create_project(actor=owner, title="Alone", now=now)
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    bottom = create_project(actor=owner, title="Roses", parent=below.pk, now=now)

    response = page.get("/projects/")

    expected = [(project, 0), (below, 1), (bottom, 2), (other, 0)]
    assert [(row, row.depth) for row in response.context["live"]] == expected
    assert text(response).count('data-depth="1"') == 2


def test_who_does_not_see_the_project_above_finds_one_at_the_top(pages, stranger, owner, project, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    Membership.objects.create(project=below, user=stranger, role="viewer", granted="viewer")

    response = pages(stranger).get("/projects/")

    assert [(row, row.depth) for row in response.context["live"]] == [(below, 0)]
    assert "Home" not in text(response)


def test_a_project_goes_to_the_trash_and_comes_back_by_its_pages(page, project, todo):
    todo_page, project_page = reverse("todo", args=[todo.pk]), reverse("project", args=[project.pk])

    deleted = page.post(reverse("project-deletion", args=[project.pk]), follow=True)
    gone = [page.get(url).status_code for url in (project_page, todo_page, f"{project_page}activity/")]
    trash = page.get("/trash/")
    restored = page.post(reverse("project-restoration", args=[project.pk]))

    assert "Moved “Home” to the trash" in text(deleted)
    assert gone == [404, 404, 404]
    assert list(trash.context["projects"]) == [project]
    assert restored["Location"] == project_page
    assert [page.get(url).status_code for url in (project_page, todo_page)] == [200, 200]


def test_the_trash_shows_a_project_and_not_those_that_went_along(page, owner, project, now):
    create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    page.post(reverse("project-deletion", args=[project.pk]))

    assert list(page.get("/trash/").context["projects"]) == [project]


# Notes


@pytest.mark.parametrize("reader", ["owner", "viewer"])
def test_S23_notes_are_shown_as_markdown_that_runs_nothing(pages, owner, viewer, todo, now, reader):
    notes = "**Oat** milk\n\n- [x] checked\n\n<script>alert(1)</script> ![x](https://evil.example/x.png)"
    update_todo(actor=owner, todo_id=todo.pk, values={"description": notes}, now=now)

    shown = text(pages({"owner": owner, "viewer": viewer}[reader]).get(reverse("todo", args=[todo.pk])))

    assert "<strong>Oat</strong> milk" in shown
    [box] = re.findall(r'<input[^>]*type="checkbox"[^>]*> checked', shown)
    assert 'disabled=""' in box
    assert "<script>alert" not in shown
    assert 'src="https://evil' not in shown


def test_a_todo_without_notes_shows_none(page, todo):
    assert 'class="prose"' not in text(page.get(reverse("todo", args=[todo.pk])))


def test_the_form_of_a_project_puts_it_into_another_and_out_again(page, owner, project, now):
    other = create_project(actor=owner, title="Other", now=now)
    edit = reverse("project-edit", args=[other.pk])
    fields = {"title": "Other", "colour": "green"}

    made = page.post("/projects/new/", {"title": "Garden", "colour": "lime", "parent": project.pk})
    offered = [label for _, label in page.get(edit).context["form"]["parent"].field.choices]
    page.post(edit, fields | {"parent": project.pk})
    page.post(edit, fields)
    inside = Project.objects.get(pk=other.pk).parent_id
    page.post(edit, fields | {"parent": ""})

    assert made.status_code == 302
    assert Project.objects.get(title="Garden").parent_id == project.pk
    assert sorted(offered) == ["Garden", "Home", "No other project"]
    assert (inside, Project.objects.get(pk=other.pk).parent_id) == (project.pk, None)


def test_an_editor_renames_a_project_and_leaves_it_where_it_is(pages, owner, editor, project, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    editing = pages(editor)
    url = reverse("project-edit", args=[below.pk])

    shown = editing.get(url).context["form"]
    saved = editing.post(url, {"title": "Park", "colour": "green"})

    assert "parent" not in shown.fields
    assert saved.status_code == 302
    below.refresh_from_db()
    assert (below.title, below.parent_id) == ("Park", project.pk)
