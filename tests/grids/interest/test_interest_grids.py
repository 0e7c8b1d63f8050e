"""J07: interest grids are proposed, confirmed, approved to cross borders, woken and closed, through the API."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def body(made: Any, **changes: Any) -> dict[str, Any]:
    return {
        "name": "夕阳红健步走队", "item": "walking", "community_id": made.city.community("shengli").pk,
        "base_grid_ids": [made.grids["shengli1"].pk], "site_id": made.site.pk,
        "recurrence": "RRULE:FREQ=WEEKLY;BYDAY=TU,TH", "from_minute": 390, "minutes": 60,
    } | changes  # fmt: skip


def nomination(**changes: Any) -> dict[str, Any]:
    return {"source": "backbone", "proof": "带队三年（演示）"} | changes


def test_j07_a_leader_proposes_nominates_and_confirms(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    answer = leader.post("interest-grids", body(neighbourhood))
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found["state"] == "proposed" and found["code"].startswith("410802001001S")
    assert found["recurrence"] == "FREQ=WEEKLY;BYDAY=TU,TH" and len(found["next_days"]) == 3
    refused = leader.post(f"interest-grids/{found['id']}/confirm", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "MEMBER_REQUIRED")
    assert refused.json()["message"]["zh"] == "兴趣网格至少一名网格员"
    person = leader.post(
        "grid-members",
        {"name": "钱演示011", "phone": "139 0000 0011", "post": nomination(interest_grid_id=found["id"])},
    )
    assert person.status_code == 201, person.content
    assert person.json()["phone"] == "139****0011"
    (post,) = person.json()["posts"]
    assert leader.post(f"interest-grids/{found['id']}/confirm", {}).status_code == 422
    assert leader.post(f"member-posts/{post['id']}/confirm", {}).json()["state"] == "active"
    confirmed = leader.post(f"interest-grids/{found['id']}/confirm", {})
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "active")
    assert confirmed.json()["member_count"] == 1
    again = leader.post(f"interest-grids/{found['id']}/confirm", {})
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")


def test_j07_people_join_and_leave(neighbourhood: Any, speak: Any) -> None:
    member, path = speak("member"), f"interest-grids/{neighbourhood.dance.pk}/participants"
    entry = {"name": "孙演示020", "phone": "13900000020", "consent": True, "consent_version": "2026-1"}
    joined = member.post(path, entry)
    assert joined.status_code == 201, joined.content
    assert joined.json()["phone"] == "139****0020"
    twice = member.post(path, entry)
    assert (twice.status_code, twice.json()["code"]) == (409, "PARTICIPATION_TWICE")
    refused = member.post(path, entry | {"consent": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "CONSENT_REQUIRED")
    assert member.get(path).json()["results"][0]["name"] == "孙演示020"
    left = member.post(f"participations/{joined.json()['id']}/leave", {})
    assert left.status_code == 200 and left.json()["left_on"] == neighbourhood.today.isoformat()
    assert member.get(path).json()["results"] == []
    assert len(member.get(f"{path}?left=true").json()["results"]) == 1


def test_j07_the_same_once_in_a_community_unless_closed(neighbourhood: Any, speak: Any) -> None:
    leader, same = speak("leader"), body(neighbourhood, name="晨光  广场舞队", item="square_dance")
    assert leader.post("interest-grids", same).status_code == 201  # spaces inside tell names apart
    refused = leader.post("interest-grids", body(neighbourhood, name=" 晨光广场舞队 ", item="square_dance"))
    assert (refused.status_code, refused.json()["code"]) == (409, "INTEREST_GRID_TWICE")
    code = neighbourhood.dance.code
    assert refused.json()["message"]["zh"] == f"shengli已有同名的广场舞兴趣网格“晨光广场舞队”（{code}）"
    closed = leader.post(f"interest-grids/{neighbourhood.dance.pk}/close", {"reason": "队伍解散"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    again = leader.post("interest-grids", body(neighbourhood, name="晨光广场舞队", item="square_dance"))
    assert again.status_code == 201
    assert again.json()["code"] not in (code, "") and again.json()["code"][:12] == code[:12]


def test_j07_a_code_is_never_given_again(neighbourhood: Any, speak: Any) -> None:
    leader, codes = speak("leader"), {neighbourhood.dance.code}
    for number in range(3):
        found = leader.post("interest-grids", body(neighbourhood, name=f"第{number}队")).json()
        leader.post(f"interest-grids/{found['id']}/close", {"reason": "不成立"})
        codes.add(found["code"])
    assert len(codes) == 4


def test_j07_other_communities_only_with_the_countys_approval(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    both = [neighbourhood.grids["shengli1"].pk, neighbourhood.grids["xinhua1"].pk]
    refused = leader.patch(
        f"interest-grids/{neighbourhood.dance.pk}", {"base_grid_ids": both}, if_match='"2"'
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "CROSSING_NOT_APPROVED")
    assert refused.json()["message"]["zh"] == "兴趣网格服务其他社区（xinhua），须经区县体育部门批准"
    found = leader.post("interest-grids", body(neighbourhood, base_grid_ids=both)).json()
    path = f"interest-grids/{found['id']}"
    person = {"name": "钱演示012", "phone": "13900000012", "post": nomination(interest_grid_id=found["id"])}
    post = leader.post("grid-members", person).json()["posts"][0]["id"]
    leader.post(f"member-posts/{post}/confirm", {})
    assert leader.post(f"{path}/confirm", {}).json()["code"] == "CROSSING_NOT_APPROVED"
    for name, status, code in (("leader", 403, "POST_REQUIRED"), ("neighbour_leader", 404, "NOT_FOUND")):
        answer = speak(name).post(f"{path}/approve-crossing", {})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    approved = speak("county").post(f"{path}/approve-crossing", {})
    assert approved.json()["crossing_approved_on"] == neighbourhood.today.isoformat()
    assert leader.post(f"{path}/confirm", {}).json()["state"] == "active"
    version = leader.get(path).headers["ETag"]
    third = [*both, neighbourhood.grids["wangcun1"].pk]
    assert (
        leader.patch(path, {"base_grid_ids": third}, if_match=version).json()["code"]
        == "CROSSING_NOT_APPROVED"
    )
    by_county = speak("county").patch(path, {"base_grid_ids": third}, if_match=version)
    assert by_county.status_code == 200 and len(by_county.json()["base_grids"]) == 3
    back = leader.patch(path, {"base_grid_ids": both[:1]}, if_match=by_county.headers["ETag"])
    assert back.json()["crossing_approved_on"] is None


def test_j07_a_base_grid_that_a_proposal_names_elsewhere_gives_nobody_a_standing(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    """Until the county approves, the other leader sees nothing of it, and its member nothing of the other's grid."""
    from grids.interest.queries.base_grid_standing import grids_at_post

    member, elsewhere = neighbourhood.people["member"], neighbourhood.grids["xinhua1"].pk
    both = [neighbourhood.grids["shengli1"].pk, elsewhere]
    found = speak("leader").post("interest-grids", body(neighbourhood, base_grid_ids=both)).json()
    path = f"interest-grids/{found['id']}"
    order = nomination(interest_grid_id=found["id"])
    post = speak("leader").post(f"grid-members/{neighbourhood.member.pk}/posts", order).json()["id"]
    assert speak("leader").post(f"member-posts/{post}/confirm", {}).status_code == 200

    def standing() -> tuple[Any, ...]:
        neighbour, mine = speak("neighbour_leader"), speak("neighbour_leader").get("interest-grids?mine=true")
        with in_city():
            served = elsewhere in grids_at_post(member, neighbourhood.today)
        return (
            neighbour.get(path).status_code,
            found["id"] in [row["id"] for row in mine.json()["results"]],
            neighbour.get(f"grid-members/{neighbourhood.member.pk}").status_code,
            "interest_grid_proposed" in str(neighbour.get("me/leader-tasks").json()),
            served,
        )

    assert standing() == (404, False, 404, False, False)
    assert "interest_grid_proposed" in str(speak("leader").get("me/leader-tasks").json())
    assert speak("neighbour_leader").post(f"{path}/close", {"reason": "不要"}).status_code == 404
    assert speak("county").post(f"{path}/approve-crossing", {}).status_code == 200
    assert standing() == (200, True, 200, True, True)


