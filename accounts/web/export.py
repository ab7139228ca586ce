"""One's own data, to take along."""

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.services.export import export_account, export_name
from config.downloads import attachment
from config.http import PageRequest


@require_GET
def export(request: PageRequest) -> StreamingHttpResponse:
    """Download everything that is one's own."""
    now = timezone.now()
    pieces = export_account(actor=request.user, now=now)
    return attachment(pieces, name=export_name(now), content_type="application/json")
