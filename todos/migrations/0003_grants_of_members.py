"""Say of those who are in a project already that they were let into that very one."""

from django.db import migrations
from django.db.models import F


def keep_roles(apps, schema_editor):
    apps.get_model("todos", "Membership").objects.filter(granted="").update(granted=F("role"))


class Migration(migrations.Migration):
    dependencies = [("todos", "0002_the_whole_domain")]

    operations = [migrations.RunPython(keep_roles, migrations.RunPython.noop, elidable=True)]
