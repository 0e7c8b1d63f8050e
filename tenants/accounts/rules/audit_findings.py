"""A walk along the sealed chain tells what was changed, removed, put in, moved or cut off, and where.

A link is proved by the digest stored before it, so one change shows at one place and the walk goes on behind it.
What does not fit is kept aside (a bounded number) and judged at the end, when events and digests that have only
changed places can be told from those that were altered.

Rule: X07
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tenants.accounts.rules.audit_chain import BEGINNING, EventFacts, LinkFacts, link_digest

# Who rewrites a whole chain leaves millions of findings; the first say it all, the rest are counted.
SUSPECTS_KEPT = 100
FINDINGS_KEPT = 200


class FindingKind(StrEnum):
    """What may be wrong with a chain."""

    CHANGED = "CHANGED"
    MISSING = "MISSING"
    INSERTED = "INSERTED"
    REORDERED = "REORDERED"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    CUT_SHORT = "CUT_SHORT"


MEANINGS: dict[FindingKind, tuple[str, str]] = {
    FindingKind.CHANGED: (
        "该记录（或链上紧邻其前的记录）与封存时不一致",
        "this event, or what stood right before it in the chain, is not what was sealed",
    ),
    FindingKind.MISSING: (
        "已封存的记录或链环已不存在",
        "an event that was sealed, or a link of the chain, is gone",
    ),
    FindingKind.INSERTED: (
        "该记录未封存，却声称写于已封存的时段或尚未发生的事务",
        "this event is not sealed, yet claims a transaction that was sealed long ago or has not happened",
    ),
    FindingKind.REORDERED: (
        "该记录或链环不在封存时的位置",
        "this event or link does not stand where it stood when it was sealed",
    ),
    FindingKind.CHAIN_BROKEN: (
        "链环的摘要与其记录、前后链环或另存的链尾不符",
        "the link's digest fits neither its event and neighbours nor the head kept outside",
    ),
    FindingKind.CUT_SHORT: (
        "另存的链尾比现有的链更长：链的末端被截去",
        "the head kept outside is ahead of the chain: its end was cut off",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the event and the place in the chain it was found at."""

    kind: FindingKind
    event_id: int | None = None
    sequence: int | None = None
    count: int = 1

    @property
    def zh(self) -> str:
        """What it means, in Chinese."""
        return MEANINGS[self.kind][0]

    @property
    def en(self) -> str:
        """What it means, in English."""
        return MEANINGS[self.kind][1]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A stored link."""

    sequence: int
    event_id: int
    digest: bytes
    facts: LinkFacts


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The end of the chain as somebody outside has kept it."""

    sequence: int
    digest: bytes
    kept_at: datetime


@dataclass(slots=True)
class Findings:
    """What was found so far: the first ones in full, the others by number."""

    kept: list[Finding] = field(default_factory=list)
    total: int = 0

    def add(self, finding: Finding) -> None:
        """Remember one more."""
        self.total += finding.count
        if len(self.kept) < FINDINGS_KEPT:
            self.kept.append(finding)


@dataclass(frozen=True, slots=True)
class _Suspect:
    link: ChainLink
    event: EventFacts
    previous: bytes | None  # None: the link before it is gone
    due: bytes | None  # the digest it should have after `previous`


