"""J10: while a county tries a feature others do without it; where no county does, nobody misses anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from grids.interest.services.interest_grids import propose_interest_grid
from grids.interest.services.posts import PostOrder, move_post, nominate_post
from grids.interest.services.sources import SourceOrder
from grids.units.models import Pilot
from grids.units.rules.pilots import PilotFeature
from grids.units.services.fitness_groups import found_fitness_group
from grids.wellness.models import Invitation
from grids.wellness.services.inviting import Person, invite_citizen
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.days import today
from tests.grids.interest.conftest import order_of
from tests.grids.interest.test_member_files import as_csv, line
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)
Act = Callable[[Any], object]


def _propose(made: Any) -> object:
    return propose_interest_grid(order=order_of(made, name="夕阳红舞队"), acting_user=made.people["leader"])


def _nominate(made: Any) -> object:
    order = PostOrder(made.dance.pk, SourceOrder(source="backbone", proof="带队三年（演示）"))
    return nominate_post(member_id=made.ball_member.pk, order=order, acting_user=made.people["county"])


def _move(made: Any) -> object:
    return move_post(
        post_id=made.ball_post.pk, interest_grid_id=made.dance.pk, reason="调整", acting_user=made.people["county"],
        starts_on=today() + ONE_DAY,
    )  # fmt: skip


def _found(made: Any) -> object:
    return found_fitness_group(
        grid_id=made.grids["shengli1"].pk, name="胜利第1网格健身组织", founded_on=today(),
        members=["赵演示001", "钱演示002"], acting_user=made.people["leader"],
    )  # fmt: skip


def _invite(made: Any) -> object:
    return invite_citizen(
        community_id=made.city.community("shengli").pk, kind=Invitation.Kind.FITNESS_TEST,
        person=Person("赵演示001", "male", 1980, 5), acting_user=made.people["leader"],
    )  # fmt: skip


SWITCHED: dict[PilotFeature, tuple[str, list[Act]]] = {
    PilotFeature.INTEREST_GRIDS: ("兴趣网格", [_propose]),
    PilotFeature.MEMBER_POSTS: ("网格员任职", [_nominate, _move]),
    PilotFeature.FITNESS_GROUPS: ("网格健身组织", [_found]),
    PilotFeature.FITNESS_TESTS: ("体质测试", [_invite]),
}
ACTS = [(feature, act) for feature, (_, acts) in SWITCHED.items() for act in acts]


@pytest.fixture
def try_in(neighbourhood: Any) -> Callable[..., Pilot]:
    """`try_in("沁阳市", "interest_grids")` makes a county a pilot, since yesterday; "county" is the neighbourhood's."""

    def make(county: str, *features: str, ends_on: date | None = None) -> Pilot:
        root = neighbourhood.city.units["city"]
        unit = OrgUnit.objects.filter(name=county).first()
        if unit is None:
            unit = OrgUnit.objects.create(
                level="county", name=county, parent=root, valid_from=date(2020, 1, 1)
            )
            OrgUnit.objects.filter(pk=unit.pk).update(path=f"{root.path}{unit.pk}/")
        return Pilot.objects.create(
            unit=unit, features=list(features), starts_on=today() - ONE_DAY, ends_on=ends_on,
            decided_by=neighbourhood.people["bureau"],
        )  # fmt: skip

    return make


def test_every_feature_that_is_switched_is_tried_here() -> None:
    assert set(SWITCHED) == set(PilotFeature)


@pytest.mark.parametrize(("feature", "act"), ACTS)
def test_j10_what_another_county_tries_is_refused(
    neighbourhood: Any, in_city: Any, try_in: Any, feature: PilotFeature, act: Act
) -> None:
    with in_city():
        try_in("沁阳市", feature.value)
        with pytest.raises(RuleBroken) as refused:
            act(neighbourhood)
        assert (refused.value.code, refused.value.status, refused.value.rule) == ("PILOT_ONLY", 403, "J10")
        assert refused.value.zh == f"“{SWITCHED[feature][0]}”目前只在试点县（市、区）开放：沁阳市"


@pytest.mark.parametrize(
    "where", ["nowhere", "here", "here and there", "elsewhere, another", "elsewhere, over"]
)
@pytest.mark.parametrize(("feature", "act"), ACTS)
def test_j10_pilots_have_it_and_so_has_a_city_in_which_nobody_tries_it(
    neighbourhood: Any, in_city: Any, try_in: Any, feature: PilotFeature, act: Act, where: str
) -> None:
    with in_city():
        if where.startswith("here"):
            try_in("county", feature.value)
        if where.endswith("there"):
            try_in("沁阳市", feature.value)
        if where.endswith("another"):
            try_in("沁阳市", *(other.value for other in PilotFeature if other is not feature), "own_trial")
        if where.endswith("over"):
            try_in("沁阳市", feature.value, ends_on=today() - ONE_DAY)
        assert act(neighbourhood) is not None


def test_j10_a_file_of_members_is_refused_row_by_row(
    alpha: Any, speak: Any, run_jobs: Any, in_city: Any, try_in: Any, neighbourhood: Any
) -> None:
    with in_city():
        try_in("沁阳市", PilotFeature.MEMBER_POSTS.value)
    answer = speak("leader").post("grid-member-imports", {"file": as_csv([line(1), line(2)])})
    run_jobs(alpha)
    brought = speak("leader").get(f"grid-member-imports/{answer.json()['member_import']['id']}").json()
    assert [(error["row"], error["code"]) for error in brought["errors"]] == [
        (2, "PILOT_ONLY"),
        (3, "PILOT_ONLY"),
    ]
    assert "只在试点县（市、区）开放：沁阳市" in brought["errors"][0]["zh"]


def test_j10_what_stands_goes_on_where_others_become_pilots(
    neighbourhood: Any, in_city: Any, try_in: Any, speak: Any
) -> None:
    """A switch keeps anew from beginning, it takes nothing away."""
    with in_city():
        try_in("沁阳市", *(feature.value for feature in PilotFeature))
    shown = speak("leader").get(f"interest-grids/{neighbourhood.dance.pk}")
    assert (shown.status_code, shown.json()["state"]) == (200, "active")
    answer = speak("member").get("grid-members?mine=true")
    assert answer.status_code == 200
