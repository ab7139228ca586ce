"""Todos as files: giving them out, and taking them in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import require_scope
from accounts.services.export import export_name
from config.downloads import attachment
from config.errors import Invalid
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import writable
from todos.api.uploads import TakesFile, require_one_file
from todos.models import Import, ImportLine, ImportStatus, LineOutcome
from todos.services.transfer import imports
from todos.services.transfer.exporting import export_todos
from todos.services.transfer.formats import FORMATS

ID = "0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77"
RUNNING = OpenApiExample(
    "An import that runs",
    {
        "id": ID,
        "url": f"https://todos.example.org/api/v1/imports/{ID}/",
        "lines_url": f"https://todos.example.org/api/v1/imports/{ID}/lines/",
        "format": "json",
        "name": "simple-todos-2026-03-02.json",
        "dry_run": False,
        "project": None,
        "status": "running",
        "total": 10_250,
        "done": 4_000,
        "taken": 3_990,
        "existing": 8,
        "refused": 2,
        "error": "",
        "created_at": "2026-03-02T08:30:00Z",
        "started_at": "2026-03-02T08:30:01Z",
        "finished_at": None,
    },
    response_only=True,
    status_codes=["200", "202"],
)
FILES = {one.media_type: OpenApiTypes.BINARY for one in FORMATS.values()} | {"application/json": OpenApiTypes.OBJECT}
LINE = OpenApiExample(
    "One that was taken in part",
    {
        "number": 17,
        "place": "todos[12]",
        "kind": "todo",
        "title": "Water the plants",
        "outcome": "changed",
        "messages": ["It was assigned to somebody else. Here it is assigned to nobody."],
        "subject": "0196a1d4-7c3f-7001-9a44-0c1d2e3f4a5b",
    },
    response_only=True,
)


class BothScopes(Rows):
    """What todos and projects both are in: an API token needs the scopes of both."""

    scope = "todos"

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        require_scope(request, "projects")


class ExportQuerySerializer(serializers.Serializer[Any]):
    """What to export, and how."""

    project = serializers.UUIDField(required=False, help_text="This one with all below it; everything, unless given.")

    def get_fields(self) -> Any:
        choice = serializers.ChoiceField(
            tuple(FORMATS),
            default="json",
            help_text="`json` and `zip` (with files) are ours, and hold all that there is.",
        )
        return super().get_fields() | {"as": choice}  # no name of Python's


class ExportViewSet(BothScopes):
    """Your todos as a file."""

    serializer_class = ExportQuerySerializer
    pagination_class = None
    filter_backends = ()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Send the file whatever the request accepts: `as` says which it is."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="export_retrieve",
        parameters=[ExportQuerySerializer],
        responses={(200, media_type): kind for media_type, kind in FILES.items()},
    )
    def retrieve(self, request: Request) -> StreamingHttpResponse:
        """Answer with what you see, as of one moment: our formats hold the trash too, others what is in use."""
        given, now = writable(self.get_serializer(data=request.query_params)), timezone.now()
        form = FORMATS[given["as"]]
        pieces = export_todos(actor=self.actor, form=form.name, project_id=given.get("project"), now=now)
        return attachment(pieces, name=export_name(now, form.ending), content_type=form.media_type)


class NewImportSerializer(serializers.Serializer[Any]):
    """A form with a file to take in."""

    file = serializers.FileField(max_length=None, help_text="Up to the size that this server takes.")
    format = serializers.ChoiceField(tuple(FORMATS), required=False, help_text="Told by its content, unless given.")
    project = serializers.UUIDField(required=False, help_text="Where what has no project goes; else into the inbox.")
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would come of it.")


class ImportSerializer(serializers.Serializer[Import]):
    """A file that you brought, and how far it was taken in."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api-import-detail")
    lines_url = serializers.SerializerMethodField(help_text="What became of each line.")
    format = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    dry_run = serializers.BooleanField(read_only=True, source="is_dry_run")
    project = serializers.UUIDField(read_only=True, source="project_id", allow_null=True)
    status = serializers.ChoiceField(ImportStatus.choices, read_only=True)
    total = serializers.IntegerField(read_only=True, allow_null=True, help_text="Things in it; null until it is read.")
    done = serializers.IntegerField(read_only=True, help_text="Of these, dealt with.")
    taken = serializers.IntegerField(read_only=True, help_text="Of these, taken in, be it in part.")
    existing = serializers.IntegerField(read_only=True, help_text="Of these, here already and left alone.")
    refused = serializers.IntegerField(read_only=True, help_text="Of these, not taken in.")
    error = serializers.CharField(read_only=True, help_text="Why it failed.")
    created_at = serializers.DateTimeField(read_only=True)
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_lines_url(self, job: Import) -> str:
        return str(reverse("api-import-lines", args=[job.pk], request=self.context["request"]))


