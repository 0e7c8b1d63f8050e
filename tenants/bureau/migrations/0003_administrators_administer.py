"""Administrators of cities opened before `user.administer` existed are given it."""

from django.db import migrations


def give(apps, schema_editor):
    grant = apps.get_model("bureau", "Grant")
    held = grant.objects.filter(permission="policy.edit", role_name="bureau_admin", unit__parent=None)
    grant.objects.bulk_create(
        [
            grant(user_id=user, unit_id=unit, permission="user.administer", role_name="bureau_admin")
            for user, unit in held.values_list("user_id", "unit_id")
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("bureau", "0002_policy_calendar_consent_outbox")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
