"""Public links: the owner makes and revokes them; anybody who has one reads what it opens."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.doors import OpenView
from config.proxies import address_of
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import LocalTimeField, MomentField, writable
from todos.models import PublicLink, Todo
from todos.services import public_links
from todos.services.public_links import PASS_LIFE, SharedTree

PASS = "X-Link-Access"
PASS_PARAMETER = OpenApiParameter(
    PASS,
    str,
    OpenApiParameter.HEADER,
    description="From `access/`, for a link that asks for a password; lasts 12 hours.",
)
TOKEN = "pl_7Yb0Q0bqv3kFqgHcYl0mJx4nQd1u3c8kq5tJw2rVfXs"
MADE = OpenApiExample(
    "The secret is shown this once",
    {
        "id": "0196a000-0000-7000-8000-000000000003",
        "prefix": TOKEN[:9],
        "has_password": True,
        "created_at": "2026-11-23T09:00:00Z",
        "expires_at": None,
        "token": TOKEN,
        "url": f"https://todos.example.org/shared/{TOKEN}/",
    },
    response_only=True,
)


class LinkSerializer(serializers.Serializer[PublicLink]):
    """A secret address at which anybody may read the project, and all below it."""

    id = serializers.UUIDField(read_only=True)
    prefix = serializers.CharField(read_only=True, help_text="How the secret begins, to tell links apart.")
    password = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        min_length=8,
        max_length=256,
        trim_whitespace=False,
        help_text="What readers have to know besides.",
    )
    has_password = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = MomentField(allow_null=True, required=False, help_text="Never, unless given.")


class NewLinkSerializer(LinkSerializer):
    """A link that was just made: its secret is never seen again."""

    token = serializers.CharField(read_only=True)
    url = serializers.URLField(read_only=True, help_text="The page for people.")


class LinkViewSet(mixins.ListModelMixin, Rows):
    """Public links to a project. For its owner."""

    scope = "projects"
    serializer_class = LinkSerializer
    keyset = ("-created_at", "-id")
    queryset = PublicLink.objects.none()

    def get_queryset(self) -> Any:
        return PublicLink.objects.of_project(self.kwargs["project_id"])

    def list(self, request: Request, project_id: UUID) -> Response:
        policies.own_project(actor=self.actor, project_id=project_id)
        return super().list(request)

    @extend_schema(responses={201: NewLinkSerializer}, examples=[MADE])
    def create(self, request: Request, project_id: UUID) -> Response:
        """Make a link. It reads the open todos of the project and of those below it, and nothing else."""
        values = writable(self.get_serializer(data=request.data))
        made = public_links.create_link(actor=self.actor, project_id=project_id, now=timezone.now(), **values)
        data = LinkSerializer(made.link).data
        page = reverse("shared", args=[made.token], request=request)
        return Response(data | {"token": made.token, "url": page}, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        """Revoke a link: it opens nothing from the next request on, and no undoing opens it again."""
        public_links.revoke_link(actor=self.actor, project_id=project_id, link_id=pk, now=timezone.now())
        return Response(status=204)


class SharedSectionSerializer(serializers.Serializer[Any]):
    """A part of a project under a heading of its own."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)


class SharedProjectSerializer(serializers.Serializer[Any]):
    """A project, or one below it."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    colour = serializers.CharField(read_only=True)
    parent = serializers.UUIDField(read_only=True, allow_null=True)  # type: ignore[assignment]  # a name of DRF too
    sections = SharedSectionSerializer(many=True, read_only=True)


class SharedTreeSerializer(serializers.Serializer[Any]):
    """What a public link opens: the project, and then those below it. Their open todos are at `todos/`."""

    title = serializers.CharField(read_only=True)
    projects = SharedProjectSerializer(many=True, read_only=True)


class SharedTodoSerializer(serializers.Serializer[Any]):
    """Something to do, as somebody outside may see it."""

    id = serializers.UUIDField(read_only=True)
    project = serializers.UUIDField(read_only=True, source="project_id")
    section = serializers.UUIDField(read_only=True, source="section_id", allow_null=True)
    parent = serializers.UUIDField(read_only=True, source="parent_id", allow_null=True)  # type: ignore[assignment]
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True, help_text="Markdown.")
    priority = serializers.IntegerField(read_only=True)
    start_date = serializers.DateField(read_only=True, allow_null=True)
    due_date = serializers.DateField(read_only=True, allow_null=True)
    due_time = LocalTimeField(read_only=True, allow_null=True)
    time_zone = serializers.CharField(read_only=True)
    deadline = serializers.DateField(read_only=True, allow_null=True)
    order = serializers.CharField(read_only=True)


class PasswordSerializer(serializers.Serializer[Any]):
    """What a link asks for."""

    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)


class AccessSerializer(serializers.Serializer[Any]):
    """What opens a link that asks for a password."""

    access = serializers.CharField(read_only=True, help_text=f"For the header `{PASS}`.")
    expires_in = serializers.IntegerField(read_only=True, help_text="Seconds.")


class PublicView(OpenView, GenericAPIView[Any]):
    """A door for whoever has the secret of a public link."""

    @cached_property
    def link(self) -> PublicLink:
        token = self.kwargs["token"]
        return public_links.find_link(token=token, ip=address_of(self.request), now=timezone.now())

    @cached_property
    def shared(self) -> SharedTree:
        public_links.require_pass(link=self.link, given=self.request.headers.get(PASS, ""))
        return SharedTree(self.link)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        close_to_others(response)
        return response


def close_to_others(response: Any) -> None:
    """Keep what a secret address shows, and the address, from caches, search engines and other sites."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"


class SharedView(PublicView):
    """What a public link opens."""

    serializer_class = SharedTreeSerializer
    pagination_class = None

    @extend_schema(parameters=[PASS_PARAMETER], auth=[])
    def get(self, request: Request, token: str) -> Response:
        """Return the projects of a link and their sections."""
        tree = self.shared
        shown = [
            {
                "id": project.pk,
                "title": project.title,
                "colour": project.colour,
                "parent": project.parent_id if project.pk != self.link.project_id else None,
                "sections": [row for row in tree.sections if row.project_id == project.pk],
            }
            for project in tree.projects
        ]
        return Response(self.get_serializer({"title": self.link.project.title, "projects": shown}).data)


class SharedTodosView(mixins.ListModelMixin, PublicView):
    """The open todos of what a public link opens."""

    serializer_class = SharedTodoSerializer
    keyset = ("order", "id")
    queryset = Todo.objects.none()

    def get_queryset(self) -> Any:
        return self.shared.todos

    @extend_schema(parameters=[PASS_PARAMETER], auth=[])
    def get(self, request: Request, token: str) -> Response:
        """Return the open todos of a link's projects, in their order."""
        return self.list(request)


class SharedAccessView(PublicView):
    """What a link's password opens."""

    serializer_class = PasswordSerializer

    @extend_schema(responses={200: AccessSerializer}, auth=[])
    def post(self, request: Request, token: str) -> Response:
        """Exchange a link's password for what opens it for 12 hours."""
        link = self.link
        values = writable(self.get_serializer(data=request.data))
        given = public_links.give_pass(link=link, password=values["password"], ip=address_of(request))
        return Response({"access": given, "expires_in": int(PASS_LIFE.total_seconds())})
