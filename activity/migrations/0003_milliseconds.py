from django.db import migrations

from activity.routers import JOURNAL

CHUNK = 1000


def cut_to_milliseconds(apps, schema_editor):
    """Keep of each moment what MongoDB can: both stores must order alike."""
    if schema_editor.connection.alias != JOURNAL:
        return
    Event = apps.get_model("activity", "Event")
    changed = []
    for event in Event.objects.using(JOURNAL).only("created_at").iterator(CHUNK):
        moment = event.created_at
        event.created_at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        if event.created_at != moment:
            changed.append(event)
        if len(changed) == CHUNK:
            Event.objects.using(JOURNAL).bulk_update(changed, ["created_at"])
            changed = []
    Event.objects.using(JOURNAL).bulk_update(changed, ["created_at"])


class Migration(migrations.Migration):
    dependencies = [("activity", "0002_outbox")]

    operations = [migrations.RunPython(cut_to_milliseconds, migrations.RunPython.noop)]
