"""Keep the files that people bring along, and what became of each line of them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import config.ids
import todos.models.transfer


class Migration(migrations.Migration):
    dependencies = [
        ("todos", "0060_reminders_without_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.UUIDField(default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("format", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("file", models.FileField(max_length=200, upload_to=todos.models.transfer.import_key)),
                ("is_dry_run", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("taken", models.PositiveIntegerField(default=0)),
                ("existing", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("held_by", models.UUIDField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "project",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="todos.project"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imports", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("place", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=12)),
                ("title", models.CharField(max_length=200)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("taken", "Taken"),
                            ("changed", "Taken with changes"),
                            ("exists", "Was there"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("messages", models.JSONField(default=list)),
                ("subject_id", models.UUIDField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="todos.import",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("status__in", ["waiting", "running"])), fields=["created_at"], name="import_to_do"
            ),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)), fields=["finished_at"], name="import_finished"
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "running", "done", "failed", "cancelled"])),
                name="import_status_known",
            ),
        ),
        migrations.AddIndex(
            model_name="importline",
            index=models.Index(fields=["job", "outcome", "number"], name="import_line_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="importline",
            constraint=models.UniqueConstraint(fields=("job", "number"), name="import_line_once"),
        ),
    ]
