"""What plans refuse over the API: code, status and the Chinese sentence of each row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import GridPlan, PlanGrid
from tenants.bureau.models import PolicyParameterVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def gis(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.gis)


@pytest.fixture
def officer(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.officer)


@pytest.fixture
def bureau(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.bureau)


@pytest.fixture
def change_grid(alpha: Any) -> Any:
    """`change_grid(plan_id, sequence, households=90)` spoils a drawn grid behind the services' back."""

    def change(plan_id: int, sequence: int, **values: Any) -> None:
        with schema_context(alpha.schema_name):
            assert PlanGrid.objects.filter(plan_id=plan_id, sequence=sequence).update(**values)

    return change


def _codes(answer: Any) -> list[str]:
    return [entry["code"] for entry in answer.json()["errors"]]


# --- J03: size ------------------------------------------------------------------------------------------------


def test_a_grid_beyond_the_hard_limits_is_refused_in_the_words_of_the_row(
    gis: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    change_grid(drawn["shengli"], 1, households=90)
    answer = gis.post(f"grid-plans/{drawn['shengli']}/validate", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "GRID_SIZE")
    assert answer.json()["message"]["zh"] == "城市网格约400户，当前90户，请说明理由"
    assert answer.json()["rule"] == {"id": "J03", "clause": "城市社区每400户左右"}
    assert answer.json()["how_to_fix"]["zh"]


@pytest.mark.parametrize(("households", "status"), [(99, 422), (100, 200), (800, 200), (801, 422)])
def test_the_hard_limits_themselves_are_allowed(
    gis: Any, drawn: dict[str, int], change_grid: Any, households: int, status: int
) -> None:
    change_grid(drawn["shengli"], 1, households=households)
    assert gis.post(f"grid-plans/{drawn['shengli']}/validate", {}).status_code == status


def test_the_sole_grid_of_a_small_community_may_have_any_size(
    gis: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    change_grid(drawn["xinhua"], 1, households=12)
    assert gis.post(f"grid-plans/{drawn['xinhua']}/validate", {}).status_code == 200


def test_an_odd_size_needs_a_reason_from_the_drafter_and_its_acceptance_by_the_county(
    gis: Any, officer: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    change_grid(drawn["shengli"], 1, households=900)
    reasons = {"size_reasons": [{"sequence": 1, "reason": "单栋高层，无法拆分"}]}
    assert gis.post(f"{plan}/validate", reasons).status_code == 200
    assert gis.post(f"{plan}/submit", {}).status_code == 200
    assert officer.post(f"{plan}/review", {}).status_code == 200
    refused = officer.post(f"{plan}/approve", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "GRID_SIZE")
    accepted = officer.post(f"{plan}/approve", {"accept_size_reasons": True})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "approved")
    assert [row["size_reason_accepted"] for row in accepted.json()["grids"]] == [True, False, False]


def test_the_limits_are_the_policys_and_a_plan_keeps_those_it_began_under(
    alpha: Any, gis: Any, drawn: dict[str, int], change_grid: Any, run_jobs: Any
) -> None:
    with schema_context(alpha.schema_name):
        PolicyParameterVersion.objects.filter(key="grid.hard_minimum").delete()
        PolicyParameterVersion.objects.create(
            key="grid.hard_minimum", number=2, value=250, author_label="局", effective_from="2020-01-01"
        )
    change_grid(drawn["shengli"], 1, households=240, size_reason="")
    assert gis.post(f"grid-plans/{drawn['shengli']}/validate", {}).status_code == 200
    gis.post("grid-plans", {"community_id": _community_of(alpha, drawn["shengli"]), "preset": "fast"})
    run_jobs(alpha)
    change_grid(drawn["shengli"], 1, households=240, size_reason="")
    refused = gis.post(f"grid-plans/{drawn['shengli']}/validate", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "GRID_SIZE")


def test_limits_that_contradict_each_other_are_said_before_anything_is_drawn(
    alpha: Any, gis: Any, small_city: Any
) -> None:
    _contradictory_policy(alpha)
    answer = gis.post("grid-plans/partition", {"all": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "POLICY_LIMITS")


def _contradictory_policy(alpha: Any) -> None:
    with schema_context(alpha.schema_name):
        PolicyParameterVersion.objects.filter(key="grid.soft_minimum").delete()
        PolicyParameterVersion.objects.create(
            key="grid.soft_minimum", number=2, value=450, author_label="局", effective_from="2020-01-01"
        )


def test_contradictory_limits_are_said_wherever_a_plan_begins(
    alpha: Any, gis: Any, drawn: dict[str, int]
) -> None:
    started = gis.post("grid-plans", {"community_id": _community_of(alpha, drawn["shengli"])})
    assert started.status_code == 202
    _contradictory_policy(alpha)
    for path, body in (
        ("grid-plans", {"community_id": _community_of(alpha, drawn["shengli"])}),
        ("grid-plans/partition", {"all": True}),
        (f"grid-plans/{drawn['shengli']}/copy", {"reason": "x"}),
    ):
        answer = gis.post(path, body)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 422, "POLICY_LIMITS")
    # A plan keeps the limits it began under: those of this one are in order.
    assert gis.post(f"grid-plans/{drawn['shengli']}/validate", {}).status_code == 200


def test_a_job_that_finds_the_limits_contradictory_says_so(
    alpha: Any, gis: Any, small_city: Any, run_jobs: Any
) -> None:
    started = gis.post("grid-plans/partition", {"all": True, "preset": "fast"})
    _contradictory_policy(alpha)
    run_jobs(alpha)
    job = gis.get(started["Location"]).json()
    assert job["state"] == "failed"
    assert "POLICY_LIMITS" in str(job)


@pytest.mark.parametrize("name", ["shengli", "wangcun"])
@pytest.mark.parametrize("limits", [{"soft_minimum": 450}, {"hard_minimum": 0}, {"hard_maximum": 90}])
def test_contradictory_limits_are_said_by_every_check(
    alpha: Any, gis: Any, drawn: dict[str, int], name: str, limits: dict[str, int]
) -> None:
    with schema_context(alpha.schema_name):
        plan = GridPlan.objects.get(pk=drawn[name])
        GridPlan.objects.filter(pk=plan.pk).update(policy={**plan.policy, **limits})
    for action in ("validate", "check"):
        answer = gis.post(f"grid-plans/{drawn[name]}/{action}", {})
        assert (action, answer.status_code, answer.json()["code"]) == (action, 422, "POLICY_LIMITS")
        assert answer.json()["how_to_fix"]["zh"]


def _community_of(alpha: Any, plan_id: int) -> int:
    with schema_context(alpha.schema_name):
        return int(GridPlan.objects.values_list("community_id", flat=True).get(pk=plan_id))


# --- J03: land ------------------------------------------------------------------------------------------------


def _shape(alpha: Any, plan_id: int, sequence: int) -> Any:
    with schema_context(alpha.schema_name):
        row = PlanGrid.objects.get(plan_id=plan_id, sequence=sequence)
    return shapely.from_wkb(bytes(row.geometry.wkb))


def _stored(shape: Any) -> MultiPolygon:
    whole = shapely.multipolygons([shape]) if shape.geom_type == "Polygon" else shape
    return GEOSGeometry(memoryview(shapely.to_wkb(whole)), srid=4490)  # type: ignore[return-value]


def test_overlapping_grids_are_refused(alpha: Any, gis: Any, drawn: dict[str, int], change_grid: Any) -> None:
    grown = shapely.union(_shape(alpha, drawn["shengli"], 1), _shape(alpha, drawn["shengli"], 2))
    change_grid(drawn["shengli"], 1, geometry=_stored(grown))
    answer = gis.post(f"grid-plans/{drawn['shengli']}/validate", {})
    assert answer.status_code == 422
    assert "GRID_OVERLAP" in _codes(answer)
    overlap = next(entry for entry in answer.json()["errors"] if entry["code"] == "GRID_OVERLAP")
    assert overlap["message"]["zh"].startswith("网格001与网格002重叠")
    assert overlap["facts"]["area_m2"] > 1000


def test_land_that_no_grid_has_is_refused(
    alpha: Any, gis: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    shape = _shape(alpha, drawn["shengli"], 1)
    west, _, east, _ = shape.bounds
    cut = shapely.intersection(shape, shapely.box(west + (east - west) / 3, -90, 180, 90))
    change_grid(drawn["shengli"], 1, geometry=_stored(cut))
    answer = gis.post(f"grid-plans/{drawn['shengli']}/validate", {})
    assert (answer.status_code, "GRID_GAP" in _codes(answer)) == (422, True)


def test_land_outside_the_community_is_refused(
    alpha: Any, gis: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    shape = _shape(alpha, drawn["shengli"], 1)
    west, south, _, north = shape.bounds
    grown = shapely.union(shape, shapely.box(west - 0.001, south, west + 0.0001, north))
    change_grid(drawn["shengli"], 1, geometry=_stored(grown))
    answer = gis.post(f"grid-plans/{drawn['shengli']}/validate", {})
    assert (answer.status_code, "GRID_OUTSIDE_COMMUNITY" in _codes(answer)) == (422, True)


def test_all_refusals_are_said_at_once(alpha: Any, gis: Any, drawn: dict[str, int], change_grid: Any) -> None:
    grown = shapely.union(_shape(alpha, drawn["shengli"], 1), _shape(alpha, drawn["shengli"], 2))
    change_grid(drawn["shengli"], 1, geometry=_stored(grown), households=900)
    assert {"GRID_OVERLAP", "GRID_SIZE"} <= set(
        _codes(gis.post(f"grid-plans/{drawn['shengli']}/validate", {}))
    )


def test_a_check_keeps_refusals_and_hints_without_moving_the_plan(
    gis: Any, drawn: dict[str, int], change_grid: Any
) -> None:
    change_grid(drawn["shengli"], 1, households=900)
    change_grid(drawn["shengli"], 2, households=600, parts=2)
    answer = gis.post(f"grid-plans/{drawn['shengli']}/check")
    assert (answer.status_code, answer.json()["state"]) == (200, "draft")
    found = {(finding["level"], finding["code"]) for finding in answer.json()["findings"]}
    # J05: a grid of two pieces is a hint, never a refusal.
    assert found == {("refusal", "GRID_SIZE"), ("hint", "GRID_SIZE_HINT"), ("hint", "NOT_CONTIGUOUS")}


# --- J04 ------------------------------------------------------------------------------------------------------


def test_a_villager_group_is_not_split(gis: Any, drawn: dict[str, int], change_grid: Any) -> None:
    change_grid(drawn["wangcun"], 2, villager_groups=["第1村民小组"])
    answer = gis.post(f"grid-plans/{drawn['wangcun']}/validate", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "RURAL_UNIT")
    assert answer.json()["message"]["zh"].startswith("农村以村民小组为单位")
    assert answer.json()["rule"]["id"] == "J04"


def test_merged_villager_groups_need_a_reason(gis: Any, drawn: dict[str, int], change_grid: Any) -> None:
    change_grid(drawn["wangcun"], 2, villager_groups=["第2村民小组", "第3村民小组"])
    plan = gis.get(f"grid-plans/{drawn['wangcun']}")
    refused = gis.post(f"grid-plans/{drawn['wangcun']}/validate", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "RURAL_MERGE_REASON")
    edit = {"merge_reasons": [{"sequence": 2, "reason": "第3组仅4户"}]}
    edited = gis.patch(f"grid-plans/{drawn['wangcun']}", edit, If_Match=plan["ETag"])
    assert edited.status_code == 200
    assert gis.post(f"grid-plans/{drawn['wangcun']}/validate", {}).status_code == 200


# --- States ---------------------------------------------------------------------------------------------------


def test_what_the_table_does_not_list_is_409_with_what_may_be_done(gis: Any, drawn: dict[str, int]) -> None:
    answer = gis.post(f"grid-plans/{drawn['shengli']}/submit", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_TRANSITION")
    assert answer.json()["message"]["zh"] == "当前状态“编制中”不能执行“提交”"
    assert "validate" in answer.json()["facts"]["allowed"]


def test_nobody_approves_own_work(
    alpha: Any, api: Any, make_user: Any, staff: Any, drawn: dict[str, int], take_to: Any
) -> None:
    both = make_user(
        alpha,
        "both",
        ["grid_plan.view", "grid_plan.submit", "grid_plan.draft", "grid_plan.review", "grid_plan.approve"],
    )
    take_to("validated", drawn["shengli"])
    client = api(alpha, both)
    assert client.post(f"grid-plans/{drawn['shengli']}/submit", {}).status_code == 200
    for action in ("review", "approve"):
        answer = client.post(f"grid-plans/{drawn['shengli']}/{action}", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "SELF_APPROVAL")
        assert answer.json()["message"]["zh"] == "不得审批本人编制或提交的网格方案"


def test_a_return_needs_a_reason_and_the_drafter_sees_it(
    gis: Any, officer: Any, drawn: dict[str, int], take_to: Any
) -> None:
    take_to("submitted", drawn["shengli"])
    plan = f"grid-plans/{drawn['shengli']}"
    refused = officer.post(f"{plan}/return", {"reason": "  "})
    assert (refused.status_code, refused.json()["code"]) == (422, "REASON_REQUIRED")
    assert officer.post(f"{plan}/return", {"reason": "3号网格跨河"}).json()["state"] == "returned"
    seen = gis.get(plan).json()
    assert seen["events"][-1]["reason"] == "3号网格跨河"
    assert seen["allowed_actions"] == ["reopen"]
    assert gis.post(f"{plan}/reopen", {}).json()["state"] == "draft"


def test_publication_in_the_past_is_refused(bureau: Any, drawn: dict[str, int], take_to: Any) -> None:
    take_to("approved", drawn["shengli"])
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    answer = bureau.post(f"grid-plans/{drawn['shengli']}/publish", {"effective_on": yesterday})
    assert (answer.status_code, answer.json()["code"]) == (422, "EFFECTIVE_DATE_PAST")


def test_many_plans_at_once_answer_one_by_one(bureau: Any, drawn: dict[str, int], take_to: Any) -> None:
    take_to("approved", drawn["shengli"])
    answer = bureau.post(
        "grid-plans/transition", {"ids": [drawn["shengli"], drawn["xinhua"]], "action": "publish"}
    )
    assert (answer.status_code, answer.json()["done"], answer.json()["refused"]) == (200, 1, 1)
    problem = answer.json()["outcomes"][1]["problem"]
    assert (problem["status"], problem["code"]) == (409, "INVALID_TRANSITION")


@pytest.mark.parametrize(("plans", "status"), [(500, 200), (501, 422), (5000, 422)])
def test_so_many_plans_and_no_more_are_moved_in_one_request(
    bureau: Any, small_city: Any, plans: int, status: int
) -> None:
    # Plans that do not exist: each is asked after and refused by itself.
    body = {"ids": [10**9] * plans, "action": "publish"}
    answer = bureau.post("grid-plans/transition", body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "TOO_MANY_PLANS"
        assert answer.json()["facts"] == {"most": 500, "given": plans}
        assert "分批" in answer.json()["how_to_fix"]["zh"]


# --- X05, X06 -------------------------------------------------------------------------------------------------


def test_a_stale_edit_is_412_with_both_values_and_changes_nothing(gis: Any, drawn: dict[str, int]) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    tag = gis.get(plan)["ETag"]
    assert gis.patch(plan, {"notes": "甲"}, If_Match=tag).status_code == 200
    stale = gis.patch(plan, {"notes": "乙"}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert stale.json()["message"]["zh"] == "数据已被他人更新"
    assert stale.json()["facts"]["current"]["notes"] == "甲"
    assert stale.json()["facts"]["sent"]["notes"] == "乙"
    assert gis.patch(plan, {"notes": "丙"}).status_code == 428
    assert gis.get(plan).json()["notes"] == "甲"


def test_an_action_on_a_plan_changed_meanwhile_is_412(gis: Any, drawn: dict[str, int]) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    tag = gis.get(plan)["ETag"]
    assert gis.patch(plan, {"notes": "甲"}, If_Match=tag).status_code == 200
    assert gis.post(f"{plan}/validate", {}, If_Match=tag).status_code == 412


def test_an_edit_takes_a_validated_plan_back_to_draft_and_a_submitted_one_is_not_edited(
    gis: Any, drawn: dict[str, int], take_to: Any
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    take_to("validated", drawn["shengli"])
    answer = gis.patch(plan, {"notes": "改"}, If_Match="*")
    assert (answer.status_code, answer.json()["state"]) == (200, "draft")
    take_to("submitted", drawn["shengli"])
    refused = gis.patch(plan, {"notes": "再改"}, If_Match="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"notes": "甲"},
        {"size_reasons": []},
        {"size_reasons": [{"sequence": 1, "reason": " 高层 "}], "notes": "甲"},
        {"merge_reasons": [{"sequence": 2, "reason": ""}]},
    ],
)
def test_an_edit_that_changes_nothing_raises_no_version(
    gis: Any, drawn: dict[str, int], change_grid: Any, take_to: Any, same: dict[str, Any]
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    change_grid(drawn["shengli"], 1, size_reason="高层")
    gis.patch(plan, {"notes": "甲"}, If_Match="*")
    take_to("validated", drawn["shengli"])
    before = gis.get(plan)
    answer = gis.patch(plan, same, If_Match=before["ETag"])
    assert (answer.status_code, answer["ETag"]) == (200, before["ETag"])
    assert answer.json() == before.json()
    assert gis.patch(plan, same, If_Match='"99"').status_code == 412


@pytest.mark.parametrize("name", ["size_reasons", "contiguity_reasons", "merge_reasons"])
def test_a_reason_alone_is_a_change_and_a_strange_grid_is_404(
    gis: Any, drawn: dict[str, int], name: str
) -> None:
    plan = f"grid-plans/{drawn['shengli']}"
    version = gis.get(plan).json()["version"]
    edit = {name: [{"sequence": 1, "reason": "河道"}]}
    assert gis.patch(plan, edit, If_Match="*").json()["version"] == version + 1
    strange = {name: [{"sequence": 998, "reason": "河道"}]}
    assert gis.patch(plan, strange, If_Match="*").status_code == 404


def test_an_empty_edit_of_a_plan_under_review_is_409(gis: Any, drawn: dict[str, int], take_to: Any) -> None:
    take_to("submitted", drawn["shengli"])
    answer = gis.patch(f"grid-plans/{drawn['shengli']}", {}, If_Match="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_TRANSITION")


def test_a_retried_publication_is_done_once(
    alpha: Any, bureau: Any, drawn: dict[str, int], take_to: Any
) -> None:
    take_to("approved", drawn["shengli"])
    path = f"grid-plans/{drawn['shengli']}/publish"
    first = bureau.post(path, {}, Idempotency_Key="p1")
    again = bureau.post(path, {}, Idempotency_Key="p1")
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (200, 200, "true")
    assert again.json()["version"] == first.json()["version"]


def test_drawing_starts_a_job_that_can_be_watched(
    alpha: Any, gis: Any, small_city: Any, run_jobs: Any
) -> None:
    answer = gis.post("grid-plans/partition", {"all": True, "preset": "fast"})
    assert answer.status_code == 202
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['job']['id']}"
    run_jobs(alpha)
    job = gis.get(answer["Location"]).json()
    assert (job["state"], job["done"], job["total"], job["result"]["grids"]) == ("succeeded", 3, 3, 6)


@pytest.mark.parametrize(
    "body",
    [{}, {"all": True, "community_id": 1}, {"all": True, "preset": "best-of-all"}, {"community_ids": ["x"]}],
)
def test_a_drawing_order_that_says_nothing_or_two_things_is_400(gis: Any, staff: Any, body: Any) -> None:
    assert gis.post("grid-plans", body).status_code == 400
