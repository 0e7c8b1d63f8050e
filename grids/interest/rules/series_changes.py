"""What becomes of the coming occurrences of an activity when its times are read anew.

Held ones and those that have begun are not handed in: they stay. One whose time stays keeps its id; one that somebody
cancelled stays cancelled; one that only the product had (moved with the series, or taken by others) comes back;
one to which people have checked in before its time is not dropped.

Rule: J09
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from grids.interest.rules.activity_states import BY_ITSELF, OccurrenceState


@dataclass(frozen=True, slots=True)
class ComingOccurrence:
    """An occurrence that has not begun, as it stands."""

    id: int
    starts_at: datetime
    state: OccurrenceState
    cancel_category: str = ""
    is_attended: bool = False


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """Ids that stay planned, come back, and are dropped; and the times that are new, in order."""

    kept: tuple[int, ...]
    revived: tuple[int, ...]
    dropped: tuple[int, ...]
    added: tuple[datetime, ...]


def series_change(standing: Iterable[ComingOccurrence], times: Collection[datetime]) -> SeriesChange:
    """How to come from what stands to these times; doing it twice changes nothing more."""
    rows = sorted(standing, key=lambda each: each.starts_at)
    wanted, known = set(times), {each.starts_at for each in rows}
    planned = [each for each in rows if each.state == OccurrenceState.PLANNED]
    return SeriesChange(
        kept=tuple(each.id for each in planned if each.starts_at in wanted),
        revived=tuple(each.id for each in rows if _comes_back(each) and each.starts_at in wanted),
        dropped=tuple(each.id for each in planned if each.starts_at not in wanted and not each.is_attended),
        added=tuple(sorted(wanted - known)),
    )


def _comes_back(row: ComingOccurrence) -> bool:
    return row.state == OccurrenceState.CANCELLED and row.cancel_category in BY_ITSELF
