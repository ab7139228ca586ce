"""Resources on a todo: its rendered description, and its comments."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from config.errors import Invalid
from config.preconditions import IF_MATCH, if_match, tagged
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import writable
from todos.models import Comment
from todos.services import comments, markdown

TRASHED = OpenApiParameter("trashed", bool, description="Those in the trash instead.")


class RenderedSerializer(serializers.Serializer[Any]):
    """A todo's Markdown as HTML that is safe on any page."""

    description_html = serializers.CharField()


class RenderedViewSet(Rows):
    """The description of a todo as HTML."""

    scope = "todos"
    serializer_class = RenderedSerializer

    def retrieve(self, request: Request, todo_id: UUID) -> Response:
        """Answer with CommonMark, tables, strikethrough, links and task lists as HTML; images become links."""
        todo = policies.visible_todo(actor=self.actor, todo_id=todo_id)
        return tagged(todo, {"description_html": markdown.render(todo.description)})


class OnTodo(mixins.ListModelMixin, Rows):
    """What resources under `todos/{todo_id}/` share: who does not see the todo finds nothing there."""

    scope = "todos"
    keyset = ("created_at", "id")
    queryset: Any = Comment.objects.none()

    @property
    def todo_id(self) -> UUID:
        found: UUID = self.kwargs["todo_id"]
        return found

    def seen(self, rows: Any) -> Any:
        """Keep those of the todo, or raise NotFound; with `?trashed=true` those in the trash."""
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        policies.visible_todo(actor=self.actor, todo_id=self.todo_id)
        trashed = self.request.query_params.get("trashed", "false")
        if trashed not in ("true", "false"):
            raise Invalid.field("trashed", "Say true or false.")
        rows = rows.of_todo(self.todo_id)
        return rows.trashed() if trashed == "true" else rows.live()

    def change(self, service: Any, request: Request, **values: Any) -> Any:
        """Call a service on one of them, under the condition that the request makes."""
        wanted = if_match(request)
        return service(actor=self.actor, todo_id=self.todo_id, now=timezone.now(), if_match=wanted, **values)


class CommentSerializer(serializers.Serializer[Any]):
    """What somebody says about a todo."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation; UUIDv7 is best.")
    url = serializers.URLField(read_only=True)
    todo = serializers.UUIDField(read_only=True)
    author = serializers.UUIDField(read_only=True, allow_null=True, help_text="Null when their account is gone.")
    author_name = serializers.CharField(read_only=True)
    text = serializers.CharField(
        max_length=comments.LONGEST,
        trim_whitespace=False,  # four spaces begin code
        help_text="Markdown. `@Ada` or `@[Ada Lovelace]` calls a member by name, and tells them.",
    )
    text_html = serializers.CharField(read_only=True, help_text="The text as HTML that is safe on any page.")
    mentions = serializers.ListField(child=serializers.UUIDField(), read_only=True, help_text="Members it calls.")
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, comment: Comment) -> dict[str, Any]:
        url = reverse("api-comment-detail", args=[comment.todo_id, comment.pk], request=self.context["request"])
        rendered: dict[UUID, str] = self.context.get("rendered", {})
        return {
            "id": comment.pk,
            "url": url,
            "todo": comment.todo_id,
            "author": comment.author_id,
            "author_name": comment.author.name if comment.author else "",
            "text": comment.text,
            "text_html": rendered[comment.pk] if comment.pk in rendered else markdown.render(comment.text),
            "mentions": sorted(UUID(str(id)) for id in comment.mentioned),
            "revision": comment.revision,
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "deleted_at": comment.deleted_at,
        }


class CommentUpdateSerializer(CommentSerializer):
    """What of a comment can be changed."""

    id = serializers.UUIDField(read_only=True)


COMMENT = OpenApiExample("A comment", {"text": "@Ada, the shop closes at **six**."}, request_only=True)


@extend_schema_view(list=extend_schema(parameters=[TRASHED]))
class CommentViewSet(OnTodo):
    """What people say about a todo, the oldest first."""

    serializer_class = CommentSerializer

    def get_queryset(self) -> Any:
        return self.seen(Comment.objects.with_mentions().select_related("author"))

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset) or []
        shown = markdown.render_all([row.text for row in rows])
        self.rendered = {row.pk: html for row, html in zip(rows, shown, strict=True)}
        return rows

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "rendered": getattr(self, "rendered", {})}

    def retrieve(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        rows = Comment.objects.with_mentions().select_related("author")
        return self.show(policies.part_of_todo(rows, actor=self.actor, todo_id=todo_id, id=pk))

    @extend_schema(responses={201: CommentSerializer}, examples=[COMMENT])
    def create(self, request: Request, todo_id: UUID) -> Response:
        values = writable(self.get_serializer(data=request.data))
        comment = comments.add_comment(actor=self.actor, todo_id=todo_id, now=timezone.now(), **values)
        return self.show(comment, status=201)

    @extend_schema(request=CommentUpdateSerializer(partial=True), responses=CommentSerializer, parameters=[IF_MATCH])
    def partial_update(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Put another text in a comment of your own."""
        values = writable(CommentUpdateSerializer(data=request.data, partial=True))
        return self.show(self.change(comments.edit_comment, request, comment_id=pk, text=values.get("text")))

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Move a comment to the trash: one of your own, or any in a project of yours."""
        self.change(comments.delete_comment, request, comment_id=pk)
        return Response(status=204)

    @extend_schema(request=None, responses=CommentSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Bring a comment back from the trash."""
        return self.show(self.change(comments.restore_comment, request, comment_id=pk))
