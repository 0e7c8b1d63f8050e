"""Who left interest grids long ago, and who served there, is named no more; the counts stay. Rules: J07, J08, X07

Rows stay with their days, so that every figure of a day gone by is what it was; what tells who it was goes. Work logs,
and with them the four-role profiles, are of accounts and are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from grids.interest.models import ErasureRequest, GridMember, MemberPost, Participant, Participation
from grids.interest.queries.past_people import participants_with_past, past_members, past_participations
from grids.interest.rules.participation import ERASED_NAME
from grids.interest.services.erasing import forget_name
from grids.interest.services.erasure_requests import settle_erased
from instructors.people.rules.retention import left_by
from tenants.accounts.services import record_audit
from tenants.bureau.models import StoredFile
from tenants.bureau.queries.policy import policy_label, policy_number

PARTICIPATION_YEARS, REGISTER_YEARS = "retention.participation_years", "retention.register_years"
CONSENT_YEARS = "retention.consent_years"  # what takes a consent back proves as much, and as long
REASON = "保存期限届满"
AT_ONCE = 500

_NAMELESS = {"name": ERASED_NAME, "phone_sealed": None, "phone_digest": None, "phone_masked": ""}


@dataclass(frozen=True, slots=True)
class _Limit:
    """What ended on `last` or before is not kept on the day `on`, as policy says."""

    on: date
    last: date
    policy_version: str


def erase_past_people(*, on: date) -> dict[str, int]:
    """Take the names out of participations and of members' records that policy keeps no longer, and delete requests to be
    erased that were answered as long ago as consents are kept; how many of each.

    Done in small transactions, each with one audit row that names nobody; run again, or beside itself, it finds only
    what is left. Whoever is being written about at the moment is left for the next round.
    """
    return {
        "participations": _in_batches(_erase_participations, PARTICIPATION_YEARS, on),
        "members": _in_batches(_erase_members, REGISTER_YEARS, on),
        "requests": _in_batches(_delete_requests, CONSENT_YEARS, on),
    }


def _in_batches(erase_some: Callable[[_Limit], int], key: str, on: date) -> int:
    limit = _Limit(on, left_by(on, policy_number(key, on)), policy_label([key], on))
    erased = 0
    while some := erase_some(limit):
        erased += some
    return erased


@transaction.atomic
def _erase_participations(limit: _Limit) -> int:
    found = participants_with_past(limit.last).select_for_update(skip_locked=True, no_key=True)
    people = {person.pk: person for person in found.defer("phone_sealed")[:AT_ONCE]}
    if not people:
        return 0
    # Asked anew: who left, or was erased, until the locks were held.
    past = past_participations(limit.last).filter(participant__in=people)
    held = list(past.select_for_update(no_key=True).order_by("id").values_list("pk", flat=True))
    erased = Participation.objects.filter(pk__in=held).update(name=ERASED_NAME, erased_on=limit.on)
    kept = Participation.objects.filter(participant=OuterRef("pk"), erased_on=None)
    gone = Participant.objects.filter(~Exists(kept), pk__in=people, erased_on=None)
    ids = sorted(gone.values_list("pk", flat=True))
    Participant.objects.filter(pk__in=ids).update(**_NAMELESS, erased_on=limit.on)
    _bear_known_names([people[key] for key in sorted(people.keys() - set(ids))])
    settle_erased(ids, None, REASON)
    _tell("participation.retention", "interest.participant", people, limit, erased=erased, people=len(ids))
    return erased


def _bear_known_names(people: Collection[Participant]) -> None:
    """Who still takes part, or left lately, bears a name that is told in an interest grid still."""
    known: dict[int, list[str]] = {}
    rows = Participation.objects.filter(participant__in=people, erased_on=None).order_by("id")
    for row in rows.select_related("participant").defer("participant__phone_sealed"):
        known.setdefault(row.participant_id, []).append(row.shown_name)
    for person in people:
        if person.pk in known:
            forget_name(person, known[person.pk])


@transaction.atomic
def _erase_members(limit: _Limit) -> int:
    found = past_members(limit.last, limit.on).select_for_update(skip_locked=True, no_key=True)
    locked = list(found.values_list("pk", flat=True)[:AT_ONCE])
    # Asked anew: who was nominated until the locks were held has a duty again.
    ids = list(past_members(limit.last, limit.on).filter(pk__in=locked).values_list("pk", flat=True))
    if not ids:
        return 0
    posts = MemberPost.objects.filter(member__in=ids)
    files = sorted(posts.exclude(proof_file=None).values_list("proof_file", flat=True).distinct())
    posts.update(proof="", proof_file=None, end_reason="", version=F("version") + 1)
    _destroy(files)
    GridMember.objects.filter(pk__in=ids).update(
        **_NAMELESS, user=None, instructor=None, added_by=None, erased_on=limit.on, version=F("version") + 1
    )
    _tell("grid_member.retention", "interest.gridmember", ids, limit, erased=len(ids))
    return len(ids)


@transaction.atomic
def _delete_requests(limit: _Limit) -> int:
    """In what words somebody asked may tell who it was; the audit log keeps that it was asked and answered."""
    answered = ErasureRequest.objects.filter(answered_on__lte=limit.last).order_by("id")
    ids = list(answered.select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        ErasureRequest.objects.filter(pk__in=ids).delete()
        _tell("erasure_request.retention", "interest.erasurerequest", ids, limit, erased=len(ids))
    return len(ids)


def _destroy(file_ids: Collection[int]) -> None:
    """Forget what proved a source, its bytes when the transaction has committed, unless it proves another's too."""
    proves = MemberPost.objects.filter(proof_file=OuterRef("pk"))
    files = list(StoredFile.objects.filter(~Exists(proves), pk__in=file_ids))
    StoredFile.objects.filter(pk__in=[each.pk for each in files]).delete()

    def forget() -> None:
        for each in files:
            with suppress(OSError):
                default_storage.delete(each.storage_key)

    transaction.on_commit(forget)


def _tell(action: str, kind: str, ids: Collection[int], limit: _Limit, **counts: int) -> None:
    record_audit(
        acting_user=None, action=action, subject=(kind, f"{min(ids)}-{max(ids)}"), reason=REASON,
        after={**counts, "ended_by": limit.last.isoformat()}, policy_version=limit.policy_version,
    )  # fmt: skip
