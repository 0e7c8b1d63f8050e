"""Two connections at once: one interest grid, one person, one post, one participation; an edit that is not lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

from django.db import transaction
from django_tenants.utils import schema_context

from grids.interest.models import (
    ErasureRequest,
    GridMember,
    InterestGrid,
    MemberPost,
    Participant,
    Participation,
)
from grids.interest.rules.erasure_request import ErasureState
from grids.interest.services.closing import close_interest_grid
from grids.interest.services.erasing import erase_in_own_grids, erase_participant
from grids.interest.services.erasure_answers import answer_erasure_request
from grids.interest.services.interest_grid_states import confirm_interest_grid
from grids.interest.services.interest_grids import change_interest_grid, propose_interest_grid
from grids.interest.services.members import MemberOrder, add_member
from grids.interest.services.participants import JoinOrder, enrol_participant
from grids.interest.services.posts import PostOrder, confirm_post, nominate_post
from grids.interest.services.retention import erase_past_people
from grids.interest.services.sources import SourceOrder
from tests.racing import ends_of_race, race, until_waiting

from .conftest import Neighbourhood, build_neighbourhood, order_of

PROVED = SourceOrder(source="backbone", proof="带队三年（演示）")


def test_rivals_wait_for_one_another(
    committed_database: str, alpha: Any, small_city: Any, make_user: Any
) -> None:
    """One copy of the database for all races: copying it costs more than racing."""
    with schema_context(alpha.schema_name):
        made = build_neighbourhood(
            small_city, lambda username, rights, unit: make_user(alpha, username, rights, unit=unit)
        )
    _propose_twice(alpha, made)
    _propose_two_at_once(alpha, made)
    _rename_to_one_name(alpha, made)
    _edit_one_version_twice(alpha, made)
    _add_one_phone_twice(alpha, made)
    _nominate_twice(alpha, made)
    _confirm_twice(alpha, made)
    _join_twice(alpha, made)
    _join_two_interest_grids(alpha, made)
    _join_while_one_is_erased(alpha, made)
    _erase_one_person_twice(alpha, made)
    _answer_one_request_twice(alpha, made)
    _hand_one_person_up_from_both_sides(alpha, made)
    _nominate_or_join_while_the_past_is_erased(alpha, made)
    _hand_up_while_it_closes(alpha, made)
    _join_while_it_closes(alpha, made)


def _propose(made: Neighbourhood, name: str, by: str = "leader") -> Callable[[], Any]:
    return lambda: propose_interest_grid(order=order_of(made, name=name), acting_user=made.people[by])


def _propose_twice(alpha: Any, made: Neighbourhood) -> None:
    deeds = _propose(made, "朝阳队"), _propose(made, "朝阳队", by="county")
    assert ends_of_race(alpha, *deeds) == ["INTEREST_GRID_TWICE", "done"]


def _propose_two_at_once(alpha: Any, made: Neighbourhood) -> None:
    assert ends_of_race(alpha, _propose(made, "一队"), _propose(made, "二队")) == ["done", "done"]
    with schema_context(alpha.schema_name):
        rows = InterestGrid.objects.filter(name__in=["一队", "二队"])
        assert len(set(rows.values_list("code", flat=True))) == 2


def _rename_to_one_name(alpha: Any, made: Neighbourhood) -> None:
    """Neither sees the other's new name before it is committed: the constraint decides."""
    with schema_context(alpha.schema_name):
        ids = list(InterestGrid.objects.filter(name__in=["一队", "二队"]).values_list("pk", flat=True))

    def rename(key: int) -> Callable[[], Any]:
        return lambda: change_interest_grid(
            interest_grid_id=key, changes={"name": "同名队"}, if_match="*", acting_user=made.people["leader"]
        )

    assert ends_of_race(alpha, *(rename(key) for key in ids)) == ["INTEREST_GRID_TWICE", "done"]


def _edit_one_version_twice(alpha: Any, made: Neighbourhood) -> None:
    def edit(words: str) -> Callable[[], Any]:
        return lambda: change_interest_grid(
            interest_grid_id=made.dance.pk, changes={"introduction": words}, if_match='"2"',
            acting_user=made.people["leader"],
        )  # fmt: skip

    assert ends_of_race(alpha, edit("甲"), edit("乙")) == ["STALE_VERSION", "done"]


def _add(made: Neighbourhood, interest_grid: Any, by: str) -> Callable[[], Any]:
    order = MemberOrder("钱演示031", "13900000031", post=PostOrder(interest_grid.pk, PROVED))
    return lambda: add_member(order=order, acting_user=made.people[by])


def _add_one_phone_twice(alpha: Any, made: Neighbourhood) -> None:
    """Two leaders enter one person at one moment: one row with two posts."""
    deeds = _add(made, made.dance, "leader"), _add(made, made.ball, "neighbour_leader")
    assert ends_of_race(alpha, *deeds) == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert GridMember.objects.get(name="钱演示031").posts.count() == 2