def test_j07_what_crosses_nothing_wants_no_approval(neighbourhood: Any, speak: Any) -> None:
    answer = speak("county").post(f"interest-grids/{neighbourhood.dance.pk}/approve-crossing", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_CROSSING")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"recurrence": "FREQ=SECONDLY"}, 422, "RECURRENCE"),
        ({"recurrence": "FREQ=WEEKLY;COUNT=731"}, 422, "RECURRENCE"),
        ({"item": "no_such_item"}, 404, "NOT_FOUND"),
        ({"base_grid_ids": [2**40]}, 404, "NOT_FOUND"),
        ({"base_grid_ids": []}, 400, None),
        ({"site_id": 2**40}, 404, "NOT_FOUND"),
        (
            {"site_id": None, "place": {"lon": 113.0, "lat": 35.2}, "place_name": "远处"},
            422,
            "PLACE_OUT_OF_REACH",
        ),
        ({"surprise": 1}, 422, "UNKNOWN_FIELD"),
        ({"name": ""}, 400, None),
    ],
)
def test_j07_a_faulty_proposal_is_refused(
    neighbourhood: Any, speak: Any, changes: dict[str, Any], status: int, code: str | None
) -> None:
    answer = speak("leader").post("interest-grids", body(neighbourhood, **changes))
    assert answer.status_code == status, answer.content
    assert code is None or answer.json()["code"] == code


