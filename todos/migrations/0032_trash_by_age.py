"""Find what is in the trash by when it went there, for the worker that empties it."""

from django.db import migrations, models
from django.db.models import Q


def index(model):
    rows = models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name=f"{model}_in_trash")
    return migrations.AddIndex(model, rows)


class Migration(migrations.Migration):
    dependencies = [("todos", "0031_discarded_files")]

    operations = [index(model) for model in ("project", "section", "comment", "attachment")]
