"""A study keeps what it found in every community, so that a map of it can be drawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assignment", "0009_calendar_feeds")]

    operations = [
        migrations.AddField(
            model_name="gapstudy", name="communities", field=models.JSONField(default=list)
        ),
    ]
