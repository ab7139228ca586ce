"""Everybody's accounts, for admins."""

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import role_required
from accounts.api.doors import validated
from accounts.filters import PersonFilter
from accounts.idempotency import Repeatable
from accounts.models import Role, User
from accounts.policies import RoleHolder, listed_person
from accounts.services import people
from config.preconditions import IF_MATCH, if_match, tagged


class PersonSerializer(serializers.Serializer[User]):
    """A person, as admins see them."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api-user-detail")
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField(read_only=True)
    email_verified_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_seen_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class PersonUpdateSerializer(PersonSerializer):
    """What admins change of a person. A new role, or switching off, signs them out everywhere."""

    is_active = serializers.BooleanField()


@role_required("admin")
class PeopleViewSet(Repeatable, mixins.ListModelMixin, viewsets.GenericViewSet[User]):
    """Everybody's accounts, for admins. Superadmins are changed by superadmins alone."""

    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    lookup_value_converter = "uuid"
    keyset = ("email",)
    queryset = User.objects.none()

    def get_queryset(self) -> Any:
        return User.objects.with_last_seen()

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._show(pk)

    @extend_schema(responses={201: PersonSerializer})
    def create(self, request: Request) -> Response:
        """Create an account; its person gets a link to choose a password."""
        values = validated(self.get_serializer(data=request.data))
        person = people.create_person(actor=self.actor, now=timezone.now(), **values)
        return self._show(person.pk, status=201)

    @extend_schema(request=PersonUpdateSerializer(partial=True), responses=PersonSerializer, parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        changes = validated(PersonUpdateSerializer(data=request.data, partial=True))
        people.edit_person(
            actor=self.actor, person_id=pk, changes=changes, now=timezone.now(), if_match=if_match(request)
        )
        return self._show(pk)

    @extend_schema(request=None, responses={204: None}, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"], url_path="sign-in-reset")
    def sign_in_reset(self, request: Request, pk: UUID) -> Response:
        """End every way in that the person has, and mail them a link to choose a new password."""
        people.reset_sign_in(actor=self.actor, person_id=pk, now=timezone.now(), if_match=if_match(request))
        return Response(status=204)

    @property
    def actor(self) -> RoleHolder:
        """Who is asking: nobody comes here without signing in."""
        return cast(RoleHolder, self.request.user)

    def represent(self, person: User) -> Any:
        """Return a person as they are, to whoever thought them otherwise."""
        return self.get_serializer(listed_person(actor=self.actor, person_id=person.pk)).data

    def _show(self, pk: UUID, *, status: int = 200) -> Response:
        person = listed_person(actor=self.actor, person_id=pk)
        serializer: Any = self.get_serializer(person)
        return tagged(person, serializer.data, status=status)
