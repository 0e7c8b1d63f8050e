"""Making one demo city: open it, load its code table, import its files, draw, review, publish, measure coverage."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import geopandas as gpd
from django.core.files import File
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import Community, LayerImport
from gis.layers.rules.import_options import ImportOptions
from gis.layers.services.imports import carry_out_import, request_import
from grids.units.models import Grid, GridPlan
from grids.units.queries.plans import plans_visible_to
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.plan_states import PlanAction
from grids.units.services.coverage import run_coverage, start_coverage
from grids.units.services.drawing import draw_plans, start_drawing
from grids.units.services.leaders import appoint_leader
from grids.units.services.officers import record_officer
from grids.units.services.plans import TransitionOrder, transition_plans
from tenants.accounts.models import User
from tenants.bureau.queries.org_units import root_unit, units_by_code
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.cities import open_city
from tenants.bureau.services.jobs import JobBody, run_job
from tenants.bureau.services.org_units import load_division_codes
from tenants.bureau.services.population import record_populations
from tenants.bureau.services.users import create_city_user
from tenants.registry.models import City
from wangge.shell.demo.cities import DemoCity, census_residents, code_rows, generated_rows, write_files
from wangge.shell.demo.clock import FOUNDED_DAYS_AGO, days_ago
from wangge.shell.demo.instructors import make_instructors
from wangge.shell.demo.people import ADMIN, PASSWORD, make_people
from wangge.shell.demo.steps import Steps, finish
from wangge.shell.demo.week import fall_asleep, found_network
from wangge.shell.demo.week_activities import hold_activities
from wangge.shell.demo.week_wellness import test_and_exercise
from wangge.shell.demo.week_work import found_organisations, work_a_week

CODES_FROM = date(2023, 1, 1)
CENSUS_DAY = date(2020, 11, 1)
# Some communities stay on the way, so that every list of the first screens has something in it.
KEPT_BACK = {PlanAction.SUBMIT: 1, PlanAction.REVIEW: 1, PlanAction.APPROVE: 1, PlanAction.PUBLISH: 1}
ENOUGH_TO_KEEP_BACK = 30
# Invented people: a surname each, so that masked names can be told apart.
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
VACANT_EVERY = 5


def build(demo: DemoCity, *, hosts: list[str], folder: Path, steps: Steps) -> City:
    """Make the city with everything in it; a city that is half made is to be dropped by the caller."""
    frames = demo.frames()
    city = open_city(
        slug=demo.slug,
        name=demo.name,
        division_code=demo.division_code,
        gauss_kruger_epsg=demo.gauss_kruger_epsg,
        hosts=hosts,
        centre=demo.centre,
        data_label=demo.data_label,
        admin_username=ADMIN,
        admin_display_name="演示·市体育局管理员",
        admin_password=PASSWORD,
        acting_user=None,
    )
    with schema_context(city.schema_name):
        admin = User.objects.get(username=ADMIN)
        _load_codes(demo, frames, admin, steps)
        counties = [demo.county_code, *sorted(set(frames["communities"]["county_code"]) - {demo.county_code})]
        people = make_people(county_codes=counties, admin=admin)
        _import_layers(demo, frames, folder, people["gis"], steps)
        _draw_and_publish(people, steps)
        with days_ago(FOUNDED_DAYS_AGO):
            _appoint_leaders(people, steps)
        _measure_coverage(people[ADMIN], steps)
        if demo.instructors:
            make_instructors(demo.instructors, people, steps)
            _work(demo, people, steps)
            # Again: regular activities count as places to walk to, and there are some now.
            _measure_coverage(people[ADMIN], steps)
    return city


def _measure_coverage(admin: User, steps: Steps) -> None:
    job = start_coverage(acting_user=admin)
    with steps.bar("计算十五分钟覆盖") as listen:
        finish(run_job(job_id=job.pk, body=run_coverage, listener=listen))


def _load_codes(demo: DemoCity, frames: Mapping[str, gpd.GeoDataFrame], admin: User, steps: Steps) -> None:
    rows = code_rows(demo)
    load_division_codes(rows=rows, valid_from=CODES_FROM, acting_user=admin)
    generated = generated_rows(frames["communities"], {row.code for row in rows})
    if generated:
        load_division_codes(rows=generated, valid_from=CODES_FROM, acting_user=admin, complete=False)
    units = units_by_code(CODES_FROM) | {demo.division_code: root_unit()}
    residents = {units[code].pk: people for code, people in census_residents(demo).items() if code in units}
    record_populations(
        residents=residents, counted_on=CENSUS_DAY, source="第七次全国人口普查", acting_user=admin
    )
    steps.say(f"载入 {len(rows)} 个区划代码" + (f"，生成社区 {len(generated)} 个" if generated else ""))


def _import_layers(
    demo: DemoCity, frames: Mapping[str, gpd.GeoDataFrame], folder: Path, gis: User, steps: Steps
) -> None:
    for kind, path in write_files(frames, folder / demo.slug):
        with path.open("rb") as opened, steps.bar(f"导入 {path.name}") as listen:
            brought = request_import(
                upload=File(opened, name=path.name),
                kind=kind,
                options=ImportOptions(crs="EPSG:4490", leave_out_outside=True, repair=demo.is_dirty),
                dry_run=False,
                source_note="演示数据，见 data/NOTICE.md",
                data_label=demo.data_label,
                acting_user=gis,
            )
            finish(run_job(job_id=_job_of(brought), body=_import_body(brought.pk), listener=listen))


def _job_of(brought: LayerImport) -> int:
    assert brought.job_id is not None
    return int(brought.job_id)


def _import_body(import_id: int) -> JobBody:
    return lambda job, progress: carry_out_import(import_id, progress)


def _draw_and_publish(people: Mapping[str, User], steps: Steps) -> None:
    job = start_drawing(community_ids=None, order=DrawingOrder(), acting_user=people["gis"])
    with steps.bar("划分网格") as listen:
        drawn = finish(run_job(job_id=job.pk, body=draw_plans, listener=listen))
    steps.say(f"{drawn['plans']} 个社区、{drawn['grids']} 个网格、{drawn['households']} 户")
    # Urban communities first: of these some are kept back, and the villages show what grids of villager groups are.
    mine = GridPlan.objects.filter(pk__in=drawn["plan_ids"])
    plans = list(mine.order_by("-community__settlement", "pk").values_list("pk", flat=True))
    officers = [user for name, user in people.items() if name.startswith("district")]
    way = (
        (PlanAction.VALIDATE, [people["gis"]]),
        (PlanAction.SUBMIT, [people["gis"]]),
        (PlanAction.REVIEW, officers),
        (PlanAction.APPROVE, officers),
        (PlanAction.PUBLISH, [people[ADMIN]]),
    )
    for action, persons in way:
        past = days_ago(FOUNDED_DAYS_AGO) if action is PlanAction.PUBLISH else nullcontext()
        plans = plans[KEPT_BACK.get(action, 0) :] if len(plans) > ENOUGH_TO_KEEP_BACK else plans
        with past:
            plans = [plan for person in persons for plan in _moved(action, plans, person, steps)]
    steps.say(f"已发布 {len(plans)} 个社区的网格")


def _moved(action: PlanAction, plans: list[int], person: User, steps: Steps) -> list[int]:
    """Move those of the plans that lie in the person's reach; the ids of those that moved."""
    reach = set(plans_visible_to(person).filter(pk__in=plans).values_list("pk", flat=True))
    order = TransitionOrder(action, accept_size_reasons=action is PlanAction.APPROVE)
    outcomes = transition_plans(
        plan_ids=[plan for plan in plans if plan in reach], order=order, acting_user=person
    )
    for outcome in outcomes:
        if not outcome.done:
            steps.say(f"方案 {outcome.plan_id} {action}: {(outcome.problem or {}).get('detail')}")
    return [outcome.plan_id for outcome in outcomes if outcome.done]


