from django.db import migrations


class Migration(migrations.Migration):
    """A reminder is marked in the transaction that queues its mail: nobody claims it before."""

    dependencies = [("todos", "0032_trash_by_age")]

    operations = [migrations.RemoveField("reminder", "claimed_until")]
