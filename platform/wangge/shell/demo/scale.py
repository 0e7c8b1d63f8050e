"""Making a city of a real city's size to measure on: what it holds, and the steps that make it, one after another.

Everything but the code table, the names of its units and the census is invented or generated, and is labelled so.
A step takes the `Making` and leaves rows in the city's schema; a new feature adds its step at the end of `STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.core.files import File
from django_tenants.utils import schema_context

from gis.layers.rules.import_options import ImportOptions
from gis.layers.services.imports import carry_out_import, request_import
from tenants.accounts.models import User
from tenants.bureau.queries.org_units import root_unit, units_by_code
from tenants.bureau.services.cities import open_city
from tenants.bureau.services.jobs import JobBody
from tenants.bureau.services.org_units import load_division_codes
from tenants.bureau.services.population import record_populations
from tenants.registry.models import City
from wangge.shell.demo.build import CENSUS_DAY, CODES_FROM
from wangge.shell.demo.cities import JIAOZUO, census_residents, code_rows
from wangge.shell.demo.people import ADMIN, PASSWORD, make_people
from wangge.shell.demo.scale_frames import CENTRE, ScaleGround, layer_files
from wangge.shell.demo.scale_people import give_services, give_weeks, make_register
from wangge.shell.demo.scale_steps import Making, Scale
from wangge.shell.demo.scale_work import ask_for_instructors, assign_sites, study_where_sites_lack
from wangge.shell.demo.steps import Steps

LABEL = "生成数据：编码、名称与人口普查数为真实数据，图形、户数分布、人员与排课均为生成，仅供压力测试"
# 1,029,311: family households of Jiaozuo in the census of 1 November 2020 (data/codes/counties_2020.csv).
SCALES = {
    "jiaozuo": Scale(
        slug="jiaozuoscale", title="焦作市（规模测试）", ground=ScaleGround("4108", 1_029_311, 2_050),
        instructors=30_000, booked_weeks=4, new_places=50,
    ),
    "tiny": Scale(
        slug="tinyscale", title="民生街道（规模测试）", ground=ScaleGround("410802001", 3_000, 12),
        instructors=60, booked_weeks=1, new_places=2,
    ),
}  # fmt: skip


def make_scale_city(scale: Scale, *, hosts: list[str], folder: Path, steps: Steps) -> City:
    """Open the city and carry out every step; a city that is half made is to be dropped by the caller."""
    city = open_city(
        slug=scale.slug,
        name=scale.title,
        division_code=JIAOZUO.division_code,
        gauss_kruger_epsg=JIAOZUO.gauss_kruger_epsg,
        hosts=hosts,
        centre=CENTRE,
        data_label=LABEL,
        admin_username=ADMIN,
        admin_display_name="规模测试·市体育局管理员",
        admin_password=PASSWORD,
        acting_user=None,
    )
    with schema_context(city.schema_name):
        making = Making(scale, folder, {ADMIN: User.objects.get(username=ADMIN)}, steps)
        for step in STEPS:
            step(making)
    return city


def load_codes(making: Making) -> None:
    """The real code table below the ground's prefix and above it, the census, and the accounts of the first screens."""
    admin, prefix = making.people[ADMIN], making.scale.ground.code_prefix
    rows = [row for row in code_rows(JIAOZUO) if row.code.startswith(prefix) or _is_above(row.code, prefix)]
    with making.step("载入区划代码"):
        load_division_codes(rows=rows, valid_from=CODES_FROM, acting_user=admin)
    units = units_by_code(CODES_FROM) | {JIAOZUO.division_code: root_unit()}
    residents = {
        units[code].pk: people for code, people in census_residents(JIAOZUO).items() if code in units
    }
    record_populations(
        residents=residents, counted_on=CENSUS_DAY, source="第七次全国人口普查", acting_user=admin
    )
    counties = sorted(row.code for row in rows if len(row.code) == len(JIAOZUO.county_code))
    making.people |= make_people(county_codes=counties, admin=admin)
    making.steps.say(f"{len(rows)} 个区划代码，{len(residents)} 个单位的普查人口")


def _is_above(code: str, prefix: str) -> bool:
    return prefix.startswith(code)


def import_layers(making: Making) -> None:
    """Every generated layer through the import that a city's own file goes through."""
    gis = making.people["gis"]
    with making.step("生成图层（已有文件则直接使用）"):
        files = layer_files(making.scale.ground, making.folder)
    for kind, path in files:
        with path.open("rb") as opened, making.step(f"导入 {path.name}") as listen:
            brought = request_import(
                upload=File(opened, name=path.name),
                kind=kind,
                options=ImportOptions(crs="EPSG:4490", leave_out_outside=True, repair=True),
                dry_run=False,
                source_note="生成数据，seed 4108",
                data_label=LABEL,
                acting_user=gis,
            )
            making.run(brought.job, _import_body(brought.pk), listen)
        brought.refresh_from_db()
        making.steps.say(f"{kind}：{brought.counts}")


def _import_body(import_id: int) -> JobBody:
    return lambda job, progress: carry_out_import(import_id, progress)


STEPS: tuple[Callable[[Making], None], ...] = (
    load_codes,
    import_layers,
    make_register,
    give_weeks,
    give_services,
    ask_for_instructors,
    assign_sites,
    study_where_sites_lack,
)