def _nominate_twice(alpha: Any, made: Neighbourhood) -> None:
    with schema_context(alpha.schema_name):
        person = add_member(
            order=MemberOrder("钱演示032", "13900000032", made.dance.community_id),
            acting_user=made.people["leader"],
        )

    def nominate() -> Any:
        return nominate_post(
            member_id=person.pk, order=PostOrder(made.dance.pk, PROVED), acting_user=made.people["leader"]
        )

    assert ends_of_race(alpha, nominate, nominate) == ["POST_TWICE", "done"]


def _confirm_twice(alpha: Any, made: Neighbourhood) -> None:
    with schema_context(alpha.schema_name):
        found = InterestGrid.objects.get(name="朝阳队")
        order = MemberOrder("钱演示033", "13900000033", post=PostOrder(found.pk, PROVED))
        person = add_member(order=order, acting_user=made.people["leader"])
        post = MemberPost.objects.get(member=person)

    def confirm() -> Any:
        return confirm_post(post_id=post.pk, acting_user=made.people["leader"])

    def begin() -> Any:
        return confirm_interest_grid(interest_grid_id=found.pk, acting_user=made.people["leader"])

    assert ends_of_race(alpha, confirm, confirm) == ["INVALID_TRANSITION", "done"]
    assert ends_of_race(alpha, begin, begin) == ["INVALID_TRANSITION", "done"]


def _join(made: Neighbourhood, interest_grid: Any, name: str, phone: str, by: str) -> Callable[[], Any]:
    order = JoinOrder(name, phone, True, "2026-1")
    return lambda: enrol_participant(
        interest_grid_id=interest_grid.pk, order=order, acting_user=made.people[by]
    )


def _join_twice(alpha: Any, made: Neighbourhood) -> None:
    deeds = (_join(made, made.dance, "孙演示041", "13900000041", by) for by in ("leader", "member"))
    assert ends_of_race(alpha, *deeds) == ["PARTICIPATION_TWICE", "done"]


def _join_two_interest_grids(alpha: Any, made: Neighbourhood) -> None:
    deeds = (
        _join(made, found, "孙演示042", "13900000042", by)
        for found, by in ((made.dance, "leader"), (made.ball, "neighbour_leader"))
    )
    assert ends_of_race(alpha, *deeds) == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert Participant.objects.filter(name="孙演示042").count() == 1


def _join_while_one_is_erased(alpha: Any, made: Neighbourhood) -> None:
    """Who joins while an erasure is under way comes as a new person: no name is left where everything was erased."""
    with schema_context(alpha.schema_name):
        joined = _join(made, made.dance, "孙演示044", "13900000044", "leader")()
    erased = Event()

    def erase() -> None:
        with transaction.atomic():
            erase_participant(
                participation_id=joined.pk, reason="本人要求", acting_user=made.people["county"]
            )
            erased.set()
            until_waiting(1)  # the other one asks for the phone

    def join() -> None:
        assert erased.wait(30)
        _join(made, made.ball, "孙演示044", "13900000044", "neighbour_leader")()

    assert race(alpha, erase, join) == ["done", "done"]
    with schema_context(alpha.schema_name):
        (row,) = Participation.objects.filter(name="孙演示044").select_related("participant")
        assert (row.participant.name, row.participant.erased_on) == ("孙演示044", None)
        assert row.participant.phone_digest is not None and row.participant_id != joined.participant_id


def _erase_one_person_twice(alpha: Any, made: Neighbourhood) -> None:
    """Two offices erase one person, each where it found the person: neither waits for the other for ever."""
    for number in range(45, 48):
        with schema_context(alpha.schema_name):
            joined = [
                _join(made, found, f"孙演示{number:03d}", f"139000{number:05d}", by)()
                for found, by in ((made.dance, "leader"), (made.ball, "neighbour_leader"))
            ]

        def erase(row: Participation, by: str) -> Callable[[], Any]:
            return lambda: erase_participant(
                participation_id=row.pk, reason="本人要求", acting_user=made.people[by]
            )

        assert race(alpha, *map(erase, joined, ("county", "bureau"))) == ["done", "done"]
    with schema_context(alpha.schema_name):
        ids = [row.participant_id for row in joined]
        assert len(set(ids)) == 1 and Participant.objects.get(pk=ids[0]).erased_on is not None
        assert not Participation.objects.filter(participant=ids[0], left_on=None).exists()


def _in_both(alpha: Any, made: Neighbourhood, number: int) -> list[Participation]:
    with schema_context(alpha.schema_name):
        return [
            _join(made, found, f"孙演示{number:03d}", f"139000{number:05d}", by)()
            for found, by in ((made.dance, "leader"), (made.ball, "neighbour_leader"))
        ]


def _hand_up(made: Neighbourhood, row: Participation, by: str) -> Callable[[], Any]:
    return lambda: erase_in_own_grids(participation_id=row.pk, reason="本人要求", acting_user=made.people[by])


