"""Count on the person, and not on the project, what a member alone thinks of a project."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("todos", "0011_index_todos")]

    operations = [
        migrations.AddField("membership", "own_revision", models.PositiveBigIntegerField(default=0)),
    ]
