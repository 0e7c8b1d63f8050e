"""Duties booked before know what is taught by the need in their name; those the system gave back, by their reason."""

from django.db import migrations

ITEMS = """
UPDATE assignment_booking booking
SET item_id = need.item_id,
    teaching_role = CASE WHEN site.site_kind = 'lecture_hall' THEN 'lecturer' ELSE 'skill_coach' END
FROM assignment_siteneed need JOIN assignment_site site ON site.id = need.site_id
WHERE booking.kind = 'site_duty' AND booking.reference ~ '^need-[0-9]+-[0-9]+-'
  AND need.id::text = split_part(booking.reference, '-', 2)
"""
CALLED_OFF = """
UPDATE assignment_booking SET is_called_off = true
WHERE NOT is_active AND kind = 'site_duty' AND reference ~ '^need-[0-9]+-[0-9]+-' AND end_reason = '站点分配已变更'
"""


class Migration(migrations.Migration):
    dependencies = [("assignment", "0007_bookings_keep_what_is_taught")]
    operations = [
        migrations.RunSQL(ITEMS, migrations.RunSQL.noop),
        migrations.RunSQL(CALLED_OFF, migrations.RunSQL.noop),
    ]