def test_j07_its_home_is_served(neighbourhood: Any, speak: Any) -> None:
    order = body(neighbourhood, base_grid_ids=[neighbourhood.grids["xinhua1"].pk])
    answer = speak("county").post("interest-grids", order)
    assert (answer.status_code, answer.json()["code"]) == (422, "HOME_NOT_SERVED")
    assert answer.json()["message"]["zh"] == "服务的基础网格中没有shengli的网格"


def test_j07_it_meets_within_reach_of_the_communities_served(neighbourhood: Any, speak: Any) -> None:
    """The policy's 1,000 m: just inside is taken, just beyond is refused with the distance."""
    from .conftest import city_point

    for north, status in ((1290, 201), (1310, 422)):
        spot = city_point(100, north)  # shengli's northern border lies at 300
        place = {"lon": spot.x, "lat": spot.y}
        answer = speak("leader").post(
            "interest-grids", body(neighbourhood, site_id=None, place=place, place_name="河边")
        )
        assert answer.status_code == status, answer.content
    assert answer.json()["message"]["zh"].startswith("活动地点“河边”距所服务社区10")


def test_j07_a_member_proposes_and_the_leader_confirms(neighbourhood: Any, speak: Any) -> None:
    member, leader = speak("member"), speak("leader")
    found = member.post("interest-grids", body(neighbourhood)).json()
    path = f"interest-grids/{found['id']}"
    assert member.get(path).status_code == 200
    changed = member.patch(path, {"name": "胜利健步走队"}, if_match='"1"')
    assert changed.json()["name"] == "胜利健步走队"
    answer = member.post(f"{path}/confirm", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "POST_REQUIRED")
    assert answer.json()["message"]["zh"] == "您在该兴趣网格的身份不能确认、唤醒或关闭"
    assert leader.get(path).json()["state"] == "proposed"
    assert leader.post(f"{path}/close", {"reason": "与已有队伍重复"}).json()["state"] == "closed"
    assert member.get(path).status_code == 404


