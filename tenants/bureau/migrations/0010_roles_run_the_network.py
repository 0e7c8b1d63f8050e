"""People who were given a role in cities opened earlier get the rights that come with it now: interest grids and wellness."""

from django.db import migrations

GIVE = """
INSERT INTO bureau_grant (user_id, unit_id, permission, role_name)
SELECT DISTINCT g.user_id, g.unit_id, new.permission, g.role_name
FROM bureau_grant g JOIN (VALUES
    ('bureau_admin', 'leader.nominate'), ('bureau_admin', 'interest.view'), ('bureau_admin', 'interest.edit'),
    ('bureau_admin', 'interest.cross'), ('bureau_admin', 'member.edit'), ('bureau_admin', 'activity.edit'),
    ('bureau_admin', 'visit.view'), ('bureau_admin', 'demand.view'), ('bureau_admin', 'demand.edit'),
    ('bureau_admin', 'worklog.view'), ('bureau_admin', 'hotline.view'), ('bureau_admin', 'indicator.view'),
    ('bureau_admin', 'sports_body.edit'), ('bureau_admin', 'pilot.edit'), ('bureau_admin', 'wellness.invite'),
    ('bureau_admin', 'wellness.aggregate'), ('bureau_admin', 'wellness.standard'),
    ('district_officer', 'leader.nominate'), ('district_officer', 'interest.view'),
    ('district_officer', 'interest.edit'), ('district_officer', 'interest.cross'),
    ('district_officer', 'member.edit'), ('district_officer', 'activity.edit'),
    ('district_officer', 'visit.view'), ('district_officer', 'demand.view'),
    ('district_officer', 'demand.edit'), ('district_officer', 'worklog.view'),
    ('district_officer', 'hotline.view'), ('district_officer', 'indicator.view'),
    ('district_officer', 'sports_body.edit'), ('district_officer', 'wellness.invite'),
    ('district_officer', 'wellness.aggregate'), ('town_staff', 'leader.nominate'),
    ('town_staff', 'interest.view'), ('town_staff', 'interest.edit'), ('town_staff', 'member.edit'),
    ('town_staff', 'activity.edit'), ('town_staff', 'visit.view'), ('town_staff', 'demand.view'),
    ('town_staff', 'demand.edit'), ('town_staff', 'worklog.view'), ('town_staff', 'hotline.view'),
    ('town_staff', 'indicator.view'), ('town_staff', 'sports_body.edit'), ('town_staff', 'wellness.invite'),
    ('auditor', 'interest.view'), ('auditor', 'demand.view'), ('auditor', 'worklog.view'),
    ('auditor', 'hotline.view'), ('auditor', 'indicator.view'), ('auditor', 'wellness.aggregate')) AS new (role_name, permission) ON new.role_name = g.role_name
ON CONFLICT DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [("bureau", "0009_consents_to_exercise_and_sharing")]
    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
