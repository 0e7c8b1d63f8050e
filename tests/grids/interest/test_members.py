"""J08: members have a source that is proved and a term, may hold several posts, and are shown as the post needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def entry(made: Any, number: int = 11, **source: Any) -> dict[str, Any]:
    """A person with a first post in the dance."""
    post = {"interest_grid_id": made.dance.pk, "source": "backbone", "proof": "带队三年（演示）"} | source
    return {"name": f"钱演示{number:03d}", "phone": f"13900000{number:03d}", "post": post}


@pytest.fixture
def instructor(neighbourhood: Any, in_city: Any) -> Any:
    """钱演示011 of the register, head of the square, with a grade in force."""
    from instructors.people.models import GradeAward, Instructor

    with in_city():
        person = Instructor.objects.create(name="钱演示011", unit=neighbourhood.city.units["town"])
        GradeAward.objects.create(
            instructor=person, grade="grade3", award_level="county", certificate_number="YS-2024-011",
            valid_from=neighbourhood.today - timedelta(days=100), valid_to=neighbourhood.today,
        )  # fmt: skip
    return person


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"source": "", "proof": "x"}, "请选择网格员来源"),
        ({"source": "volunteer"}, "请选择网格员来源"),
        ({"proof": "  "}, "请选择网格员来源：来源为“体育骨干”的，须填写或上传证明"),
        ({"source": "association"}, "请选择网格员来源：来源为“体育协会”的，须填写协会名称"),
        ({"source": "association", "association": "演示区舞蹈协会", "representative": "李演示099"},
         "请选择网格员来源：来源为“体育协会”的，协会指定的代表须为该网格员本人"),
        ({"source": "site_head"}, "请选择网格员来源：来源为“健身站点负责人”的，须选择健身站点"),
        ({"source": "instructor", "certificate_number": "没有"},
         "请选择网格员来源：来源为“社会体育指导员”的，须为登记册中在册且等级有效的指导员"),
    ],
)  # fmt: skip
def test_j08_a_source_that_is_missing_or_unproved_is_refused(
    neighbourhood: Any, speak: Any, source: dict[str, Any], told: str
) -> None:
    answer = speak("leader").post("grid-members", entry(neighbourhood, **source))
    assert (answer.status_code, answer.json()["code"]) == (422, "MEMBER_SOURCE")
    assert answer.json()["message"]["zh"] == told
    assert answer.json()["rule"]["id"] == "J08"


def test_j08_an_association_names_the_person(neighbourhood: Any, speak: Any) -> None:
    source = {
        "source": "association",
        "proof": "",
        "association": "演示区舞蹈协会",
        "representative": "钱演示011",
    }
    answer = speak("leader").post("grid-members", entry(neighbourhood, **source))
    assert answer.status_code == 201 and answer.json()["posts"][0]["association"] == "演示区舞蹈协会"


def test_j08_a_site_head_is_the_sites_head_or_proves_it(
    neighbourhood: Any, speak: Any, instructor: Any, in_city: Any
) -> None:
    from instructors.assignment.models import Site

    leader = speak("leader")
    source = {
        "source": "site_head",
        "proof": "",
        "site_id": neighbourhood.site.pk,
        "certificate_number": "YS-2024-011",
    }
    refused = leader.post("grid-members", entry(neighbourhood, **source))
    assert "登记的站点负责人不是本人" in refused.json()["message"]["zh"]
    with in_city():
        Site.objects.filter(pk=neighbourhood.site.pk).update(head=instructor)
    assert leader.post("grid-members", entry(neighbourhood, **source)).status_code == 201
    other = entry(
        neighbourhood, 13, source="site_head", site_id=neighbourhood.site.pk, proof="站点任命书（演示）"
    )
    assert leader.post("grid-members", other).status_code == 201


def test_j08_an_instructor_stands_in_the_register_with_a_grade_in_force(
    neighbourhood: Any, speak: Any, instructor: Any, in_city: Any
) -> None:
    from instructors.people.models import GradeAward

    leader, source = (
        speak("leader"),
        {"source": "instructor", "proof": "", "certificate_number": "YS-2024-011"},
    )
    other_name = leader.post("grid-members", entry(neighbourhood, 12, **source))
    assert other_name.json()["code"] == "MEMBER_SOURCE"
    tomorrow = (neighbourhood.today + timedelta(days=1)).isoformat()
    too_late = leader.post("grid-members", entry(neighbourhood, **source, starts_on=tomorrow))
    assert too_late.json()["code"] == "MEMBER_SOURCE"
    found = leader.post("grid-members", entry(neighbourhood, **source))
    assert found.status_code == 201 and found.json()["is_instructor"] is True
    assert found.json()["posts"][0]["proof"] == "YS-2024-011"
    with in_city():
        GradeAward.objects.update(valid_to=neighbourhood.today - timedelta(days=1))
    second = leader.post(f"grid-members/{found.json()['id']}/posts", entry(neighbourhood, **source)["post"])
    assert second.json()["code"] == "MEMBER_SOURCE"


def test_j08_a_file_proves_it_and_somebody_elses_file_does_not(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    from tenants.bureau.models import StoredFile

    with in_city():
        own, foreign = (
            StoredFile.objects.create(
                name="证明.pdf", storage_key=name, sha256="0" * 64, size_bytes=1, purpose="test", unit_path="/",
                stored_by=neighbourhood.people[name],
            ).pk
            for name in ("leader", "second_leader")
        )  # fmt: skip
    leader = speak("leader")
    assert (
        leader.post("grid-members", entry(neighbourhood, proof="", proof_file_id=foreign)).status_code == 404
    )
    found = leader.post("grid-members", entry(neighbourhood, proof="", proof_file_id=own))
    assert found.status_code == 201 and found.json()["posts"][0]["has_file"] is True


def test_j08_one_person_holds_several_posts_and_each_once(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    person = leader.post("grid-members", entry(neighbourhood)).json()
    twice = leader.post(f"grid-members/{person['id']}/posts", entry(neighbourhood)["post"])
    assert (twice.status_code, twice.json()["code"]) == (409, "POST_TWICE")
    assert twice.json()["message"]["zh"] == "钱*在兴趣网格“晨光广场舞队”的任期重叠"
    elsewhere = entry(neighbourhood)
    elsewhere["post"]["interest_grid_id"] = neighbourhood.ball.pk
    again = speak("neighbour_leader").post("grid-members", elsewhere)
    assert (again.status_code, again.json()["id"]) == (200, person["id"])
    assert [post["interest_grid"]["name"] for post in again.json()["posts"]] == ["新华乒乓球队"]
    assert len(speak("county").get(f"grid-members/{person['id']}").json()["posts"]) == 2


def test_j08_a_known_phone_under_another_name_is_told_without_the_name(
    neighbourhood: Any, speak: Any
) -> None:
    body = entry(neighbourhood) | {"phone": "139 0000 0001"}
    answer = speak("leader").post("grid-members", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "MEMBER_NAME_DIFFERS")
    assert "赵演示001" not in answer.content.decode()
    known = {"name": "赵演示001", "phone": "13900000001", "community_id": neighbourhood.dance.community_id}
    exists = speak("leader").post("grid-members", known)
    assert (exists.status_code, exists.json()["code"]) == (409, "MEMBER_EXISTS")
    assert exists.json()["facts"] == {"member": neighbourhood.member.pk}
    hidden = speak("second_leader").post("grid-members", known)
    assert (hidden.status_code, hidden.json()["facts"]) == (409, {})


def test_j08_a_post_lasts_from_its_first_to_its_last_day(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    from grids.interest.models import MemberPost
    from grids.interest.services.dormancy import begin_and_end_posts

    leader, today = speak("leader"), neighbourhood.today
    coming = {
        "starts_on": (today + timedelta(days=1)).isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
    }
    (post,) = leader.post("grid-members", entry(neighbourhood, **coming)).json()["posts"]
    assert post["state"] == "nominated"
    assert leader.post(f"member-posts/{post['id']}/confirm", {}).json()["state"] == "confirmed"
    again = leader.post(f"member-posts/{post['id']}/confirm", {})
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    assert again.json()["message"]["zh"] == "网格员任职已确认，不能确认"
    with in_city():
        row = MemberPost.objects.filter(pk=post["id"])
        assert begin_and_end_posts() == {"ended": 0, "begun": 0}
        row.update(starts_on=today)
        assert begin_and_end_posts() == {"ended": 0, "begun": 1}
        row.update(starts_on=today - timedelta(days=9), ends_on=today)
        assert begin_and_end_posts() == {"ended": 0, "begun": 0}
        row.update(ends_on=today - timedelta(days=1))
        assert begin_and_end_posts() == {"ended": 1, "begun": 0}
        assert row.get().state == "ended"


def test_j08_days_out_of_order_are_refused(neighbourhood: Any, speak: Any) -> None:
    days = {"starts_on": "2026-05-02", "ends_on": "2026-05-01"}
    answer = speak("leader").post("grid-members", entry(neighbourhood, **days))
    assert (answer.status_code, answer.json()["code"]) == (422, "POST_DAYS")
    assert answer.json()["message"]["zh"] == "任期截止日期2026-05-01早于开始日期2026-05-02"


def test_j08_a_member_without_rights_left_sees_nothing_more(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    from grids.interest.models import MemberPost

    path = f"interest-grids/{neighbourhood.dance.pk}"
    assert speak("member").get(path).status_code == 200
    with in_city():
        MemberPost.objects.filter(pk=neighbourhood.post.pk).update(
            starts_on=neighbourhood.today - timedelta(days=9), ends_on=neighbourhood.today - timedelta(days=1)
        )
    assert speak("member").get(path).status_code == 404


def test_j08_a_withdrawn_nomination_fills_no_post(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    person = leader.post("grid-members", entry(neighbourhood)).json()
    ended = leader.post(f"member-posts/{person['posts'][0]['id']}/end", {"reason": "本人不愿意"})
    assert ended.json()["state"] == "ended"
    again = leader.post(f"grid-members/{person['id']}/posts", entry(neighbourhood)["post"])
    assert again.status_code == 201


def test_j08_a_post_that_has_not_begun_is_withdrawn_and_never_served(neighbourhood: Any, speak: Any) -> None:
    from datetime import timedelta

    leader, first = speak("leader"), neighbourhood.today + timedelta(days=10)
    order = entry(neighbourhood)
    order["post"] |= {"starts_on": first.isoformat()}
    path = f"grid-members/{leader.post('grid-members', order).json()['id']}"
    for _ in range(2):  # the days are free again
        post = leader.get(path).json()["posts"][-1]
        assert leader.post(f"member-posts/{post['id']}/confirm", {}).json()["state"] == "confirmed"
        early = {"reason": "计划有变", "ends_on": neighbourhood.today.isoformat()}
        refused = leader.post(f"member-posts/{post['id']}/end", early)
        assert (refused.status_code, refused.json()["code"]) == (422, "POST_DAYS")
        ended = leader.post(f"member-posts/{post['id']}/end", {"reason": "计划有变"})
        assert (ended.status_code, ended.json()["state"]) == (200, "ended")
        assert leader.post(f"{path}/posts", order["post"]).status_code == 201


def test_j08_a_member_moves_in_one_call(neighbourhood: Any, speak: Any, in_city: Any) -> None:
    from grids.interest.models import MemberPost

    path, target = f"member-posts/{neighbourhood.post.pk}/move", {"interest_grid_id": neighbourhood.ball.pk}
    assert speak("leader").post(path, target).status_code == 404
    with in_city():
        MemberPost.objects.filter(pk=neighbourhood.post.pk).update(
            starts_on=neighbourhood.today - timedelta(days=9)
        )
    moved = speak("county").post(path, target | {"reason": "人手调整"})
    assert moved.status_code == 201, moved.content
    assert (moved.json()["state"], moved.json()["source"]) == ("active", "backbone")
    assert moved.json()["interest_grid"]["id"] == neighbourhood.ball.pk
    with in_city():
        old = MemberPost.objects.get(pk=neighbourhood.post.pk)
    assert (old.state, old.ends_on) == ("ended", neighbourhood.today - timedelta(days=1))
    nowhere = speak("county").post(f"member-posts/{moved.json()['id']}/move", target)
    assert (nowhere.status_code, nowhere.json()["code"]) == (409, "POST_TWICE")


def test_x07_a_member_sees_colleagues_without_phone_and_no_other_interest_grid(
    neighbourhood: Any, speak: Any
) -> None:
    leader = speak("leader")
    colleague = leader.post("grid-members", entry(neighbourhood)).json()
    leader.post(f"member-posts/{colleague['posts'][0]['id']}/confirm", {})
    speak("neighbour_leader").post(
        "grid-members",
        entry(neighbourhood, interest_grid_id=neighbourhood.ball.pk),
    )
    seen = speak("member").get("grid-members").json()["results"]
    assert [(row["name"], row["phone"]) for row in seen] == [("赵演示001", "139****0001"), ("钱*", "")]
    (post,) = seen[1]["posts"]
    assert (post["interest_grid"]["id"], post["proof"]) == (neighbourhood.dance.pk, "")
    assert seen[0]["posts"][0]["proof"] == "带队三年（演示）"
    assert speak("member").get("grid-members?phone=13900000011").json()["results"] == []
    assert speak("member").get("grid-members?name=演示011").json()["results"] == []
    found = leader.get("grid-members?phone=139-0000-0011").json()["results"]
    assert [row["id"] for row in found] == [colleague["id"]]
    assert leader.get("grid-members?phone=12").json()["code"] == "PHONE_FORMAT"


def test_x07_the_phone_in_full_wants_a_purpose_and_is_logged(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    from tenants.accounts.models import AuditEvent

    path = f"grid-members/{neighbourhood.member.pk}/reveal"
    leader = speak("leader")
    assert leader.post(path, {}).json()["code"] == "PURPOSE_REQUIRED"
    shown = leader.post(path, {"purpose": "service_contact", "note": "通知活动改期"})
    assert shown.json() == {"phone": "13900000001"} and shown.headers["Cache-Control"] == "no-store"
    assert speak("second_leader").post(path, {"purpose": "emergency", "note": "想看一看"}).status_code == 404
    with in_city():
        logged = AuditEvent.objects.get(action="personal.reveal")
    assert logged.reason == "service_contact: 通知活动改期" and "13900000001" not in str(logged.after)


def test_x07_phones_are_sealed_and_never_in_the_log(neighbourhood: Any, speak: Any, in_city: Any) -> None:
    from grids.interest.models import GridMember
    from tenants.accounts.models import AuditEvent

    speak("leader").post("grid-members", entry(neighbourhood))
    with in_city():
        row = GridMember.objects.get(phone_masked="139****0011")
        told = [f"{event.before} {event.after} {event.reason}" for event in AuditEvent.objects.all()]
    assert b"13900000011" not in bytes(row.phone_sealed) and row.phone_digest != "13900000011"
    assert not [line for line in told if "13900000011" in line or "钱演示011" in line]


def test_x06_an_account_is_linked_once_and_stale_edits_are_refused(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    person = leader.post("grid-members", entry(neighbourhood))
    path, tag = f"grid-members/{person.json()['id']}", person.headers["ETag"]
    taken = leader.patch(path, {"user_id": neighbourhood.people["member"].pk}, if_match=tag)
    assert (taken.status_code, taken.json()["code"]) == (409, "ACCOUNT_LINKED")
    linked = leader.patch(
        path, {"user_id": neighbourhood.people["citizen"].pk, "phone": "13900000099"}, if_match=tag
    )
    assert linked.json()["has_account"] is True and linked.json()["phone"] == "139****0099"
    stale = leader.patch(path, {"phone": "13900000098"}, if_match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert "13900000098" not in stale.content.decode()
    assert leader.patch(path, {"name": "钱演示911"}).status_code == 428


def test_j08_who_runs_some_of_a_persons_posts_changes_neither_name_nor_phone_nor_account(
    neighbourhood: Any, speak: Any
) -> None:
    """A leader who knows name and phone nominates a colleague from elsewhere, and takes over nothing by it."""
    leader, member = speak("leader"), neighbourhood.ball_member
    order = entry(neighbourhood) | {"name": "赵演示002", "phone": "13900000002"}
    assert leader.post("grid-members", order).status_code == 200
    path = f"grid-members/{member.pk}"
    tag = leader.get(path).headers["ETag"]
    changes: tuple[dict[str, Any], ...] = (
        {"user_id": neighbourhood.people["leader"].pk}, {"user_id": None}, {"phone": "13900000097"}, {"name": "钱演示912"},
    )  # fmt: skip
    for change in changes:
        refused = leader.patch(path, change, if_match=tag)
        assert (refused.status_code, refused.json()["code"]) == (403, "MEMBER_ELSEWHERE")
        assert refused.json()["message"]["zh"].startswith("该网格员还在其他兴趣网格任职")
    assert speak("neighbour_leader").patch(path, {"name": "赵演示902"}, if_match=tag).status_code == 403
    assert speak("county").patch(path, {"name": "赵演示902"}, if_match=tag).status_code == 200


def test_j08_a_person_without_a_post_is_seen_by_who_entered_the_person(
    neighbourhood: Any, speak: Any
) -> None:
    body = {"name": "钱演示015", "community_id": neighbourhood.dance.community_id}
    made = speak("leader").post("grid-members", body)
    assert made.status_code == 201
    path = f"grid-members/{made.json()['id']}"
    seen = {name: speak(name).get(path).status_code for name in ("leader", "second_leader", "town", "member")}
    assert seen == {"leader": 200, "second_leader": 404, "town": 200, "member": 404}
    assert speak("leader").post("grid-members", {"name": "钱演示016"}).json()["code"] == "COMMUNITY_REQUIRED"
    assert speak("neighbour_leader").post("grid-members", body).status_code == 404
    assert speak("member").post("grid-members", body).status_code == 403


def test_the_list_of_members_takes_as_many_statements_for_many_as_for_few(
    neighbourhood: Any, speak: Any, statements: Any
) -> None:
    leader, counts = speak("leader"), []
    for first in (20, 30):
        for number in range(first, first + 5):
            assert leader.post("grid-members", entry(neighbourhood, number)).status_code == 201
        counts += [
            statements(lambda name=name: speak(name).get("grid-members"))
            for name in ("county", "leader", "member")
        ]
    assert len(leader.get("grid-members").json()["results"]) == 11
    assert counts[:3] == counts[3:] and max(counts) <= 5


def test_j06_a_leaders_tasks_tell_what_waits_among_the_people(neighbourhood: Any, speak: Any) -> None:
    leader = speak("leader")
    leader.post("grid-members", entry(neighbourhood))
    told = {row["kind"]: row for row in leader.get("me/leader-tasks").json()["tasks"]}
    assert told["member_nominated"]["zh"] == "1名网格员待确认"
    assert "member_nominated" not in str(speak("second_leader").get("me/leader-tasks").json())


def test_j08_who_once_nominated_a_person_does_not_manage_the_person_for_ever(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    """With the post ends the hold on name, phone and account; the person is seen still, masked, as one who served."""
    from grids.interest.models import MemberPost

    leader = speak("leader")
    made = leader.post("grid-members", entry(neighbourhood)).json()
    path, post = f"grid-members/{made['id']}", made["posts"][0]["id"]
    assert leader.get(path).json()["name"] == "钱演示011"
    assert leader.post(f"member-posts/{post}/end", {"reason": "未能到任"}).status_code == 200
    with in_city():
        assert MemberPost.objects.get(pk=post).state == "ended"
    seen = leader.get(path)
    assert (seen.status_code, seen.json()["name"], seen.json()["phone"]) == (200, "钱*", "")
    reveal = leader.post(f"{path}/reveal", {"purpose": "contact"})
    change = leader.patch(path, {"phone": "13900000097"}, if_match=seen.headers["ETag"])
    assert (reveal.status_code, change.status_code) == (403, 403)
    assert reveal.json()["message"]["zh"] == "您在该兴趣网格的身份不能查看网格员的号码"
    assert speak("town").get(path).json()["name"] == "钱演示011"
    # Who knows name and phone may nominate the person again, and manages the person while the post stands.
    again = leader.post("grid-members", entry(neighbourhood))
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    assert leader.get(path).json()["name"] == "钱演示011"
