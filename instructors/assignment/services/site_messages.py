"""Word to instructors whose sites are retired or come back. Rule: J12"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from instructors.assignment.models import Booking, Site, SiteNeed
from instructors.assignment.queries.needs import servers_in_force, weekly_duty
from instructors.assignment.rules.bookings import KINDS_ZH, time_told
from instructors.assignment.rules.named_findings import Masked
from instructors.assignment.rules.site_notices import (
    Concerned,
    Words,
    words_of_retired,
    words_of_returned,
)
from instructors.assignment.services.telling import Letter, tell_people
from instructors.people.models import Instructor
from tenants.bureau.rules.masking import mask_name

RETIRED, RETURNED = "site.retired", "site.returned"
_WORDS: dict[str, Callable[[Concerned, int], Words]] = {
    RETIRED: words_of_retired,
    RETURNED: words_of_returned,
}


@dataclass(frozen=True, slots=True)
class SiteNews:
    """What is told: `import_id` makes it one message for each person, however often it is queued.

    `duties`: given back, or standing again; `duties_away`: those that did not come back; `others`: classes and
    meetings, which stand in both cases; `sites`: whose heads are told; `needs`: that ended, or are asked for again,
    whether or not duties of them were booked.
    """

    template: str
    import_id: int
    sites: Sequence[Site]
    duties: Sequence[Booking] = ()
    duties_away: Sequence[Booking] = ()
    others: Sequence[Booking] = ()
    needs: Sequence[SiteNeed] = ()


def masked(person: Instructor) -> Masked:
    """The person as findings keep one."""
    return Masked(person.pk, mask_name(person.name))


def tell_instructors(news: SiteNews) -> list[Masked]:
    """Queue one message for each person concerned, as `tell_people` does; returns those whom none reaches.

    Masked, for they are kept with the import, whoever reads that.
    """
    letters = {
        person: Letter(partial(_WORDS[news.template], mine), len(mine.duties))
        for person, mine in _concerned(news).items()
    }
    return [masked(person) for person in tell_people(news.template, str(news.import_id), letters)]


def _concerned(news: SiteNews) -> Mapping[int, Concerned]:
    found: defaultdict[int, Concerned] = defaultdict(Concerned)
    for person, row in of_people(news.duties):
        found[person].duties.append(line_of(row))
    for person, row in of_people(news.duties_away):
        found[person].duties_away.append(line_of(row))
    for person, row in of_people(news.others):
        found[person].others.append(f"{line_of(row)}（{KINDS_ZH[row.kind]}）")
    needs = {need.pk: need for need in news.needs}
    for person, need in servers_in_force(needs) if needs else ():
        found[person].weekly.append(weekly_duty(needs[need]).zh)
    for site in news.sites:
        if site.head_id is not None:
            found[site.head_id].headed.append(site.name)
    return found


def of_people(rows: Iterable[Booking]) -> Iterator[tuple[int, Booking]]:
    """Bookings that take somebody's time, with whose, in the order in which they begin."""
    for row in sorted(rows, key=lambda each: each.starts_at):
        if row.instructor_id is not None:
            yield row.instructor_id, row


def line_of(row: Booking) -> str:
    """When and where a booking is, for its person to read."""
    place = row.town.name if row.site is None else row.site.name
    return f"{time_told(row.starts_at, row.ends_at)} {place}"
