"""Whether the archive answers, for those who watch over the server."""

from activity import archive
from activity.models import Event


def ask_archive() -> None:
    """Read from the archive; raises for any fault of it, within a moment, whatever was remembered of it."""
    with archive.within(archive.KNOCK):
        Event.objects.archive().order_by("pk").values_list("pk").first()
