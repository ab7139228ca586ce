from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0004_verbs_in_timeline"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="batch",
            options={"verbose_name_plural": "batches"},
        ),
    ]
