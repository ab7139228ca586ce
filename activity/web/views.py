from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from activity.querysets import NEWEST_FIRST
from activity.services import timeline
from activity.web.timeline import days
from config.http import PageRequest
from config.pagination import keyset_page


@require_safe
def activity(request: PageRequest) -> HttpResponse:
    """Show what happened, by day, newest first."""
    page = keyset_page(timeline(actor_id=request.user.pk), NEWEST_FIRST, cursor=request.GET.get("cursor", ""))
    context = {
        "current": "activity",
        "page": page,
        "days": days(page.rows, reader_id=request.user.pk),
    }
    return render(request, "activity/activity.html", context)
