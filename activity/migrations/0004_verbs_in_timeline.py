from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0003_milliseconds")]

    operations = [
        migrations.RemoveIndex(model_name="event", name="event_timeline"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["scope", "-created_at", "-id", "verb"], name="event_timeline"),
        ),
    ]