def _work(demo: DemoCity, people: Mapping[str, User], steps: Steps) -> None:
    """What leaders and members do in the weeks that the demo shows."""
    with steps.bar("网格长与网格员的日常"):
        made = found_network(people, steps)
        hold_activities(made, steps)
        fall_asleep()
        work_a_week(made, steps)
        found_organisations(people, demo.county_code, steps)
        test_and_exercise(made, steps)


def _appoint_leaders(people: Mapping[str, User], steps: Steps) -> None:
    """One official a community leads its grids, the account `leader` those of the first; every fifth has none."""
    today = local_date(timezone.now())
    communities = Community.objects.filter(grids__isnull=False).distinct().order_by("id")
    appointed = 0
    for number, community in enumerate(communities):
        if number % VACANT_EVERY == VACANT_EVERY - 1:
            continue
        official = people["leader"] if number == 0 else _official(number, people[ADMIN])
        record_officer(
            community_id=community.pk, user_id=official.pk, valid_from=today, acting_user=people[ADMIN]
        )
        for grid in Grid.objects.filter(community=community):
            appoint_leader(grid_id=grid.pk, user_id=official.pk, starts_on=today, acting_user=people[ADMIN])
            appointed += 1
    steps.say(f"任命网格长的网格 {appointed} 个，其余空缺")


def _official(number: int, admin: User) -> User:
    name = f"{SURNAMES[number % len(SURNAMES)]}演示{number:03d}"
    return create_city_user(
        username=f"leader{number:03d}", display_name=name, password=PASSWORD, acting_user=admin
    )
