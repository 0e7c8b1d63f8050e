"""Administrators of cities opened earlier are given the rights over instructors, sites, bookings and assignments."""

from django.db import migrations

GIVE = """
INSERT INTO bureau_grant (user_id, unit_id, permission, role_name)
SELECT g.user_id, g.unit_id, new.permission, g.role_name
FROM bureau_grant g CROSS JOIN (VALUES
    ('instructor.view'), ('instructor.edit'), ('instructor.import'), ('instructor.verify'), ('site.view'),
    ('site.edit'), ('booking.view'), ('booking.edit'), ('assignment.view'), ('assignment.run'),
    ('assignment.adopt')) AS new (permission)
WHERE g.permission = 'user.administer' AND g.role_name = 'bureau_admin'
ON CONFLICT DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [("bureau", "0006_administrators_tend_the_outbox")]
    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
