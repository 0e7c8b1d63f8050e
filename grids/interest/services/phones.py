"""Phones of members and participants: sealed under the city's key, found by keyed digest, shown masked. Rule: X07"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grids.interest.models import GridMember, Participant
from grids.interest.queries.members import MEMBER_PHONE, PARTICIPANT_PHONE
from tenants.accounts.queries import sealer
from tenants.bureau.rules.masking import mask_phone
from wangge.kernel.sealing import Sealer

_PURPOSE: dict[type[Any], str] = {GridMember: MEMBER_PHONE, Participant: PARTICIPANT_PHONE}


@dataclass(frozen=True, slots=True)
class PhoneColumns:
    """A phone as its row keeps it."""

    phone_sealed: bytes | None
    phone_digest: str | None
    phone_masked: str


def digest_of_phone(kind: type[Any], phone: str) -> str:
    """What a normal phone of a member or a participant is found by in this city."""
    return sealer().digest(phone, purpose=_PURPOSE[kind])


def phone_columns(keys: Sealer, kind: type[Any], row_id: int, phone: str) -> PhoneColumns:
    """The columns of a normal phone, or of none; sealed to this row, it opens in no other."""
    if not phone:
        return PhoneColumns(None, None, "")
    purpose = _PURPOSE[kind]
    sealed = keys.seal(phone.encode(), purpose=f"{purpose}:{row_id}")
    return PhoneColumns(sealed, keys.digest(phone, purpose=purpose), mask_phone(phone))


def keep_phone(row: GridMember | Participant, phone: str) -> None:
    """Seal a normal phone (empty: forget it) in a row that is saved already; a phone of another row: IntegrityError."""
    columns = phone_columns(sealer(), type(row), row.pk, phone)
    row.phone_sealed, row.phone_digest = columns.phone_sealed, columns.phone_digest
    row.phone_masked = columns.phone_masked
    row.save(update_fields=["phone_sealed", "phone_digest", "phone_masked"])


def opened_phone(row: GridMember | Participant, keys: Sealer | None = None) -> str:
    """The phone in full; the caller has written down who looks at it and what for. `keys`: read once for many rows."""
    if row.phone_sealed is None:
        return ""
    purpose = f"{_PURPOSE[type(row)]}:{row.pk}"
    return (keys or sealer()).open(bytes(row.phone_sealed), purpose=purpose).decode()
