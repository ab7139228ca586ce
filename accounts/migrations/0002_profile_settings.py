from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_verified_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("en-gb", "English, 24-hour clock"), ("en-us", "English (US), 12-hour clock")],
                default="en-gb",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="password_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="shortcuts",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="user",
            name="week_start",
            field=models.CharField(
                choices=[("MO", "Monday"), ("SA", "Saturday"), ("SU", "Sunday")], default="MO", max_length=2
            ),
        ),
    ]
