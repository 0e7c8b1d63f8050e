"""Asks the city of `./dev load --scale jiaozuo` in a process of its own, and prints what every request took as JSON lines.

Nothing stays: all of it happens in one transaction that is rolled back. Argument: the city's short name.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import django
from measuring import StatementCount, measured

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5


class Asker:
    """Speaks to the city's host as one person."""

    def __init__(self, city: Any, username: str) -> None:
        from django.utils import timezone
        from django_tenants.utils import schema_context
        from rest_framework.test import APIClient

        from tenants.accounts.models import User
        from tenants.accounts.services import issue_token

        self.client, self.host = APIClient(), f"{city.slug}.localhost"
        with schema_context(city.schema_name):
            user = User.objects.get(username=username)
            _, self.secret = issue_token(acting_user=user, name="bench", now=timezone.now())

    def get(self, path: str) -> Any:
        """The answer's body; anything but 200 raises."""
        answer = self.client.get(
            f"/api/v1/{path}", HTTP_HOST=self.host, HTTP_AUTHORIZATION=f"Bearer {self.secret}"
        )
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {body[:300]!r}")
        return json.loads(body) if "json" in answer.get("Content-Type", "") else body

    def timed(self, what: str, path: str) -> None:
        """Once to warm up, then the middle of some rounds by CPU time."""
        from django.db import connection

        self.get(path)
        rounds, counter = [], StatementCount()
        with connection.execute_wrapper(counter):
            for _ in range(ROUNDS):
                wall, cpu = time.perf_counter(), time.process_time()
                self.get(path)
                rounds.append((time.process_time() - cpu, time.perf_counter() - wall))
        cpu, wall = sorted(rounds)[ROUNDS // 2]
        row = {"what": what, "wall_s": round(wall, 3), "cpu_s": round(cpu, 3)}
        print(json.dumps(row | {"statements": counter.count // ROUNDS}), flush=True)


def ask_lists(asker: Asker) -> None:
    """What people open first."""
    from django.db import connection

    run = asker.get("assignment-runs?state=adopted")["results"][-1]["id"]
    pair = asker.get(f"assignment-runs/{run}/pairs?limit=1")["results"][0]
    empty = asker.get(f"assignment-runs/{run}/unserved?limit=1")["results"]
    person = pair["instructor"]["id"]
    asked = {
        "register, first page": "instructors",
        "register, by a part of a name": "instructors?name=29999",
        "register, by item and grade": "instructors?item=taiji&grade=grade1",
        "staffing by county": "staffing?level=county",
        "staffing by town": "staffing?level=town",
        "staffing by community": "staffing?level=village",
        "sites, first page": "sites",
        "bookings of one person's calendar": f"instructors/{person}/calendar",
        "run": f"assignment-runs/{run}",
        "pairs of the run, first page": f"assignment-runs/{run}/pairs",
        "places that stay empty, first page": f"assignment-runs/{run}/unserved",
        "why": f"assignment-runs/{run}/why?need={pair['need']['id']}&instructor={person}",
    }
    if empty:
        asked["why not"] = f"assignment-runs/{run}/why?need={empty[0]['need']['id']}&instructor={person}"
    for what, path in asked.items():
        asker.timed(what, path)
    for what, path in {
        "register as CSV": "instructors/export?format=csv",
        "register as XLSX": "instructors/export?format=xlsx",
        "sites as GeoJSON": "sites/export",
        "run as XLSX": f"assignment-runs/{run}/export?format=xlsx",
    }.items():
        measured(what, lambda path=path: asker.get(path))
    connection.set_schema_to_public()


def work(city: Any) -> None:
    """The register's file once more, the assignment computed anew from the one in force, a study of gaps."""
    from django_tenants.utils import schema_context

    from instructors.assignment.models import AssignmentRun
    from instructors.assignment.rules.run_orders import RunOrder
    from instructors.assignment.services.adopting import adopt_run
    from instructors.assignment.services.runs import run_assignment, start_assignment
    from instructors.assignment.services.studies import start_study, study_gaps
    from instructors.people.models import RegisterImport
    from instructors.people.services.imports import carry_out_register_import, request_register_import
    from tenants.accounts.models import User
    from tenants.bureau.queries.org_units import root_unit
    from tenants.bureau.services.jobs import run_job
    from wangge.shell.demo.scale import SCALES
    from wangge.shell.demo.scale_people import register_file

    scale = next(scale for scale in SCALES.values() if scale.slug == city.slug)
    with schema_context(city.schema_name):
        user = User.objects.get(username="dispatcher")
        brought = request_register_import(
            upload=register_file(scale.instructors), unit_id=root_unit().pk, dry_run=False, crs="cgcs2000",
            partial=False, acting_user=user,
        )  # fmt: skip

        def bring_in(job: Any, progress: Any) -> Any:
            return carry_out_register_import(brought.pk, progress)

        measured("the register's file once more", lambda: run_job(job_id=brought.job_id, body=bring_in))
        print(json.dumps(RegisterImport.objects.get(pk=brought.pk).counts), flush=True)
        run = start_assignment(order=RunOrder(), acting_user=user)
        measured("assignment gathered, solved, kept", lambda: run_job(job_id=run.job_id, body=run_assignment))
        figures = AssignmentRun.objects.get(pk=run.pk).figures
        names = ("asked_places", "covered_places", "gap", "is_proven", "kept_pairs", "possible_pairs")
        print(json.dumps({name: figures.get(name) for name in names}), flush=True)
        measured("adopted", lambda: adopt_run(run_id=run.pk, acting_user=user))
        study = start_study(places=scale.new_places, acting_user=User.objects.get(username="bureau"))
        measured("study of gaps", lambda: run_job(job_id=study.job_id, body=study_gaps))


def main(slug: str) -> None:
    """Measure; 3 as exit code where the city does not stand."""
    from django.db import connection, transaction

    from tenants.registry.models import City

    connection.set_schema_to_public()
    city = City.objects.filter(slug=slug).first()
    if city is None:
        raise SystemExit(3)
    with transaction.atomic():
        ask_lists(Asker(city, "dispatcher"))
        work(city)
        connection.set_schema_to_public()
        transaction.set_rollback(True)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    django.setup()
    logging.getLogger("wangge.access").setLevel(logging.WARNING)
    main(sys.argv[1])
