"""Asks the network of the city of `./dev load --scale jiaozuo` in a process of its own; prints JSON lines.

Nothing stays: all of it happens in one transaction that is rolled back. Argument: the city's short name.
"""

from __future__ import annotations

import csv
import io
import logging
import sys
from typing import Any

import django
from instructors_run import Asker
from measuring import measured

IMPORTED = 5_000
NO_CITY = 3
PAGES = {
    "leader": {
        "leader: members of the own grids, first page": "grid-members?mine=true",
        "leader: members by a part of a name": "grid-members?mine=true&name=1",
        "leader: interest grids": "interest-grids",
        "leader: tasks": "me/leader-tasks",
    },
    "bureau": {
        "members of the city, first page": "grid-members",
        "indicators of the city": "indicators?level=city",
        "indicators by county": "indicators?level=county",
        "indicators by town, 200 rows": "indicators?level=town&limit=200",
        "indicators by community, 200 rows": "indicators?level=community&limit=200",
        "indicators by base grid, 200 rows": "indicators?level=grid&limit=200",
        "indicators of the city half a year ago, a year counted": "indicators?level=city&as_of={then}&since={before}",
        "pilots beside the rest": "indicators/pilots",
    },
}


def ask(city: Any) -> None:
    """What leaders and the bureau open first, and the workbook of every community."""
    from datetime import timedelta

    from django.utils import timezone

    from tenants.bureau.rules.local_time import local_date

    today = local_date(timezone.now())
    days = {"then": today - timedelta(days=180), "before": today - timedelta(days=545)}
    for username, pages in PAGES.items():
        asker = Asker(city, username)
        for what, path in pages.items():
            asker.timed(what, path.format(**days))
    measured(
        "workbook of counties and every community",
        lambda: asker.get("indicators/export?level=county"),
    )


def bring_in(city: Any) -> None:
    """A file of new members through the import, each with a post in an interest grid of the city."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django_tenants.utils import schema_context

    from grids.interest.models import InterestGrid, MemberImport
    from grids.interest.services.member_imports import carry_out_member_import, request_member_import
    from tenants.accounts.models import User
    from tenants.bureau.services.jobs import run_job

    with schema_context(city.schema_name):
        grids = list(
            InterestGrid.objects.filter(state="active").order_by("id").values_list("code", flat=True)
        )
        sink = io.StringIO()
        writer = csv.writer(sink)
        writer.writerow(["姓名", "手机号", "兴趣网格", "来源", "证明"])
        for number in range(IMPORTED):
            code = grids[number % len(grids)]
            writer.writerow([f"测试{number:05d}", f"1300000{number:04d}", code, "体育骨干", "生成数据"])
        upload = SimpleUploadedFile("members.csv", sink.getvalue().encode("utf-8-sig"))

        def work() -> dict[str, int]:
            asked = request_member_import(
                upload=upload, dry_run=False, partial=False, acting_user=User.objects.get(username="bureau")
            )
            assert asked.job is not None
            done = run_job(
                job_id=asked.job.pk, body=lambda job, progress: carry_out_member_import(asked.pk, progress)
            )
            row = MemberImport.objects.get(pk=asked.pk)
            assert done.state == "succeeded", (done.problem, row.errors[:3])
            return dict(row.counts)

        print(measured(f"import of {IMPORTED} members", work), flush=True)


def main(slug: str) -> int:
    """Ask, work, and roll everything back."""
    django.setup()
    logging.disable(logging.WARNING)
    from django.conf import settings
    from django.db import connection, transaction

    from tenants.registry.models import City

    settings.ALLOWED_HOSTS = ["*"]
    for kind in settings.WANGGE_RATES:
        settings.WANGGE_RATES[kind] = None
    connection.set_schema_to_public()
    city = City.objects.filter(slug=slug).first()
    if city is None:
        return NO_CITY
    with transaction.atomic():
        ask(city)
        bring_in(city)
        connection.set_schema_to_public()
        transaction.set_rollback(True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