def test_x06_a_stale_edit_overwrites_nothing(neighbourhood: Any, speak: Any) -> None:
    leader, path = speak("leader"), f"interest-grids/{neighbourhood.dance.pk}"
    version = leader.get(path).headers["ETag"]
    assert leader.patch(path, {"name": "晨光舞队"}, if_match=version).status_code == 200
    stale = leader.patch(path, {"name": "朝阳舞队"}, if_match=version)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert {"changed_by", "changed_at"} <= set(stale.json()["facts"]["current"])
    assert stale.json()["message"]["zh"] == "数据已被他人更新"
    assert stale.json()["facts"]["current"]["name"] == "晨光舞队"
    assert leader.patch(path, {"name": "朝阳舞队"}).status_code == 428
    assert leader.get(path).json()["name"] == "晨光舞队"


def test_x05_a_repeated_proposal_is_one(neighbourhood: Any, speak: Any) -> None:
    leader, key = speak("leader"), "3b1c9a52-0000-4000-8000-000000000001"
    first = leader.post("interest-grids", body(neighbourhood), idempotency_key=key)
    again = leader.post("interest-grids", body(neighbourhood), idempotency_key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"] and again.headers["Idempotent-Replayed"] == "true"
    other = leader.post("interest-grids", body(neighbourhood, name="另一队"), idempotency_key=key)
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_j07_closing_ends_its_people(neighbourhood: Any, speak: Any, enrol: Any, in_city: Any) -> None:
    from grids.interest.models import InterestGridSpan, MemberPost, Participation

    joined = enrol("孙演示021", "13900000021")
    answer = speak("leader").post(f"interest-grids/{neighbourhood.dance.pk}/close", {"reason": "场地拆除"})
    assert answer.json()["close_reason"] == "场地拆除"
    with in_city():
        post = MemberPost.objects.get(pk=neighbourhood.post.pk)
        assert (post.state, post.ends_on, post.end_reason) == ("ended", neighbourhood.today, "场地拆除")
        assert Participation.objects.get(pk=joined.pk).left_on == neighbourhood.today
        spans = InterestGridSpan.objects.filter(interest_grid=neighbourhood.dance)
        assert [(span.state, span.until) for span in spans.order_by("id")] == [("closed", None)]
    for act in ("confirm", "wake"):
        refused = speak("county").post(f"interest-grids/{neighbourhood.dance.pk}/{act}", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")


def test_j07_lists_are_narrowed(neighbourhood: Any, speak: Any) -> None:
    county, dance = speak("county"), neighbourhood.dance.pk

    def ids(query: str, by: Any = county) -> list[int]:
        return [row["id"] for row in by.get(f"interest-grids?{query}").json()["results"]]

    assert ids("") == [dance, neighbourhood.ball.pk]
    assert ids("item=square_dance") == ids("category=dance_exercise") == [dance]
    assert ids(f"community={neighbourhood.dance.community_id}") == [dance]
    assert ids(f"base_grid={neighbourhood.grids['shengli1'].pk}") == [dance]
    assert ids(f"unit={neighbourhood.city.units['other_town'].pk}") == [neighbourhood.ball.pk]
    assert ids("name=晨光") == [dance] and ids("state=dormant") == [] and ids("mine=true") == []
    assert ids("mine=true", speak("leader")) == ids("mine=true", speak("member")) == [dance]
    assert ids("limit=1") == [dance]
    assert county.get("interest-grids?colour=red").json()["code"] == "UNKNOWN_PARAMETER"


def test_the_list_takes_as_many_statements_for_many_as_for_few(
    neighbourhood: Any, speak: Any, in_city: Any, statements: Any
) -> None:
    from grids.interest.services.interest_grids import propose_interest_grid

    from .conftest import order_of

    counts: list[int] = []
    for first in (0, 6):
        with in_city():
            for each in range(first, first + 6):
                order = order_of(neighbourhood, name=f"第{each}队", item_code="walking")
                propose_interest_grid(order=order, acting_user=neighbourhood.people["leader"])
        counts += [
            statements(lambda name=name: speak(name).get("interest-grids")) for name in ("county", "leader")
        ]
    assert len(speak("leader").get("interest-grids").json()["results"]) == 13
    assert counts[:2] == counts[2:] and max(counts) <= 5
