"""Keep what files are still to be deleted from the storage."""

from django.db import migrations, models

from config.ids import uuid7


class Migration(migrations.Migration):
    dependencies = [("todos", "0030_own_revision_of_members")]

    operations = [
        migrations.CreateModel(
            "DiscardedFile",
            fields=[
                ("id", models.UUIDField(default=uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["created_at"], name="discarded_file_oldest")]},
        ),
    ]