class ImportViewSet(mixins.ListModelMixin, TakesFile, BothScopes):
    """Files that you bring to be taken in, the newest first. They are forgotten after 30 days."""

    serializer_class = ImportSerializer
    keyset = ("-created_at", "-id")
    queryset = Import.objects.none()
    gives_receipts = False

    @property
    def largest(self) -> int:
        return settings.IMPORT_MAX

    def get_queryset(self) -> Any:
        return Import.objects.of(self.actor.pk)

    @extend_schema(examples=[RUNNING])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[RUNNING])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Tell how far it is."""
        return Response(self.represent(policies.own_import(actor=self.actor, import_id=pk)))

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer}, responses={202: ImportSerializer}, examples=[RUNNING]
    )
    def create(self, request: Request) -> Response:
        """Bring a file. The worker takes it in meanwhile: `Location` is where to look how far it is.

        Our own files keep their ids where these are free, so that one that is brought twice adds
        nothing. What an import makes is yours: it changes nothing that is there, and nobody's rights.
        """
        given = writable(NewImportSerializer(data=request.data))
        require_one_file(request)
        job = imports.start_import(
            actor=self.actor,
            upload=given["file"],
            form=given.get("format", ""),
            project_id=given.get("project"),
            is_dry_run=given["dry_run"],
            now=timezone.now(),
        )
        shown = self.represent(job)
        return Response(shown, status=202, headers={"Location": shown["url"]})

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Stop an import that waits or runs; what was taken stays. Forget one that is over."""
        imports.cancel_import(actor=self.actor, import_id=pk, now=timezone.now())
        return Response(status=204)


class ImportLineSerializer(serializers.Serializer[ImportLine]):
    """What became of one thing in the file."""

    number = serializers.IntegerField(read_only=True, help_text="Its place among all things of the file, from 1.")
    place = serializers.CharField(read_only=True, help_text="Where it stands there.")
    kind = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    outcome = serializers.ChoiceField(LineOutcome.choices, read_only=True)
    messages = serializers.ListField(child=serializers.CharField(), read_only=True)
    subject = serializers.UUIDField(
        read_only=True, source="subject_id", allow_null=True, help_text="What it is here; in a dry run, would be."
    )


class ImportLinesViewSet(mixins.ListModelMixin, BothScopes):
    """What became of the things in a file, in its order."""

    serializer_class = ImportLineSerializer
    keyset = ("number",)
    queryset = ImportLine.objects.none()

    def get_queryset(self) -> Any:
        job = policies.own_import(actor=self.actor, import_id=self.kwargs["pk"])
        rows = ImportLine.objects.of(job.pk)
        outcome = self.request.query_params.get("outcome")
        if outcome is None:
            return rows
        if outcome not in LineOutcome.values:
            raise Invalid.field("outcome", f"One of {', '.join(LineOutcome.values)}.")
        return rows.with_outcome(outcome)

    @extend_schema(
        parameters=[OpenApiParameter("outcome", str, enum=LineOutcome.values, description="Only what came to this.")],
        examples=[LINE],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