class ChainWalk:
    """Takes links in the order of their sequence, each with its event or None, and ends in findings."""

    def __init__(self, key: bytes, heads: Iterable[KeptHead] = ()) -> None:
        self._key = key
        self._heads = {head.sequence: head for head in heads}
        self._previous: bytes | None = BEGINNING
        self._suspects: list[_Suspect] = []
        self._not_judged = 0
        self._strange_heads: list[tuple[KeptHead, int | None]] = []
        self.findings = Findings()
        self.last: ChainLink | None = None
        self.era_began_at: datetime | None = None
        self.sealed = 0
        self.rewound = 0

    def take(self, link: ChainLink, event: EventFacts | None) -> None:
        """Walk over one link."""
        self._step(link)
        self._remember_head(link)
        if event is None:
            self.findings.add(Finding(FindingKind.MISSING, link.event_id, link.sequence))
        else:
            self._compare(link, event)
        self._previous, self.last = link.digest, link
        self.sealed += 1

    def finish(self) -> Findings:
        """Judge what did not fit, and the heads kept outside; the walk is over."""
        self._judge_heads()
        for finding in self._judged():
            self.findings.add(finding)
        if self._not_judged:
            self.findings.add(Finding(FindingKind.CHAIN_BROKEN, count=self._not_judged))
        return self.findings

    def _step(self, link: ChainLink) -> None:
        expected = self.last.sequence + 1 if self.last else 1
        if link.sequence > expected:
            # Nothing tells what stood in the gap, so the next link cannot be proved from the one before it.
            gone = link.sequence - expected
            self.findings.add(Finding(FindingKind.MISSING, sequence=expected, count=gone))
            self._previous = None
        elif link.sequence < expected:
            self.findings.add(Finding(FindingKind.REORDERED, link.event_id, link.sequence))
        if self.last is None or link.facts.era != self.last.facts.era:
            self.era_began_at = link.facts.sealed_at

    def _remember_head(self, link: ChainLink) -> None:
        head = self._heads.pop(link.sequence, None)
        if head is not None and not hmac.compare_digest(head.digest, link.digest):
            self._strange_heads.append((head, link.event_id))

    def _compare(self, link: ChainLink, event: EventFacts) -> None:
        due = None
        if self._previous is not None:
            due = link_digest(self._key, self._previous, event, link.facts)
            if hmac.compare_digest(due, link.digest):
                return
        if len(self._suspects) < SUSPECTS_KEPT:
            self._suspects.append(_Suspect(link, event, self._previous, due))
        elif due is not None:
            self._not_judged += 1

    def _judge_heads(self) -> None:
        """A head kept before the last era began may be ahead: a restored backup is shorter, and says so."""
        beyond = [(head, None) for head in self._heads.values()]
        for head, event_id in [*self._strange_heads, *beyond]:
            if self.era_began_at is not None and self._is_older_than_era(head):
                self.rewound = max(self.rewound, head.sequence)
                continue
            cut = self.last is None or head.sequence > self.last.sequence
            kind = FindingKind.CUT_SHORT if cut else FindingKind.CHAIN_BROKEN
            self.findings.add(Finding(kind, event_id, head.sequence))

    def _is_older_than_era(self, head: KeptHead) -> bool:
        later_era = self.last is not None and self.last.facts.era > 1
        return later_era and self.era_began_at is not None and head.kept_at < self.era_began_at

    def _judged(self) -> Iterator[Finding]:
        """Name what is wrong with every link that did not fit."""
        forged, innocent = self._altered_digests()
        for position, suspect in enumerate(self._suspects):
            if position in innocent:
                continue
            kind = FindingKind.CHAIN_BROKEN if position in forged else self._kind_of(position)
            if kind is not None:
                yield Finding(kind, suspect.link.event_id, suspect.link.sequence)

    def _altered_digests(self) -> tuple[set[int], set[int]]:
        """Links whose own digest was altered, and those after them that therefore did not fit."""
        forged: set[int] = set()
        innocent: set[int] = set()
        for position in range(1, len(self._suspects)):
            before, here = self._suspects[position - 1], self._suspects[position]
            follows = here.link.sequence == before.link.sequence + 1 and before.due is not None
            if follows and position - 1 not in innocent and self._fits(before.due, here.event, here.link):
                forged.add(position - 1)
                innocent.add(position)
        return forged, innocent

    def _kind_of(self, position: int) -> FindingKind | None:
        suspect = self._suspects[position]
        others = [other for other in self._suspects if other is not suspect]
        if any(self._fits(suspect.previous, other.event, suspect.link) for other in others):
            return FindingKind.REORDERED
        digests = {other.previous for other in others} | {other.link.digest for other in others}
        if any(self._fits(digest, suspect.event, suspect.link) for digest in digests):
            return FindingKind.REORDERED
        if suspect.due is None:
            return None  # what stood before it is gone, which has been told
        following = self._suspects[position + 1] if position + 1 < len(self._suspects) else None
        broken = following is not None and following.link.sequence == suspect.link.sequence + 1
        return FindingKind.CHAIN_BROKEN if broken else FindingKind.CHANGED

    def _fits(self, previous: bytes | None, event: EventFacts, link: ChainLink) -> bool:
        if previous is None:
            return False
        return hmac.compare_digest(link_digest(self._key, previous, event, link.facts), link.digest)
