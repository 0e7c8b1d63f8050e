"""Word to instructors whose sites are retired or come back: in the product to who has an account, else by SMS. Rule: J12"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from instructors.assignment.models import Booking, Site
from instructors.assignment.rules.bookings import KINDS_ZH, time_told
from instructors.assignment.rules.named_findings import Masked
from instructors.assignment.rules.site_notices import (
    MOST_IN_PRODUCT,
    MOST_IN_SMS,
    Concerned,
    Words,
    words_of_retired,
    words_of_returned,
)
from instructors.people.models import Instructor
from instructors.people.services.identity import opened_phone
from tenants.accounts.queries import sealer
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.services.outbox import Message, queue_messages
from wangge.kernel.sealing import Sealer

RETIRED, RETURNED = "site.retired", "site.returned"
_WORDS: dict[str, Callable[[Concerned, int], Words]] = {
    RETIRED: words_of_retired,
    RETURNED: words_of_returned,
}


@dataclass(frozen=True, slots=True)
class SiteNews:
    """What is told: `import_id` makes it one message for each person, however often it is queued.

    `duties`: given back, or standing again; `duties_away`: those that did not come back; `others`: classes and
    meetings, which stand in both cases; `sites`: whose heads are told.
    """

    template: str
    import_id: int
    sites: Sequence[Site]
    duties: Sequence[Booking] = ()
    duties_away: Sequence[Booking] = ()
    others: Sequence[Booking] = ()


def masked(person: Instructor) -> Masked:
    """The person as findings keep one."""
    return Masked(person.pk, mask_name(person.name))


def tell_instructors(news: SiteNews) -> list[Masked]:
    """Queue one message for each person concerned; returns those whom none reaches.

    Who has left the register is not told. A fixed number of statements.
    """
    concerned = _concerned(news)
    rows = Instructor.objects.filter(pk__in=concerned).select_related("identity", "user").order_by("id")
    people = list(rows.filter(Q(left_on=None) | Q(left_on__gte=today())))
    keys = sealer()
    reached: list[Message] = []
    missed: list[Masked] = []
    for person in people:
        message = _message(news, person, concerned[person.pk], _address(person, keys))
        if message is None:
            missed.append(masked(person))
        else:
            reached.append(message)
    queue_messages(reached)
    return missed


def _concerned(news: SiteNews) -> Mapping[int, Concerned]:
    found: defaultdict[int, Concerned] = defaultdict(Concerned)
    for person, row in _of_people(news.duties):
        found[person].duties.append(_line(row))
    for person, row in _of_people(news.duties_away):
        found[person].duties_away.append(_line(row))
    for person, row in _of_people(news.others):
        found[person].others.append(f"{_line(row)}（{KINDS_ZH[row.kind]}）")
    for site in news.sites:
        if site.head_id is not None:
            found[site.head_id].headed.append(site.name)
    return found


def _of_people(rows: Iterable[Booking]) -> Iterator[tuple[int, Booking]]:
    for row in sorted(rows, key=lambda each: each.starts_at):
        if row.instructor_id is not None:
            yield row.instructor_id, row


def _line(row: Booking) -> str:
    place = row.town.name if row.site is None else row.site.name
    return f"{time_told(row.starts_at, row.ends_at)} {place}"


def _address(person: Instructor, keys: Sealer) -> tuple[str, str] | None:
    """Channel and recipient; None for who has neither an account nor a phone."""
    if person.user is not None and person.user.is_active:
        return "in_app", f"accounts.user:{person.user_id}"
    phone = opened_phone(keys, getattr(person, "identity", None))
    return ("sms", phone) if phone else None


def _message(
    news: SiteNews, person: Instructor, mine: Concerned, address: tuple[str, str] | None
) -> Message | None:
    if address is None:
        return None
    channel, recipient = address
    words = _WORDS[news.template](mine, MOST_IN_PRODUCT if channel == "in_app" else MOST_IN_SMS)
    facts = {"title": words.title, "text": words.text, "duties": len(mine.duties), "rule": "J12"}
    return Message(channel, recipient, news.template, facts, f"{news.template}:{news.import_id}:i{person.pk}")