def _answer_one_request_twice(alpha: Any, made: Neighbourhood) -> None:
    """One office erases, the other refuses, at one moment: one answer stands, and the person is as it says."""
    for number in range(51, 55):
        rows = _in_both(alpha, made, number)
        with schema_context(alpha.schema_name):
            request = _hand_up(made, rows[0], "leader")().request

        def answer(by: str, wanted: ErasureState, key: int = request.pk) -> Callable[[], Any]:
            return lambda: answer_erasure_request(
                request_id=key, answer=wanted, reason="本人撤回", acting_user=made.people[by]
            )

        deeds = answer("county", ErasureState.ERASED), answer("bureau", ErasureState.REFUSED)
        ends = race(alpha, *deeds)
        assert sorted(ends) == ["ERASURE_ANSWERED", "done"]
        with schema_context(alpha.schema_name):
            settled = ErasureRequest.objects.select_related("participant").get(pk=request.pk)
            erased = ends[0] == "done"
            assert settled.state == (ErasureState.ERASED if erased else ErasureState.REFUSED)
            assert (settled.participant.erased_on is not None) is erased
            assert settled.answered_by_id == made.people["county" if erased else "bureau"].pk


def _hand_one_person_up_from_both_sides(alpha: Any, made: Neighbourhood) -> None:
    """Each leader sees the person at the other's: whoever comes second is the last, and no request is left waiting."""
    for number in range(55, 58):
        rows = _in_both(alpha, made, number)
        deeds = _hand_up(made, rows[0], "leader"), _hand_up(made, rows[1], "neighbour_leader")
        assert race(alpha, *deeds) == ["done", "done"]
        with schema_context(alpha.schema_name):
            person = Participant.objects.get(pk=rows[0].participant_id)
            assert person.erased_on is not None and person.phone_digest is None
            assert person.erasure_requests.get().state == ErasureState.ERASED


def _nominate_or_join_while_the_past_is_erased(alpha: Any, made: Neighbourhood) -> None:
    """Who is nominated, or comes back, at that moment has a name to be kept: the night's round passes by."""
    years_ago = made.today - timedelta(days=5 * 366)
    with schema_context(alpha.schema_name):
        member = add_member(
            order=MemberOrder("钱演示034", "13900000034", post=PostOrder(made.dance.pk, PROVED)),
            acting_user=made.people["leader"],
        )
        member.posts.update(state="ended", starts_on=years_ago, ends_on=years_ago)
        joined = _join(made, made.dance, "孙演示059", "13900000059", "leader")()
        Participation.objects.filter(pk=joined.pk).update(joined_on=years_ago, left_on=years_ago)
    written, passed_by, erased = Event(), Event(), []

    def write() -> None:
        with transaction.atomic():
            nominate_post(
                member_id=member.pk, order=PostOrder(made.dance.pk, PROVED), acting_user=made.people["leader"]
            )
            _join(made, made.ball, "孙演示059", "13900000059", "neighbour_leader")()
            written.set()
            assert passed_by.wait(30)  # the round comes before it is committed

    def erase() -> None:
        assert written.wait(30)
        erased.append(erase_past_people(on=made.today))
        passed_by.set()

    assert race(alpha, write, erase) == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert erased == [{"participations": 0, "members": 0, "requests": 0}]
        assert erase_past_people(on=made.today) == {"participations": 1, "members": 0, "requests": 0}
        member.refresh_from_db()
        assert (member.name, member.erased_on) == ("钱演示034", None)
        assert Participant.objects.get(pk=joined.participant_id).phone_digest is not None


def _hand_up_while_it_closes(alpha: Any, made: Neighbourhood) -> None:
    """Closing holds the interest grid and its participations, handing up the person: neither waits for ever."""
    rows = _in_both(alpha, made, 58)

    def close() -> Any:
        return close_interest_grid(
            interest_grid_id=made.ball.pk, reason="解散", acting_user=made.people["county"]
        )

    assert race(alpha, close, _hand_up(made, rows[1], "neighbour_leader")) == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert Participation.objects.get(pk=rows[1].pk).shown_name == "（已删除）"
        assert ErasureRequest.objects.get(participant=rows[1].participant_id).state == ErasureState.WAITING


def _join_while_it_closes(alpha: Any, made: Neighbourhood) -> None:
    """Who came first is in and leaves with the others; who came later is refused: nobody stays behind."""

    def close() -> Any:
        return close_interest_grid(
            interest_grid_id=made.dance.pk, reason="解散", acting_user=made.people["leader"]
        )

    assert ends_of_race(alpha, close, _join(made, made.dance, "孙演示043", "13900000043", "member")) in (
        ["done", "done"],
        ["INVALID_TRANSITION", "done"],
        ["NOT_FOUND", "done"],
        ["POST_REQUIRED", "done"],  # the member's post ended with it between being seen and being asked for
    )
    with schema_context(alpha.schema_name):
        assert not Participation.objects.filter(interest_grid=made.dance, left_on=None).exists()
