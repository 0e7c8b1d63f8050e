"""J15: a fault is noted, handed to the city's hotline over a real HTTP server, answered and closed; no case system."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context
from PIL import Image

from grids.interest.models import HotlineIssue, WorkLog
from tenants.bureau.models import OutboxMessage, StoredFile
from tenants.bureau.services.outbox import deliver_outbox

pytestmark = pytest.mark.django_db


class Hotline:
    """What the city's hotline has received, and how it answers next."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, bytes]] = []


@pytest.fixture
def hotline(settings: Any) -> Iterator[Hotline]:
    """A real HTTP server behind the channel `hotline`."""
    kept = Hotline()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = kept.answers.pop(0) if kept.answers else (200, b"")
            if status < 300:
                kept.received.append((self.headers["Idempotency-Key"], body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.WANGGE_WEBHOOKS = {"hotline": f"http://127.0.0.1:{server.server_port}/issues"}
        yield kept
        server.shutdown()


def _issue(street: Any, **more: Any) -> dict[str, Any]:
    return {
        "grid_id": street.grids["east_1"].pk, "kind": "equipment_fault", "place_name": "演示广场东侧",
        "text": "漫步机踏板松动", **more,
    }  # fmt: skip


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def noted(street: Any, speak: Any) -> int:
    """An issue that a member noted."""
    answer = speak("member").post("hotline-issues", _issue(street))
    assert answer.status_code == 201
    return int(answer.json()["issue"]["id"])


def _deliver(alpha: Any, **later: float) -> int:
    with schema_context(alpha.schema_name):
        for message in OutboxMessage.objects.filter(delivered_at=None):
            message.next_attempt_at = timezone.now() - timedelta(seconds=1)
            message.save(update_fields=["next_attempt_at"])
        return deliver_outbox()


def test_j15_an_issue_reaches_the_hotline_once_and_brings_its_number(
    alpha: Any, street: Any, speak: Any, hotline: Hotline, noted: int
) -> None:
    hotline.answers = [(503, b""), (200, b'{"number": "JZ-12345-0001"}')]
    leader = speak("leader")
    with schema_context(alpha.schema_name):
        type(street.grids["east_1"]).objects.filter(pk=street.grids["east_1"].pk).update(
            external_grid_code="WG-演示-01"
        )
    handed = leader.post(f"hotline-issues/{noted}/hand-over").json()
    assert (handed["state"], handed["delivery"]["state"]) == ("handed_over", "waiting")
    assert [_deliver(alpha), _deliver(alpha), _deliver(alpha)] == [0, 1, 0]
    [(key, body)] = hotline.received
    assert key == f"city_alpha:hotline_issue:{noted}"
    facts = body["facts"]
    assert (facts["kind"], facts["place"], facts["text"]) == (
        "equipment_fault",
        "演示广场东侧",
        "漫步机踏板松动",
    )
    assert (facts["title"], facts["external_grid"]) == ("健身器材损坏：演示广场东侧", "WG-演示-01")
    assert "测试" not in str(body)  # nobody's name goes along
    told = leader.get(f"hotline-issues/{noted}").json()
    assert (told["grid_code"], told["community_name"]) == (street.grids["east_1"].code, "east社区")
    assert (told["number"], told["delivery"]["state"]) == ("JZ-12345-0001", "delivered")


@pytest.mark.parametrize("answer", [b"", b"ok", b"[]", b'{"number": 7}', b'{"number": ""}'])
def test_j15_an_answer_without_a_number_is_as_good(
    alpha: Any, speak: Any, hotline: Hotline, noted: int, answer: bytes
) -> None:
    hotline.answers = [(202, answer)]
    speak("leader").post(f"hotline-issues/{noted}/hand-over")
    assert _deliver(alpha) == 1
    assert speak("leader").get(f"hotline-issues/{noted}").json()["number"] == ""


def test_j15_without_a_channel_the_issue_says_so_and_is_kept(
    alpha: Any, settings: Any, speak: Any, noted: int
) -> None:
    settings.WANGGE_WEBHOOKS, settings.WANGGE_MESSAGE_LOG = {}, ""
    handed = speak("leader").post(f"hotline-issues/{noted}/hand-over").json()
    assert handed["delivery"] == {
        "state": "channel_off", "zh": "本市尚未配置12345渠道，已保留，配置后自动发送",
    }  # fmt: skip
    assert _deliver(alpha) == 0
    with schema_context(alpha.schema_name):
        message = OutboxMessage.objects.get()
        assert message.delivered_at is None
        assert message.given_up_at is None
        assert "ChannelOff" in message.last_error


def test_j15_what_was_given_up_is_sent_anew_under_the_same_key(
    alpha: Any, settings: Any, speak: Any, hotline: Hotline, noted: int
) -> None:
    settings.WANGGE_OUTBOX_ATTEMPTS = 1
    hotline.answers = [(500, b"")]
    leader = speak("leader")
    leader.post(f"hotline-issues/{noted}/hand-over")
    assert _deliver(alpha) == 0
    assert leader.get(f"hotline-issues/{noted}").json()["delivery"]["state"] == "given_up"
    [task] = [each for each in _tasks(leader) if each["kind"] == "issues_noted"]
    assert task["count"] == 1
    again = leader.post(f"hotline-issues/{noted}/hand-over")
    assert (again.status_code, again.json()["delivery"]["state"]) == (200, "waiting")
    assert _deliver(alpha) == 1
    assert [key for key, _ in hotline.received] == [f"city_alpha:hotline_issue:{noted}"]


def test_j15_handing_over_twice_is_refused(alpha: Any, speak: Any, hotline: Hotline, noted: int) -> None:
    leader = speak("leader")
    leader.post(f"hotline-issues/{noted}/hand-over")
    answer = leader.post(f"hotline-issues/{noted}/hand-over")
    assert _code(answer) == (409, "ISSUE_STATE")
    assert answer.json()["message"]["zh"] == "该事项已转交，不能改为“已转交”"
    assert answer.json()["facts"]["handed_over_at"]
    with schema_context(alpha.schema_name):
        assert OutboxMessage.objects.filter(channel="hotline").count() == 1


def test_j15_the_answer_is_kept_and_the_issue_closed(speak: Any, hotline: Hotline, noted: int) -> None:
    leader = speak("leader")
    early = leader.post(f"hotline-issues/{noted}/answer", {"answer": "已受理"})
    assert _code(early) == (409, "ISSUE_STATE")
    leader.post(f"hotline-issues/{noted}/hand-over")
    told = leader.post(
        f"hotline-issues/{noted}/answer", {"answer": "已派单，联系13900000001", "number": "12345-7"}
    ).json()
    assert (told["state"], told["number"], told["answer"]) == (
        "answered",
        "12345-7",
        "已派单，联系***********",
    )
    assert leader.post(f"hotline-issues/{noted}/answer", {"answer": "已修复"}).json()["number"] == "12345-7"
    closed = leader.post(f"hotline-issues/{noted}/close", {})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert _code(leader.post(f"hotline-issues/{noted}/hand-over")) == (409, "ISSUE_STATE")


def test_j15_an_issue_that_needs_nobody_is_closed_with_a_reason(speak: Any, noted: int) -> None:
    leader = speak("leader")
    assert _code(leader.post(f"hotline-issues/{noted}/close", {})) == (422, "REASON_REQUIRED")
    assert leader.post(f"hotline-issues/{noted}/close", {"reason": "已自行修好"}).status_code == 200


def test_j15_personal_numbers_are_masked_and_that_is_told(alpha: Any, street: Any, speak: Any) -> None:
    body = _issue(
        street, text="找赵演示001，电话139-0000-0001，证11010119900307001X", place_name="1号楼0391-3560000"
    )
    answer = speak("member").post("hotline-issues", body)
    assert answer.status_code == 201
    assert answer.json()["masked"] == ["identity", "phone"]
    with schema_context(alpha.schema_name):
        kept = HotlineIssue.objects.get()
        assert kept.text == "找赵演示001，电话***-****-****，证******************"
        assert kept.place_name == "1号楼****-*******"
    clean = speak("member").post("hotline-issues", _issue(street))
    assert clean.json()["masked"] == []


def test_j15_a_photo_is_a_picture_of_ones_own(alpha: Any, street: Any, speak: Any) -> None:
    def stored(name: str, of: str, kind: str) -> int:
        with schema_context(alpha.schema_name):
            row = StoredFile.objects.create(
                name=name, storage_key=name, sha256="0" * 64, size_bytes=1, content_type=kind, purpose="photo",
                stored_by=street.people[of],
            )  # fmt: skip
        return row.pk

    own, foreign = stored("a.jpg", "member", "image/jpeg"), stored("b.jpg", "leader", "image/jpeg")
    text = stored("c.pdf", "member", "application/pdf")
    member = speak("member")
    assert member.post("hotline-issues", _issue(street, photo_id=own)).json()["issue"]["photo_id"] == own
    for other in (foreign, text, 987654321):
        assert member.post("hotline-issues", _issue(street, photo_id=other)).status_code == 404


def test_j15_an_issue_is_governance_work_of_an_informant(alpha: Any, street: Any, speak: Any) -> None:
    speak("member").post("hotline-issues", _issue(street, interest_grid_id=street.dances.pk))
    with schema_context(alpha.schema_name):
        log = WorkLog.objects.get()
        assert (log.kind, log.duty_role, log.themes) == ("issue_noted", "information", ["governance"])
        assert (log.interest_grid_id, log.is_typed) == (street.dances.pk, False)


def test_j15_in_the_name_of_an_interest_grid_that_does_not_serve_there(street: Any, speak: Any) -> None:
    body = _issue(street, grid_id=street.grids["east_2"].pk, interest_grid_id=street.dances.pk)
    answer = speak("town").post("hotline-issues", body)
    assert _code(answer) == (422, "INTEREST_GRID_ELSEWHERE")
    assert answer.json()["facts"] == {
        "interest_grid": street.dances.code, "grid": street.grids["east_2"].code,
    }  # fmt: skip


def test_x05_an_issue_noted_offline_keeps_its_time_and_is_sent_once(
    alpha: Any, street: Any, speak: Any
) -> None:
    at = timezone.now() - timedelta(days=2)
    body = _issue(street, noted_at=at.isoformat())
    member = speak("member")
    first = member.post("hotline-issues", body, idempotency_key="issue-0001")
    again = member.post("hotline-issues", body, idempotency_key="issue-0001")
    assert first.json() == again.json()
    with schema_context(alpha.schema_name):
        assert HotlineIssue.objects.get().noted_at == at
        assert WorkLog.objects.get().done_at == at
    late = member.post("hotline-issues", _issue(street, noted_at=(at - timedelta(days=9)).isoformat()))
    assert _code(late) == (422, "NOTED_AT")
    assert late.json()["facts"]["days"] == 7


# (notes, hands over, sees)
_TABLE = {
    "member": (201, 403, 200),
    "leader": (201, 200, 200),
    "town": (201, 200, 200),
    "bureau": (201, 200, 200),
    "viewer": (404, 403, 200),
    "stranger": (404, 404, 404),
    "other_leader": (404, 404, 404),
    "other_town": (404, 404, 404),
}


@pytest.mark.parametrize("who", _TABLE)
def test_j15_who_may_do_what_with_an_issue(street: Any, speak: Any, noted: int, who: str) -> None:
    notes, hands_over, sees = _TABLE[who]
    person = speak(who)
    assert person.get(f"hotline-issues/{noted}").status_code == sees
    for path, body in (("answer", {"answer": "x"}), ("close", {"reason": "x"}), ("hand-over", None)):
        status = person.post(f"hotline-issues/{noted}/{path}", body).status_code
        assert status == hands_over or (hands_over == 200 and status == 409), path
    assert person.post("hotline-issues", _issue(street)).status_code == notes


def _tasks(speaker: Any) -> list[dict[str, Any]]:
    told = speaker.get("me/leader-tasks").json()
    return list(told["tasks"])


def test_j15_j22_what_waits_is_a_task_of_the_leader(
    street: Any, speak: Any, noted: int, django_assert_max_num_queries: Any
) -> None:
    speak("member").post("demands", {"item": "square-dance-t", "interest_grid_id": street.dances.pk})
    speak("member").post("demands", {"item": "square-dance-t", "grid_id": street.grids["east_1"].pk})
    waiting = {task["kind"]: task for task in _tasks(speak("leader"))}
    assert (waiting["demands_open"]["count"], waiting["issues_noted"]["count"]) == (2, 1)
    assert waiting["issues_noted"]["subjects"] == [noted]
    assert waiting["demands_open"]["grid_id"] == street.grids["east_1"].pk
    assert {"demands_open", "issues_noted"}.isdisjoint(task["kind"] for task in _tasks(speak("other_leader")))


def test_j15_j22_what_waits_costs_three_statements_however_much_it_is(
    alpha: Any, street: Any, speak: Any, django_assert_num_queries: Any
) -> None:
    from grids.interest.queries.waiting import work_waiting
    from tenants.bureau.rules.local_time import local_date

    leader, on = street.people["leader"], local_date(timezone.now())
    grid_ids = [grid.pk for grid in street.grids.values()]
    for number in range(4):
        speak("leader").post("hotline-issues", _issue(street, place_name=f"演示{number}"))
    for grid in ("east_1", "east_2"):
        speak("town").post("demands", {"item": "board-games-t", "grid_id": street.grids[grid].pk})
    with schema_context(alpha.schema_name), django_assert_num_queries(3):
        found = {(task.kind, task.grid): task.count for task in work_waiting(leader, grid_ids, on)}
    east_1, east_2 = street.grids["east_1"].pk, street.grids["east_2"].pk
    assert found == {("issues_noted", east_1): 4, ("demands_open", east_1): 1, ("demands_open", east_2): 1}


def test_j15_a_list_of_issues_costs_the_same_however_long(
    street: Any, speak: Any, django_assert_max_num_queries: Any
) -> None:
    leader = speak("leader")
    for number in range(6):
        leader.post("hotline-issues", _issue(street, place_name=f"演示{number}"))
    with django_assert_max_num_queries(8):
        assert len(leader.get("hotline-issues?state=noted&mine=true").json()["results"]) == 6


def _picture(kind: str = "JPEG") -> BytesIO:
    made = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "演示相机".encode().decode("latin-1")
    Image.new("RGB", (40, 30), "green").save(made, kind, exif=exif)
    made.seek(0)
    made.name = "photo.jpg" if kind == "JPEG" else "photo.png"
    return made


def test_j15_an_issue_has_one_photo_without_what_the_camera_wrote(
    alpha: Any, speak: Any, hotline: Hotline, noted: int
) -> None:
    member = speak("member")
    assert member.get(f"hotline-issues/{noted}/photo").status_code == 404
    first = member.put(f"hotline-issues/{noted}/photo", {"file": _picture()}).json()["photo_id"]
    second = member.put(f"hotline-issues/{noted}/photo", {"file": _picture("PNG")}).json()["photo_id"]
    with schema_context(alpha.schema_name):
        assert list(StoredFile.objects.filter(purpose="issue_photo").values_list("pk", flat=True)) == [second]
    assert first != second
    shown = speak("leader").get(f"hotline-issues/{noted}/photo")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    body = b"".join(shown.streaming_content)
    assert not Image.open(BytesIO(body)).getexif()
    assert speak("stranger").get(f"hotline-issues/{noted}/photo").status_code == 404
    assert speak("viewer").put(f"hotline-issues/{noted}/photo", {"file": _picture()}).status_code == 403
    speak("leader").post(f"hotline-issues/{noted}/hand-over")
    with schema_context(alpha.schema_name):
        [facts] = OutboxMessage.objects.filter(channel="hotline").values_list("facts", flat=True)
    assert facts["photo"]["path"] == f"/api/v1/hotline-issues/{noted}/photo"
    assert facts["photo"]["sha256"] == hashlib.sha256(body).hexdigest()
    late = member.put(f"hotline-issues/{noted}/photo", {"file": _picture()})
    assert _code(late) == (409, "ISSUE_STATE")
    assert late.json()["message"]["zh"] == "该事项已转交，不能再修改"


def test_j15_what_is_no_picture_is_no_photo(speak: Any, noted: int) -> None:
    text = BytesIO(b"%PDF-1.4")
    text.name = "photo.jpg"
    assert speak("member").put(f"hotline-issues/{noted}/photo", {"file": text}).status_code == 415


def test_j15_issues_leave_by_themselves_once_the_city_has_a_channel(
    alpha: Any, settings: Any, speak: Any, hotline: Hotline, noted: int
) -> None:
    from grids.interest.jobs import resend_issues_job

    channels, settings.WANGGE_WEBHOOKS, settings.WANGGE_MESSAGE_LOG = settings.WANGGE_WEBHOOKS, {}, ""
    settings.WANGGE_OUTBOX_ATTEMPTS = 1
    leader = speak("leader")
    leader.post(f"hotline-issues/{noted}/hand-over")
    assert _deliver(alpha) == 0
    with schema_context(alpha.schema_name):
        resend_issues_job(city=alpha.schema_name)
        assert OutboxMessage.objects.get().given_up_at is not None  # there is no channel yet
    assert leader.get(f"hotline-issues/{noted}").json()["delivery"]["state"] == "channel_off"
    settings.WANGGE_WEBHOOKS = channels
    with schema_context(alpha.schema_name):
        resend_issues_job(city=alpha.schema_name)
    assert _deliver(alpha) == 1
    assert [key for key, _ in hotline.received] == [f"city_alpha:hotline_issue:{noted}"]


def test_j15_what_the_hotline_refused_is_not_sent_by_itself(
    alpha: Any, speak: Any, hotline: Hotline, noted: int
) -> None:
    from grids.interest.services.hotline_channel import resend_issues

    hotline.answers = [(400, b"")]
    speak("leader").post(f"hotline-issues/{noted}/hand-over")
    _deliver(alpha)
    with schema_context(alpha.schema_name):
        assert resend_issues() == 0
