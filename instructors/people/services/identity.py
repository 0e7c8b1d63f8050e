"""Identity, phone and bank numbers: sealed on the way in, opened for a purpose that the audit log tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from instructors.people.models import Instructor, InstructorIdentity
from instructors.people.queries.instructors import ID_DIGEST, PHONE_DIGEST, instructors_visible_to
from instructors.people.rules.identity_number import (
    IdKind,
    id_key,
    normal_bank_account,
    normal_id_number,
    passes_luhn,
)
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.queries.contacts import FULL_VALUE
from tenants.bureau.rules.masking import mask_bank_account, mask_id_number, mask_phone
from tenants.bureau.rules.phone import normal_phone
from tenants.bureau.rules.purposes import check_purpose
from wangge.errors import not_found
from wangge.kernel.permissions import require
from wangge.kernel.sealing import Sealer

REVEALED = ("id_number", "phone", "bank_account")
_KEPT_IN = {"id_number": "id_sealed", "phone": "phone_sealed", "bank_account": "bank_sealed"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is to be sealed about a person; None: not touched, an empty text: removed."""

    id_number: str | None = None
    id_kind: IdKind = IdKind.RESIDENT
    phone: str | None = None
    bank_account: str | None = None

    def normal(self) -> Numbers:
        """The same in their normal forms; raises 422 ID_NUMBER, PHONE_FORMAT or BANK_ACCOUNT."""
        return Numbers(
            id_number=normal_id_number(self.id_number, self.id_kind) if self.id_number else self.id_number,
            id_kind=self.id_kind,
            phone=normal_phone(self.phone) if self.phone else self.phone,
            bank_account=normal_bank_account(self.bank_account) if self.bank_account else self.bank_account,
        )

    def warnings(self) -> list[dict[str, str]]:
        """What is worth a second look but stands: a card number without the usual check digit."""
        if not self.bank_account or passes_luhn(self.bank_account):
            return []
        return [
            {
                "code": "BANK_LUHN", "field": "bank_account", "zh": "银行卡号校验位不符，请核对（存折账号可忽略）",
                "en": "the card number's check digit does not fit: compare it (passbooks may have none)",
            }
        ]  # fmt: skip


def sealed_columns(keys: Sealer, instructor_id: int, numbers: Numbers) -> dict[str, Any]:
    """The columns of `InstructorIdentity` for numbers in their normal forms; those not touched are missing."""
    columns: dict[str, Any] = {}
    if numbers.id_number is not None:
        number, key = numbers.id_number, id_key(numbers.id_number, numbers.id_kind)
        columns["id_sealed"] = _sealed(keys, instructor_id, "id_number", number)
        columns["id_digest"] = keys.digest(key, purpose=ID_DIGEST) if number else None
        columns["id_masked"] = mask_id_number(number)
    if numbers.phone is not None:
        columns["phone_sealed"] = _sealed(keys, instructor_id, "phone", numbers.phone)
        columns["phone_digest"] = keys.digest(numbers.phone, purpose=PHONE_DIGEST) if numbers.phone else ""
        columns["phone_masked"] = mask_phone(numbers.phone)
    if numbers.bank_account is not None:
        columns["bank_sealed"] = _sealed(keys, instructor_id, "bank_account", numbers.bank_account)
        columns["bank_masked"] = mask_bank_account(numbers.bank_account)
    return columns


def _sealed(keys: Sealer, instructor_id: int, what: str, number: str) -> bytes | None:
    return keys.seal(number.encode(), purpose=_place(instructor_id, what)) if number else None


def _place(instructor_id: int, what: str) -> str:
    """What a sealed number is bound to: copied into another person's row, or another column, it does not open."""
    return f"instructor:{what}:{instructor_id}"


def opened_bank_account(keys: Sealer, identity: InstructorIdentity) -> str:
    """The kept account in full, to be compared and not to be shown; empty without one."""
    if identity.bank_sealed is None:
        return ""
    place = _place(identity.instructor_id, "bank_account")
    return keys.open(bytes(identity.bank_sealed), purpose=place).decode()


def opened_phone(keys: Sealer, identity: InstructorIdentity | None) -> str:
    """The kept phone in full, for a message to its owner and not to be shown; empty without one."""
    if identity is None or identity.phone_sealed is None:
        return ""
    place = _place(identity.instructor_id, "phone")
    return keys.open(bytes(identity.phone_sealed), purpose=place).decode()


def keep_numbers(instructor: Instructor, numbers: Numbers) -> dict[str, str]:
    """Seal a person's numbers in their normal forms; returns the masked ones that changed.

    The caller has decided that the person may be changed, and holds the transaction. An identity number that another
    person bears raises IntegrityError.
    """
    columns = sealed_columns(sealer(), instructor.pk, numbers)
    if columns:
        InstructorIdentity.objects.update_or_create(instructor=instructor, defaults=columns)
    return {name: value for name, value in columns.items() if name.endswith("_masked")}


@transaction.atomic
def reveal_instructor(
    *, instructor_id: int, items: Sequence[str], purpose: str, note: str, acting_user: User
) -> dict[str, str]:
    """The full values asked for; the audit row with purpose and fields is written before they are opened.

    Raises 404, 403 without `personal.full_value` for the person's unit, 422 PURPOSE_REQUIRED or PURPOSE_UNKNOWN, 404
    when none of the values is kept. Whoever calls it sends them only after this transaction has committed.
    """
    person = instructors_visible_to(acting_user).filter(pk=instructor_id).first()
    if person is None:
        raise not_found("指导员", "instructor")
    require(acting_user, FULL_VALUE, person.unit_path)
    reason = check_purpose(purpose, note)
    kept = InstructorIdentity.objects.filter(instructor_id=instructor_id).first()
    sealed = {what: getattr(kept, _KEPT_IN[what], None) for what in sorted(set(items))}
    if not any(value is not None for value in sealed.values()):
        raise not_found("证件或联系信息", "number")
    record_audit(
        acting_user=acting_user,
        action="personal.reveal",
        subject=person,
        after={"fields": sorted(sealed), "purpose": purpose},
        reason=reason,
    )
    keys = sealer()
    return {
        what: keys.open(bytes(value), purpose=_place(instructor_id, what)).decode()
        for what, value in sealed.items()
        if value is not None
    }
