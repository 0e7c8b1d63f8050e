"""Sites of fitness-site layers that were imported before sites outlived them; later ones are settled by their import."""

from django.db import migrations

SETTLE = """
WITH placed AS (
    SELECT id, ref, name, site_kind, address, ST_PointOnSurface(geometry) AS spot,
           row_number() OVER (PARTITION BY ref ORDER BY id) AS nth
    FROM citylayers_fitnesssite WHERE retired_by_id IS NULL
), told AS (
    SELECT placed.*, community.unit_id, unit.parent_id,
           CASE WHEN site_kind || ' ' || placed.name ~ '晨练|晚练|晨晚练|健身站点' THEN 'exercise_node'
                WHEN site_kind || ' ' || placed.name ~ '讲堂|礼堂|文化中心' THEN 'lecture_hall' ELSE 'facility' END AS kind,
           CASE WHEN ref <> '' AND nth = 1 THEN ref ELSE '~' || left(encode(sha256(convert_to(concat_ws('|', ref, placed.name,
                round(ST_X(spot)::numeric, 7), round(ST_Y(spot)::numeric, 7)), 'UTF8')), 'hex'), 20) END AS key
    FROM placed
    LEFT JOIN LATERAL (
        SELECT unit_id FROM citylayers_community c
        WHERE c.valid_to IS NULL AND ST_Covers(c.frame, placed.spot) ORDER BY c.id LIMIT 1
    ) community ON true
    LEFT JOIN bureau_orgunit unit ON unit.id = community.unit_id
)
INSERT INTO assignment_site (ref, name, site_kind, geometry, address, unit_id, town_id, opening_hours, is_shared,
                             access_note, as_imported, version)
SELECT DISTINCT ON (key) key, name, kind, spot, address, coalesce(told.unit_id, root.id),
       coalesce(told.parent_id, told.unit_id, root.id), '[]'::jsonb, false, '',
       jsonb_build_object('name', name, 'site_kind', kind, 'address', address), 1
FROM told CROSS JOIN (SELECT id FROM bureau_orgunit WHERE parent_id IS NULL ORDER BY id LIMIT 1) root
ORDER BY key, told.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assignment", "0004_runs_keep_what_they_saw"),
        ("citylayers", "0004_imports_end_with_their_job"),
    ]
    operations = [migrations.RunSQL(SETTLE, migrations.RunSQL.noop)]
