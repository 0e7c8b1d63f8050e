"""Administrators of cities opened earlier are given the right to see and retry messages that were given up."""

from django.db import migrations

GIVE = """
INSERT INTO bureau_grant (user_id, unit_id, permission, role_name)
SELECT user_id, unit_id, 'outbox.manage', role_name FROM bureau_grant
WHERE permission = 'user.administer' AND role_name = 'bureau_admin'
ON CONFLICT DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [("bureau", "0005_contact_phone_and_read_messages")]
    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
