"""Writes of how people are reached, and the one way to a full value: with a purpose, told in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.models import ContactPhone
from tenants.bureau.queries.contacts import FULL_VALUE, PHONE, may_see_full_value
from tenants.bureau.rules.masking import mask_phone
from tenants.bureau.rules.phone import normal_phone
from tenants.bureau.rules.purposes import check_purpose
from wangge.errors import forbidden, not_found


@transaction.atomic
def keep_phone(*, user: User, phone: str, acting_user: User) -> None:
    """Seal a person's phone number, or remove it when the text is empty; raises 422 PHONE_FORMAT.

    The caller has decided that the person may be changed.
    """
    before = masked_phone(user)
    if not phone.strip():
        ContactPhone.objects.filter(user=user).delete()
        user._state.fields_cache.pop("contact_phone", None)
        after = None
    else:
        digits = normal_phone(phone)
        keys = sealer()
        after = mask_phone(digits)
        kept, _ = ContactPhone.objects.update_or_create(
            user=user,
            defaults={
                "sealed": keys.seal(digits.encode(), purpose=_place(user.pk)),
                "digest": keys.digest(digits, purpose=PHONE),
                "masked": after,
                "changed_at": timezone.now(),
            },
        )
        user.contact_phone = kept
    record_audit(
        acting_user=acting_user,
        action="user.set_phone",
        subject=user,
        before={"phone": before},
        after={"phone": after},
    )


def masked_phone(user: User) -> str | None:
    """The person's number as everybody sees it; None without one."""
    kept: ContactPhone | None = getattr(user, "contact_phone", None)
    return kept.masked if kept is not None else None


@transaction.atomic
def reveal_personal_data(
    *, user_id: int, items: Sequence[str], purpose: str, note: str, acting_user: User
) -> dict[str, str]:
    """The full values of a person; the audit row with purpose and fields is written before they are opened.

    Raises 422 PURPOSE_REQUIRED or PURPOSE_UNKNOWN, 403 without the right for that person's units, 404 when there is
    no value. Whoever calls it sends the values only after this transaction has committed.
    """
    reason = check_purpose(purpose, note)
    if not may_see_full_value(acting_user, user_id):
        raise forbidden(FULL_VALUE)
    kept = ContactPhone.objects.filter(user_id=user_id).first()
    if kept is None:
        raise not_found("联系电话", "contact phone")
    record_audit(
        acting_user=acting_user,
        action="personal.reveal",
        subject=("accounts.user", user_id),
        after={"fields": sorted(set(items)), "purpose": purpose},
        reason=reason,
    )
    return {"phone": sealer().open(bytes(kept.sealed), purpose=_place(user_id)).decode()}


def _place(user_id: int) -> str:
    """What a sealed number is bound to: copied into another person's row it does not open."""
    return f"{PHONE}:{user_id}"
