"""The invented register of a city made for measuring: a file through the import, then weeks and services given."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from gis.layers.models import Building
from gis.layers.services.bulk import insert_rows
from instructors.people.models import ActivityItem, FreeTime, Instructor, RegisterImport, ServiceRecord
from instructors.people.rules.identity_number import check_character
from instructors.people.services.imports import carry_out_register_import, request_register_import
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.scale_frames import SEED
from wangge.shell.demo.scale_steps import Making

MORNING, DAY, EVENING = (360, 480), (540, 690), (1110, 1260)
TAUGHT = 20
HEADER = (
    "姓名", "身份证号", "手机号", "等级", "证书编号", "发证单位", "发证日期", "有效期至", "项目", "授课类型", "注册年度",
    "区划代码", "经度", "纬度", "居住社区", "每周场次上限",
)  # fmt: skip
# Assumed shares, not counted anywhere: grades fall off steeply, half the register leads one session a week or two.
GRADES = (("三级", 0.72), ("二级", 0.22), ("一级", 0.055), ("国家级", 0.005))
LIMITS = ((1, 0.3), (2, 0.28), (3, 0.22), (5, 0.15), (7, 0.05))
EXPIRED_SHARE, LECTURER_SHARE, SILENT_SHARE, SERVING_SHARE = 0.03, 0.15, 0.05, 0.4
BATCH = 5_000
T = TypeVar("T")


def make_register(making: Making) -> None:
    """As many people as the size says, as one file through the import of the register."""
    with making.step("生成名册文件"):
        upload = register_file(making.scale.instructors)
    with making.step(f"导入名册 {making.scale.instructors} 人") as listen:
        brought = request_register_import(
            upload=upload, unit_id=root_unit().pk, dry_run=False, crs="cgcs2000", partial=False,
            acting_user=making.people["dispatcher"],
        )  # fmt: skip
        import_id = brought.pk
        making.run(brought.job, lambda job, progress: carry_out_register_import(import_id, progress), listen)
    making.steps.say(f"名册：{RegisterImport.objects.get(pk=import_id).counts}（均为虚构）")


def register_file(count: int) -> SimpleUploadedFile:
    """The register as a CSV, the same every time for the same buildings; identity numbers of no region (990000)."""
    rng = np.random.default_rng(SEED)
    names = list(ActivityItem.objects.order_by("id").values_list("name", flat=True)[:TAUGHT])
    today = local_date(timezone.now())
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(HEADER)
    for number, home in enumerate(_homes(count, rng)):
        writer.writerow(_person(number, home, names, today, rng))
    return SimpleUploadedFile("名册.csv", sink.getvalue().encode("utf-8-sig"))


def _homes(count: int, rng: np.random.Generator) -> list[tuple[str, str, float, float]]:
    """(community's code and name, lon, lat): drawn by households, communities of different keenness."""
    lived = Building.objects.filter(retired_by=None, households__gt=0, community__isnull=False).order_by("id")
    rows = np.array(list(lived.values_list("id", "households", "community_id")), dtype=np.int64)
    known, community = np.unique(rows[:, 2], return_inverse=True)
    weight = rows[:, 1] * rng.lognormal(0, 0.8, len(known))[community]
    chosen = rows[rng.choice(len(rows), count, p=weight / weight.sum()), 0].tolist()
    found = {}
    for start in range(0, count, BATCH):
        some = Building.objects.filter(pk__in=set(chosen[start : start + BATCH]))
        for pk, shape, code, name in some.values_list("id", "geometry", "community__code", "community__name"):
            place = shape.point_on_surface
            found[pk] = (code, name[:60], round(place.x, 6), round(place.y, 6))
    return [found[pk] for pk in chosen]


def _person(
    number: int, home: tuple[str, str, float, float], names: list[str], today: date, rng: np.random.Generator
) -> list[object]:
    code, community, lon, lat = home
    born = date(1950, 1, 1) + timedelta(days=number // 999)
    first = f"990000{born:%Y%m%d}{number % 999 + 1:03d}"
    since = today - timedelta(days=int(rng.integers(200, 4000)))
    ends = today - timedelta(days=30) if rng.random() < EXPIRED_SHARE else None
    share = 1 / np.arange(1, len(names) + 1)
    taught = rng.choice(
        len(names), min(_one_of(((1, 0.5), (2, 0.35), (3, 0.15)), rng), len(names)), replace=False, p=share / share.sum()
    )  # fmt: skip
    years = [str(today.year - back) for back in range(3) if rng.random() < 0.7]
    return [
        f"测试{number:05d}", first + check_character(first), f"199{number:08d}", _one_of(GRADES, rng), f"CS-{number:06d}",
        "生成数据", since.isoformat(), ends.isoformat() if ends else "长期", "、".join(names[at] for at in sorted(taught)),
        "教练、讲师" if rng.random() < LECTURER_SHARE else "教练", "、".join(years), code, lon, lat, community,
        _one_of(LIMITS, rng),
    ]  # fmt: skip


def _one_of(shares: tuple[tuple[T, float], ...], rng: np.random.Generator) -> T:
    return shares[int(rng.choice(len(shares), p=[share for _, share in shares]))][0]


def give_weeks(making: Making) -> None:
    """Free times of a week: mornings and evenings much oftener than days; one in twenty has given none."""
    rng = np.random.default_rng(SEED + 1)
    ids = _people_of_the_file()
    keen = {MORNING: 0.45, DAY: 0.12, EVENING: 0.35}
    rows = [
        (person, weekday, *span)
        for person in ids
        if rng.random() >= SILENT_SHARE
        for span, often in keen.items()
        if rng.random() < 2 * often  # who is free mornings at all is so on half the days
        for weekday in range(1, 8)
        if rng.random() < 0.5
    ]
    people, weekdays, begins, ends = zip(*rows, strict=True)
    with making.step(f"登记 {len(rows)} 条每周可用时间"):
        insert_rows(
            FreeTime,
            {"instructor_id": people, "weekday": weekdays, "from_minute": begins, "to_minute": ends},
        )


def give_services(making: Making) -> None:
    """Two in five have served in the past year, most of it freely; nine in ten services are verified."""
    rng = np.random.default_rng(SEED + 2)
    today = local_date(timezone.now())
    checker = making.people["dispatcher"].pk
    item = ActivityItem.objects.order_by("id").values_list("id", flat=True)[0]
    rows = []
    for person in _people_of_the_file():
        if rng.random() >= SERVING_SHARE:
            continue
        for at in range(int(rng.integers(1, 13))):
            day = today - timedelta(days=int(rng.integers(1, 365)))
            is_verified = rng.random() < 0.9
            rows.append(
                (
                    person, day, 60, "paid" if rng.random() < 0.2 else "volunteer", item, "生成站点", f"hand:scale-{at}",
                    checker if is_verified else None, day if is_verified else None,
                )
            )  # fmt: skip
    names = (
        "instructor_id", "served_on", "minutes", "service_kind", "item_id", "place", "source", "verified_by_id", "verified_on",
    )  # fmt: skip
    with making.step(f"登记 {len(rows)} 条服务记录"):
        insert_rows(ServiceRecord, dict(zip(names, zip(*rows, strict=True), strict=True)))


def _people_of_the_file() -> list[int]:
    """In the order of the file, so that the same draw falls on the same people."""
    return list(Instructor.objects.order_by("source_row", "id").values_list("id", flat=True))
