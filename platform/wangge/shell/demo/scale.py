"""Making a city of a real city's size to measure on: what it holds, and the steps that make it, one after another.

Everything but the code table, the names of its units and the census is invented or generated, and is labelled so.
A step takes the `Making` and leaves rows in the city's schema; a new feature adds its step at the end of `STEPS`, with
the table in which it leaves its last rows. A step that was broken off leaves nothing there: the next run begins with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection, transaction
from django.db.models import Model
from django_tenants.utils import get_public_schema_name, schema_context
from psycopg.sql import SQL, Identifier

from gis.layers.models import ImportStatus, LayerImport
from gis.layers.rules.import_options import ImportOptions
from gis.layers.services.imports import carry_out_import, request_import
from grids.interest.models import MemberPost, OccurrenceRating, Participation, WorkLog
from grids.units.models import CoverageRun, GridFitnessGroup, GridRelease
from instructors.assignment.models import GapStudy, Site, SiteNeed, StudyState
from instructors.assignment.services.adopting import DUTIES_JOB
from instructors.people.models import FreeTime, Instructor, ServiceRecord
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, JobState, Population
from tenants.bureau.queries.org_units import root_unit, units_by_code
from tenants.bureau.services.cities import open_city
from tenants.bureau.services.jobs import JobBody
from tenants.bureau.services.org_units import load_division_codes
from tenants.bureau.services.population import record_populations
from tenants.registry.models import City
from wangge.shell.demo.build import CENSUS_DAY, CODES_FROM
from wangge.shell.demo.cities import JIAOZUO, census_residents, code_rows
from wangge.shell.demo.people import ADMIN, PASSWORD, make_people
from wangge.shell.demo.scale_attendance import attend, hold_activities
from wangge.shell.demo.scale_frames import CENTRE, ScaleGround, layer_files
from wangge.shell.demo.scale_interest import gather_interest_grids, join_participants
from wangge.shell.demo.scale_network import draw_grids, lead_grids, measure_reach
from wangge.shell.demo.scale_people import give_services, give_weeks, make_register
from wangge.shell.demo.scale_steps import Making, Scale
from wangge.shell.demo.scale_work import ask_for_instructors, assign_sites, study_where_sites_lack
from wangge.shell.demo.steps import Steps

LABEL = "生成数据：编码、名称与人口普查数为真实数据，图形、户数分布、人员与排课均为生成，仅供压力测试"
# 1,029,311: family households of Jiaozuo in the census of 1 November 2020 (data/codes/counties_2020.csv).
SCALES = {
    "jiaozuo": Scale(
        slug="jiaozuoscale", title="焦作市（规模测试）", ground=ScaleGround("4108", 1_029_311, 2_050),
        instructors=30_000, booked_weeks=4, new_places=50, interest_grids=40_000, participants=200_000, attendances=1_000_000,
    ),
    "tiny": Scale(
        slug="tinyscale", title="民生街道（规模测试）", ground=ScaleGround("410802001", 3_000, 12),
        instructors=60, booked_weeks=1, new_places=2, interest_grids=40, participants=200, attendances=1_000,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A step and the table in which it leaves its last rows: where these are, the step is done.

    `having`: what those rows are like. `in_parts`: keeps what it has done when it is broken off and finds it again;
    else all of it is one transaction, which must not be long: others wait for it.
    """

    make: Callable[[Making], None]
    leaves: type[Model]
    in_parts: bool = False
    having: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether its last rows are there. To be asked in the city's schema."""
        return self.leaves._base_manager.filter(**self.having).exists()

    def carry_out(self, making: Making) -> None:
        """Do all of it, in the city's schema."""
        if self.in_parts:
            self.make(making)
        else:
            with transaction.atomic():
                self.make(making)


def _look_at_tables(schema_name: str) -> None:
    """Let the planner know how large the city's tables have become; a city itself may not send this."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(SQL("ANALYZE {}").format(Identifier(schema_name, table)))


def make_scale_city(scale: Scale, *, hosts: list[str], folder: Path, steps: Steps) -> City:
    """Open the city, or take up one that was left half made, and carry out every step that is missing."""
    city = City.objects.filter(slug=scale.slug).first() or _opened(scale, hosts)
    with schema_context(city.schema_name):
        making = Making(scale, folder, {user.username: user for user in User.objects.all()}, steps)
        for number, stage in enumerate(STAGES, 1):
            told = f"[{number}/{len(STAGES)}] {stage.make.__name__}"
            if stage.is_done:
                steps.say(f"{told}：已有，保留")
                continue
            began = time.perf_counter()
            stage.carry_out(making)
            _look_at_tables(city.schema_name)
            steps.say(f"{told}：{time.perf_counter() - began:.0f} s")
    return city


def missing_stages(city: City) -> list[str]:
    """The names of the steps that a run left undone."""
    with schema_context(city.schema_name):
        return [stage.make.__name__ for stage in STAGES if not stage.is_done]


def _opened(scale: Scale, hosts: list[str]) -> City:
    return open_city(
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
        if LayerImport.objects.filter(kind=kind, status=ImportStatus.APPLIED).exists():
            continue
        with path.open("rb") as opened, making.step(f"导入 {path.name}") as listen, transaction.atomic():
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


STAGES = (
    Stage(load_codes, Population),
    Stage(import_layers, Site, in_parts=True),
    Stage(make_register, Instructor),
    Stage(give_weeks, FreeTime),
    Stage(give_services, ServiceRecord),
    Stage(ask_for_instructors, SiteNeed),
    Stage(assign_sites, BackgroundJob, True, {"kind": DUTIES_JOB, "state": JobState.SUCCEEDED}),
    Stage(study_where_sites_lack, GapStudy, True, {"state": StudyState.READY}),
    Stage(draw_grids, GridRelease, in_parts=True),
    Stage(lead_grids, GridFitnessGroup),
    Stage(gather_interest_grids, MemberPost),
    Stage(join_participants, Participation),
    Stage(hold_activities, WorkLog),
    Stage(attend, OccurrenceRating),
    Stage(measure_reach, CoverageRun, in_parts=True),
)
