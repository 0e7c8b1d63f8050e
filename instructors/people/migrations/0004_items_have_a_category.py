"""Every item has a category; those of the shipped catalogue get theirs by their codes."""

from django.db import migrations, models

from instructors.people.rules.activity_items import ActivityCategory, catalogue


def install(apps, schema_editor):
    ActivityItem = apps.get_model("people", "ActivityItem")
    for category in ActivityCategory:
        codes = [item.code for item in catalogue() if item.category == category]
        ActivityItem.objects.filter(code__in=codes).update(category=category.value)


class Migration(migrations.Migration):
    dependencies = [("people", "0003_catalogue_of_items")]
    operations = [
        migrations.AddField(
            model_name="activityitem",
            name="category",
            field=models.CharField(
                choices=[
                    ("dance_exercise", "dance_exercise"),
                    ("martial_arts", "martial_arts"),
                    ("ball_games", "ball_games"),
                    ("walking_running", "walking_running"),
                    ("other", "other"),
                ],
                default="other",
                max_length=16,
            ),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
