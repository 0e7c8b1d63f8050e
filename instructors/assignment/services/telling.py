"""Word to instructors: in the product to who has an account, else by SMS. Rule: J12"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from instructors.assignment.rules.site_notices import MOST_IN_PRODUCT, MOST_IN_SMS, Words
from instructors.people.models import Instructor
from instructors.people.services.identity import opened_phone
from tenants.accounts.queries import sealer
from tenants.bureau.queries.days import today
from tenants.bureau.services.outbox import Message, queue_messages
from wangge.kernel.sealing import Sealer

# Nothing of these is needed to reach somebody.
_UNREAD = ("home", "identity__id_sealed", "identity__bank_sealed")


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person reads: the words for so many lines at most, and how many duties they speak of."""

    words: Callable[[int], Words]
    duties: int


def tell_people(template: str, key: str, letters: Mapping[int, Letter]) -> list[Instructor]:
    """Queue one message for each of these instructors; those whom none reaches, with their units, by id.

    `key`: what happened; it makes it one message for each person, however often it is queued. Who has left the register
    is not told. A fixed number of statements and one for every 500 people; none where there is nobody to tell.
    """
    if not letters:
        return []
    rows = Instructor.objects.filter(pk__in=letters).select_related("identity", "user", "unit").order_by("id")
    people = rows.filter(Q(left_on=None) | Q(left_on__gte=today())).defer(*_UNREAD)
    keys = sealer()
    reached: list[Message] = []
    missed: list[Instructor] = []
    for person in people:
        address = _address(person, keys)
        if address is None:
            missed.append(person)
        else:
            reached.append(_message(template, f"{template}:{key}:i{person.pk}", letters[person.pk], *address))
    queue_messages(reached)
    return missed


def _address(person: Instructor, keys: Sealer) -> tuple[str, str] | None:
    """Channel and recipient; None for who has neither an account nor a phone."""
    if person.user is not None and person.user.is_active:
        return "in_app", f"accounts.user:{person.user_id}"
    phone = opened_phone(keys, getattr(person, "identity", None))
    return ("sms", phone) if phone else None


def _message(template: str, key: str, letter: Letter, channel: str, recipient: str) -> Message:
    words = letter.words(MOST_IN_PRODUCT if channel == "in_app" else MOST_IN_SMS)
    facts = {"title": words.title, "text": words.text, "duties": letter.duties, "rule": "J12"}
    return Message(channel, recipient, template, facts, key)
