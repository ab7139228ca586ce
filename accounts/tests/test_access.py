import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts.access import role_required
from accounts.authentication import Principal
from config.errors import Forbidden

ROLES = ("user", "admin", "superadmin")
OPENS = {"user": {"user", "admin", "superadmin"}, "admin": {"admin", "superadmin"}, "superadmin": {"superadmin"}}
pytestmark = pytest.mark.django_db


def page(least):
    @role_required(least)
    def page(request, number=1):
        return HttpResponse(f"in {number}")

    return page


def view(least):
    @role_required(least)
    class View(APIView):
        def get(self, request):
            return Response("in")

    return View.as_view()


def viewset(least):
    @role_required(least)
    class Rows(ViewSet):
        def list(self, request):
            return Response("in")

    return Rows.as_view({"get": "list"})


def method(least):
    class Rows(ViewSet):
        def list(self, request):
            return Response("open to all who are signed in")

        @role_required(least)
        def destroy(self, request):
            return Response("in")

    return Rows.as_view({"get": "destroy", "post": "list"})


def extra_action(least):
    class Rows(ViewSet):
        @role_required(least)
        @action(detail=False, methods=["get"])
        def report(self, request):
            return Response("in")

    return Rows.as_view({"get": "report"})


@pytest.fixture
def people(owner, admin, superadmin):
    return {"user": owner, "admin": admin, "superadmin": superadmin}


def ask(door, user):
    request = APIRequestFactory().get("/door/?x=1")
    if user is not None:
        force_authenticate(request, user)
    return door(request)


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_to_a_role_and_those_above_it(people, rf, least, role):
    request = rf.get("/door/")
    request.user = people[role]

    if role in OPENS[least]:
        assert page(least)(request, number=2).content == b"in 2"
    else:
        with pytest.raises(Forbidden):
            page(least)(request)


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", [view, viewset, method, extra_action])
def test_a_door_of_the_api_opens_to_a_role_and_those_above_it(people, kind, least, role):
    response = ask(kind(least), people[role])

    assert response.status_code == (200 if role in OPENS[least] else 403)


def test_nobody_is_led_from_a_page_to_the_sign_in_and_back(rf):
    request = rf.get("/door/?x=1")
    request.user = AnonymousUser()

    response = page("user")(request)

    assert (response.status_code, response["Location"]) == (302, "/login/?next=/door/%3Fx%3D1")


@pytest.mark.parametrize("kind", [view, viewset, method, extra_action])
def test_nobody_is_told_by_the_api_to_sign_in(kind):
    assert ask(kind("user"), None).status_code == 401


def test_a_guarded_method_leaves_its_neighbours_open(owner):
    request = APIRequestFactory().post("/door/")
    force_authenticate(request, owner)

    assert method("admin")(request).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("user", 403), ("admin", 200), ("root", 403), ("", 403)])
def test_a_token_opens_what_its_role_says(owner, role, status):
    principal = Principal(pk=owner.pk, role=role, device_id=owner.pk)

    assert ask(view("admin"), principal).status_code == status


def test_an_unknown_role_and_a_finished_view_are_mistakes_of_ours():
    with pytest.raises(ValueError, match="boss"):
        role_required("boss")
    with pytest.raises(TypeError):
        role_required("admin")(view("user"))
