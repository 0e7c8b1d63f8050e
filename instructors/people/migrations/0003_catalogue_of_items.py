"""Every city has the shipped catalogue of activity items: new cities are stamped with it, earlier ones get it here."""

from django.db import migrations

from instructors.people.rules.activity_items import catalogue


def install(apps, schema_editor):
    ActivityItem = apps.get_model("people", "ActivityItem")
    names = set(ActivityItem.objects.values_list("name", flat=True))
    codes = set(ActivityItem.objects.values_list("code", flat=True))
    ActivityItem.objects.bulk_create(
        ActivityItem(code=item.code, name=item.name, other_names=list(item.other_names))
        for item in catalogue()
        if item.name not in names and item.code not in codes
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0002_who_entered")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
