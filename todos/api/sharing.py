"""Who is in a project, and who is asked to be."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.links import digest_of
from config.preconditions import IF_MATCH, if_match, tagged
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import ProjectSerializer, writable
from todos.models import Membership, MembershipRole, Project, ShareInvitation
from todos.services import share_invitations, sharing

GIVEN = [(role.value, role.label) for role in (MembershipRole.EDITOR, MembershipRole.VIEWER)]
"""The roles that an owner gives. There is one owner: a project is handed over instead."""
MEMBER = OpenApiExample(
    "An editor of the project above",
    {
        "id": "0196a000-0000-7000-8000-000000000002",
        "name": "Mara",
        "email": "mara@example.org",
        "role": "editor",
        "granted": None,
        "inherited": "editor",
    },
    response_only=True,
)
INVITED = OpenApiExample("Invite somebody to look", {"email": "mara@example.org", "role": "viewer"}, request_only=True)


class MemberSerializer(serializers.Serializer[Membership]):
    """A person in a project. The `role` is the higher of what was granted here and what is inherited."""

    id = serializers.UUIDField(read_only=True, source="user_id", help_text="The person's.")
    name = serializers.CharField(read_only=True, source="user.name")
    email = serializers.EmailField(read_only=True, allow_null=True, help_text="For the owner's eyes; else null.")
    role = serializers.ChoiceField(MembershipRole.choices, read_only=True)
    granted = serializers.ChoiceField(
        MembershipRole.choices, read_only=True, allow_null=True, help_text="What was given in this very project."
    )
    inherited = serializers.ChoiceField(
        MembershipRole.choices, read_only=True, allow_null=True, help_text="What comes down from the project above."
    )

    def to_representation(self, member: Any) -> dict[str, Any]:
        return {
            "id": member.user_id,
            "name": member.user.name,
            "email": member.user.email if self.context.get("shows_addresses") else None,
            "role": member.role,
            "granted": member.granted or None,
            "inherited": member.inherited,
        }


class RoleSerializer(serializers.Serializer[Any]):
    """What a member is to be."""

    role = serializers.ChoiceField(GIVEN)


class OwnerSerializer(serializers.Serializer[Any]):
    """Who is to own a project."""

    owner = serializers.UUIDField(help_text="A member of the project.")


class MemberViewSet(mixins.ListModelMixin, Rows):
    """The people in a project."""

    scope = "projects"
    serializer_class = MemberSerializer
    keyset = ("id",)
    queryset = Membership.objects.none()
    lookup_url_kwarg = "user_id"
    shows_addresses = False

    def get_queryset(self) -> Any:
        return Membership.objects.in_projects([self.kwargs["project_id"]]).as_members()

    def list(self, request: Request, project_id: UUID) -> Response:
        self._look(project_id)
        return super().list(request)

    @extend_schema(examples=[MEMBER])
    def retrieve(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        self._look(project_id)
        return self.show(policies.member(project_id=project_id, user_id=user_id))

    @extend_schema(request=RoleSerializer, parameters=[IF_MATCH], examples=[MEMBER])
    def partial_update(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        """Give a member another role, in this project and all below it. For the owner."""
        self._look(project_id)
        values = writable(RoleSerializer(data=request.data))
        row = sharing.change_role(
            actor=self.actor,
            project_id=project_id,
            user_id=user_id,
            role=values["role"],
            now=timezone.now(),
            if_match=if_match(request),
        )
        return self.show(row)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        """Put a member out of this project and all below it, as its owner; or leave it, as oneself.

        Undoing lets them in again with the role and the todos that they had. Who leaves has no such way back.
        """
        self._look(project_id)
        sharing.remove_member(
            actor=self.actor,
            project_id=project_id,
            user_id=user_id,
            now=timezone.now(),
            if_match=if_match(request),
        )
        return Response(status=204)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "shows_addresses": self.shows_addresses}

    def _look(self, project_id: UUID) -> None:
        project = policies.visible_project(actor=self.actor, project_id=project_id)
        self.shows_addresses = policies.owns(project)


class OwnerView(Rows):
    """Who owns a project."""

    scope = "projects"
    serializer_class = ProjectSerializer
    queryset = Project.objects.none()
    lookup_url_kwarg = "project_id"

    @extend_schema(request=OwnerSerializer, responses=ProjectSerializer, parameters=[IF_MATCH])
    def update(self, request: Request, project_id: UUID) -> Response:
        """Hand the project and all below it over to a member. You stay in it as an editor.

        It is theirs to give back then: this cannot be undone.
        """
        values = writable(OwnerSerializer(data=request.data))
        sharing.hand_over(
            actor=self.actor,
            project_id=project_id,
            user_id=values["owner"],
            now=timezone.now(),
            if_match=if_match(request),
        )
        return self.show(policies.listed_project(actor=self.actor, project_id=project_id))

    def represent(self, project: Project) -> Any:
        """Return a project as the person sees it, with their role in it."""
        if not hasattr(project, "role"):
            project = policies.listed_project(actor=self.actor, project_id=project.pk)
        return super().represent(project)


class ProjectInvitationSerializer(serializers.Serializer[ShareInvitation]):
    """Somebody who was asked into a project and has not answered yet."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(GIVEN, default=MembershipRole.VIEWER)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


