"""Two communities of two towns, people of every standing, and a person at each step of the way. All invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.bureau.rules.local_time import local_date

RING = "POLYGON((114.21 35.21, 114.22 35.21, 114.22 35.22, 114.21 35.22, 114.21 35.21))"
FULL = {"grip": "43.0", "sit_and_reach": "12.5", "one_leg_stand": "31"}  # 4 + 4 + 4 = 12: good
CENTRE = "91410800MA0000001A"


def today() -> date:
    return local_date(timezone.now())


@dataclass
class Town:
    """Units and communities by short names."""

    units: dict[str, Any]
    communities: dict[str, Any]


@pytest.fixture
def town(alpha: Any, make_user: Any) -> Town:
    """City → county → two towns with a community each."""
    from gis.layers.models import Community, LayerImport, LayerKind
    from tenants.bureau.models import OrgUnit

    acting = make_user(alpha, "importer", ["org.view"])
    units: dict[str, Any] = {}
    communities: dict[str, Any] = {}
    with schema_context(alpha.schema_name):
        units["city"] = OrgUnit.objects.get(parent=None)

        def unit(name: str, level: str, parent: str) -> None:
            above = units[parent]
            row = OrgUnit.objects.create(level=level, name=name, parent=above, valid_from=date(2020, 1, 1))
            row.path = f"{above.path}{row.pk}/"
            row.save(update_fields=["path"])
            units[name] = row

        unit("county", "county", "city")
        unit("north", "town", "county")
        unit("south", "town", "county")
        done = LayerImport.objects.create(
            kind=LayerKind.COMMUNITIES,
            status="applied",
            file_name="x.gpkg",
            sha256="0" * 64,
            imported_by=acting,
        )
        for name, above, code in (("shengli", "north", "410802001001"), ("xinhua", "south", "410802002001")):
            unit(name, "village", above)
            ring = GEOSGeometry(RING, srid=4490)
            communities[name] = Community.objects.create(
                unit=units[name], code=code, name=name, settlement="urban", geometry=ring, frame=ring,
                layer_import=done,
            )  # fmt: skip
    return Town(units, communities)


@dataclass
class People:
    """Who acts, by the templates of the product; all but the bureau for the northern town."""

    inviter: Any
    tester: Any
    prescriber: Any
    bureau: Any
    stranger: Any


def rights_of(role: str) -> list[str]:
    from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

    return sorted(ROLE_TEMPLATES[role].permissions)


@pytest.fixture
def people(alpha: Any, town: Town, make_user: Any) -> People:
    north = town.units["north"]
    return People(
        inviter=make_user(alpha, "inviter", ["wellness.invite"], unit=north),
        tester=make_user(alpha, "tester", rights_of("fitness_tester"), unit=north),
        prescriber=make_user(alpha, "prescriber", rights_of("exercise_prescriber"), unit=north),
        bureau=make_user(alpha, "bureau", rights_of("bureau_admin")),
        stranger=make_user(alpha, "stranger"),
    )


@pytest.fixture
def inside(alpha: Any) -> Iterator[None]:
    """Stand in alpha."""
    with schema_context(alpha.schema_name):
        yield


@pytest.fixture
def example(alpha: Any, people: People) -> Any:
    """The example standard and questionnaire: (standard, form)."""
    from grids.wellness.services.standards import load_examples

    with schema_context(alpha.schema_name):
        return load_examples(acting_user=people.bureau)


@pytest.fixture
def client(alpha: Any, api: Any, people: People) -> Callable[[str], Any]:
    """`client("tester")` speaks as that person."""
    return lambda name: api(alpha, getattr(people, name))


PERSON = {"name": "赵演示001", "sex": "male", "birth_year": 1980, "birth_month": 5, "phone": "13900000001"}


@pytest.fixture
def invite(town: Town, client: Any) -> Callable[..., Any]:
    """`invite()` invites the invented man of 1980 to an exercise case; changes by keyword. The answer."""

    def make(who: str = "inviter", community: str = "shengli", **changes: Any) -> Any:
        body = {"community_id": town.communities[community].pk, "kind": "exercise_case", **PERSON, **changes}
        return client(who).post("wellness/invitations", body)

    return make


@dataclass
class Way:
    """Takes one person along the way by API calls, each of which must succeed."""

    client: Callable[[str], Any]
    standard: int
    form: int
    citizen: int
    case: int

    def post(self, who: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client(who).post(f"wellness/{path}", body)
        assert answer.status_code == status, answer.content.decode()
        return answer.json() if answer.content else None

    def consent(self, *purposes: str) -> None:
        for purpose in purposes:
            body = {"purpose": purpose, "text_version": "2026-1"}
            self.post("tester", f"citizens/{self.citizen}/consents", body, 201)

    def withdraw(self, purpose: str) -> None:
        self.post("tester", f"citizens/{self.citizen}/consents/withdraw", {"purpose": purpose})

    def entry(self, tested_on: date | None = None, **values: str) -> dict[str, Any]:
        rows = [{"indicator": code, "value": value} for code, value in (values or FULL).items()]
        return {
            "standard_id": self.standard, "tested_on": (tested_on or today()).isoformat(), "values": rows,
        }  # fmt: skip

    def test(self, tested_on: date | None = None, **values: str) -> Any:
        return self.post("tester", f"citizens/{self.citizen}/tests", self.entry(tested_on, **values), 201)

    def answers(self, **changed: bool) -> dict[str, Any]:
        plain = {
            "told_by_doctor": False,
            "chest_discomfort": False,
            "lost_balance": False,
            "feels_ready": True,
        }
        return {"form_id": self.form, "answers": {**plain, **changed}}

    def screen(self, **changed: bool) -> Any:
        return self.post("tester", f"cases/{self.case}/screening", self.answers(**changed))

    def clear(self) -> Any:
        return self.post("prescriber", f"cases/{self.case}/clear", {"basis": "questionnaire"})

    def order(self, **changes: Any) -> dict[str, Any]:
        return {
            "frequency_per_week": 3, "exertion_low": 11, "exertion_high": 13, "minutes": 30,
            "types": ["walking", "tai_chi"], "volume_minutes_per_week": 90, "step_weeks": 2, "step_minutes": 5,
            "weeks": 12, "starts_on": today().isoformat(), **changes,
        }  # fmt: skip

    def prescribe(self, **changes: Any) -> Any:
        return self.post("prescriber", f"cases/{self.case}/prescriptions", self.order(**changes), 201)

    def train(self, **changes: Any) -> Any:
        body = {"held_on": today().isoformat(), "attended": True, "exertion": 12, **changes}
        return self.post("tester", f"cases/{self.case}/sessions", body, 201)

    def to_prescribed(self) -> None:
        self.consent("fitness_test", "exercise_case")
        self.test()
        self.screen()
        self.clear()
        self.prescribe()

    def let_weeks_pass(self, weeks: int) -> None:
        """Move everything of the person back in time, as if so many weeks had gone by."""
        from django.db.models import F

        from grids.wellness.models import ExerciseCase, ExercisePrescription, ExerciseSession, FitnessTest

        back = timedelta(weeks=weeks)
        for model, fields in (
            (FitnessTest, ["tested_on"]),
            (ExercisePrescription, ["starts_on", "ends_on"]),
            (ExerciseSession, ["held_on"]),
            (ExerciseCase, ["screened_on", "programme_from"]),
        ):
            model.objects.update(**{field: F(field) - back for field in fields})


@pytest.fixture
def way(alpha: Any, invite: Any, example: Any, client: Any) -> Way:
    """An invited person."""
    from grids.wellness.models import ExerciseCase

    answer = invite()
    assert answer.status_code == 201, answer.content.decode()
    with schema_context(alpha.schema_name):
        case = ExerciseCase.objects.get()
    return Way(client, example[0].pk, example[1].pk, case.citizen_id, case.pk)


@pytest.fixture
def in_city(alpha: Any) -> Callable[..., Any]:
    """`in_city(call)` runs the call in alpha's schema."""

    def run(call: Callable[[], Any]) -> Any:
        with schema_context(alpha.schema_name):
            return call()

    return run
