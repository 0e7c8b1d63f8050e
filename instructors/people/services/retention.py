"""What the register no longer needs of who has left is erased, by policy. Rules: J12, X07"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from instructors.people.models import FreeTime, Instructor, InstructorIdentity, TimeException
from instructors.people.rules.retention import left_by
from tenants.accounts.services import record_audit
from tenants.bureau.queries.policy import policy_label, policy_number

YEARS = "retention.register_years"
AT_ONCE = 200


def erase_numbers_of_left(*, today: date) -> int:
    """Erase identity, phone and bank numbers, home and times of who left longer ago than policy keeps them; how many.

    Name, grades, registrations and services stay: they prove what was done. Done in small transactions, each with its
    audit rows; run again, or beside itself, it finds only what is left.
    """
    last, policy_version = left_by(today, policy_number(YEARS, today)), policy_label([YEARS], today)
    erased = 0
    while some := _erase_some(last, policy_version):
        erased += some
    return erased


@transaction.atomic
def _erase_some(last: date, policy_version: str) -> int:
    # A locked row is looked at anew: who is taken back into the register at this moment keeps all.
    rows = list(_with_something_kept(last).select_for_update(of=("self",))[:AT_ONCE])
    ids = [row.pk for row in rows]
    kept = {row.pk: row for row in InstructorIdentity.objects.filter(pk__in=ids)}
    for row in rows:
        record_audit(
            acting_user=None, action="instructor.retention", subject=row, policy_version=policy_version,
            before={"kept": _kept(row, kept.get(row.pk))}, after={"kept": []}, reason="保存期限届满",
        )  # fmt: skip
    for model in (InstructorIdentity, FreeTime, TimeException):
        model.objects.filter(instructor__in=ids).delete()
    Instructor.objects.filter(pk__in=ids).update(home=None, home_note="", version=F("version") + 1)
    return len(rows)


def _with_something_kept(last: date) -> QuerySet[Instructor]:
    something = Q(home__isnull=False) | ~Q(home_note="")
    for model in (InstructorIdentity, FreeTime, TimeException):
        something |= Q(Exists(model.objects.filter(instructor=OuterRef("pk"))))
    return Instructor.objects.filter(something, left_on__lte=last).order_by("id")


def _kept(row: Instructor, identity: InstructorIdentity | None) -> list[str]:
    """What there was to erase, by name."""
    numbers = () if identity is None else ("id_sealed", "phone_sealed", "bank_sealed")
    found = [name.removesuffix("_sealed") for name in numbers if getattr(identity, name) is not None]
    return found + (["home"] if row.home is not None or row.home_note else [])