class ProjectInvitationViewSet(mixins.ListModelMixin, Rows):
    """Invitations into a project that wait for an answer. For its owner."""

    scope = "projects"
    serializer_class = ProjectInvitationSerializer
    keyset = ("-created_at", "-id")
    queryset = ShareInvitation.objects.none()

    def get_queryset(self) -> Any:
        return ShareInvitation.objects.of_project(self.kwargs["project_id"]).live(timezone.now())

    def list(self, request: Request, project_id: UUID) -> Response:
        policies.own_project(actor=self.actor, project_id=project_id)
        return super().list(request)

    @extend_schema(responses={201: ProjectInvitationSerializer}, examples=[INVITED])
    def create(self, request: Request, project_id: UUID) -> Response:
        """Mail somebody a link into the project, whether they have an account or not. Asking again replaces it.

        Undoing withdraws it: no mail is unsent, and its link leads nowhere. What replaced another stays.
        """
        values = writable(self.get_serializer(data=request.data))
        made = share_invitations.invite(actor=self.actor, project_id=project_id, now=timezone.now(), **values)
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        """Take an invitation back: its link ends, for good."""
        share_invitations.withdraw(actor=self.actor, project_id=project_id, invitation_id=pk, now=timezone.now())
        return Response(status=204)


class OfferSerializer(serializers.Serializer[ShareInvitation]):
    """A project that you are asked into."""

    id = serializers.UUIDField(read_only=True)
    project_title = serializers.CharField(read_only=True, source="project.title")
    invited_by = serializers.CharField(read_only=True, source="invited_by.name", help_text="The owner's name.")
    role = serializers.ChoiceField(GIVEN, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """What proves that an invitation is yours, where it went to another address than your account's."""

    token = serializers.CharField(max_length=100, required=False, write_only=True, help_text="From the mailed link.")


class ShareInvitationViewSet(mixins.ListModelMixin, Rows):
    """Invitations to your address, once it is confirmed."""

    scope = "projects"
    serializer_class = OfferSerializer
    keyset = ("-created_at", "-id")
    queryset = ShareInvitation.objects.none()

    def get_queryset(self) -> Any:
        return ShareInvitation.objects.live(timezone.now()).for_reader().to_person(self.actor.pk)

    @extend_schema(request=AnswerSerializer, responses={200: ProjectSerializer})
    @action(detail=True, methods=["post"])
    def acceptance(self, request: Request, pk: UUID) -> Response:
        """Join the project, and all below it."""
        values = writable(AnswerSerializer(data=request.data))
        digest = digest_of(values["token"]) if values.get("token") else ""
        joined = share_invitations.accept(actor=self.actor, invitation_id=pk, now=timezone.now(), digest=digest)
        found = policies.listed_project(actor=self.actor, project_id=joined.pk)
        return tagged(found, ProjectSerializer(found, context=self.get_serializer_context()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Turn the invitation down, for good: they may ask again."""
        share_invitations.decline(actor=self.actor, invitation_id=pk, now=timezone.now())
        return Response(status=204)
