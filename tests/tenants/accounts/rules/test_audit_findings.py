"""Every way of spoiling a chain is found, at its place, and an honest chain is found clean."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.accounts.rules.audit_chain import BEGINNING, EventFacts, LinkFacts, link_digest
from tenants.accounts.rules.audit_findings import (
    FINDINGS_KEPT,
    MEANINGS,
    SUSPECTS_KEPT,
    ChainLink,
    ChainWalk,
    Finding,
    FindingKind,
    KeptHead,
)

KEY = bytes(range(32))
START = datetime(2026, 11, 22, 8, tzinfo=UTC)

Chain = list[tuple[ChainLink, EventFacts | None]]


def _event(number: int) -> EventFacts:
    return EventFacts(
        id=1000 + number, at=START, actor_id=7, actor_label="li", organisation="", action="test.act",
        subject_type="test", subject_id=str(number), before=None, after='{"n": 1}', reason="", policy_version="",
        request_id="", transaction_id=500 + number,
    )  # fmt: skip


def honest(length: int, key: bytes = KEY, era_from: int | None = None) -> Chain:
    """A chain of that many links; from a sequence on it stands in era 2, sealed an hour later."""
    chain: Chain = []
    digest = BEGINNING
    for sequence in range(1, length + 1):
        later = era_from is not None and sequence >= era_from
        facts = LinkFacts(horizon=10**6, era=2 if later else 1, sealed_at=START + timedelta(hours=later))
        event = _event(sequence)
        digest = link_digest(key, digest, event, facts)
        chain.append((ChainLink(sequence, event.id, digest, facts), event))
    return chain


def walked(chain: Chain, heads: list[KeptHead] | None = None) -> ChainWalk:
    walk = ChainWalk(KEY, heads or [])
    for link, event in chain:
        walk.take(link, event)
    walk.finish()
    return walk


def found(chain: Chain, heads: list[KeptHead] | None = None) -> list[tuple[str, int | None]]:
    return [(finding.kind.value, finding.sequence) for finding in walked(chain, heads).findings.kept]


def head_of(chain: Chain, at: datetime = START) -> KeptHead:
    return KeptHead(chain[-1][0].sequence, chain[-1][0].digest, at)


@given(st.integers(0, 20))
def test_an_honest_chain_is_clean(length):
    chain = honest(length)
    walk = walked(chain, [head_of(chain)] if chain else [])
    assert walk.findings.kept == []
    assert walk.sealed == length


@given(st.integers(2, 12), st.data())
def test_a_changed_event_is_named(length, data):
    chain = honest(length)
    at = data.draw(st.integers(0, length - 1))
    link, event = chain[at]
    chain[at] = (link, dataclasses.replace(event, reason="forged"))
    assert found(chain) == [("CHANGED", at + 1)]


@given(st.integers(1, 12), st.data())
def test_a_deleted_event_is_named_and_nothing_else(length, data):
    chain = honest(length)
    at = data.draw(st.integers(0, length - 1))
    chain[at] = (chain[at][0], None)
    walk = walked(chain)
    assert walk.findings.kept == [Finding(FindingKind.MISSING, 1001 + at, at + 1)]


@given(st.integers(3, 12), st.data())
def test_an_event_deleted_with_its_link_leaves_a_gap(length, data):
    chain = honest(length)
    at = data.draw(st.integers(0, length - 2))
    del chain[at]
    assert found(chain) == [("MISSING", at + 1)]


def test_a_gap_that_was_numbered_over_is_found():
    chain = honest(8)
    head = head_of(chain)
    del chain[3]
    chain = [
        (dataclasses.replace(link, sequence=number), event) for number, (link, event) in enumerate(chain, 1)
    ]
    assert found(chain) == [("CHANGED", 4)]
    assert ("CUT_SHORT", 8) in found(chain, [head])


@given(st.integers(2, 12), st.data())
def test_two_events_that_changed_places_are_reordered(length, data):
    chain = honest(length)
    one, other = sorted(data.draw(st.lists(st.integers(0, length - 1), min_size=2, max_size=2, unique=True)))
    (first, a), (second, b) = chain[one], chain[other]
    chain[one] = (dataclasses.replace(first, event_id=b.id), b)
    chain[other] = (dataclasses.replace(second, event_id=a.id), a)
    assert found(chain) == [("REORDERED", one + 1), ("REORDERED", other + 1)]


@given(st.integers(4, 12), st.data())
def test_two_links_that_changed_numbers_are_reordered(length, data):
    chain = honest(length)
    one, other = sorted(data.draw(st.lists(st.integers(0, length - 1), min_size=2, max_size=2, unique=True)))
    chain[one], chain[other] = chain[other], chain[one]
    chain = [
        (dataclasses.replace(link, sequence=number), event) for number, (link, event) in enumerate(chain, 1)
    ]
    kinds = {kind for kind, _ in found(chain)}
    assert "REORDERED" in kinds and kinds <= {"REORDERED", "CHAIN_BROKEN", "CHANGED"}


def test_a_link_numbered_before_the_beginning_is_found():
    chain = honest(5)
    chain[0] = (dataclasses.replace(chain[0][0], sequence=0), chain[0][1])
    assert ("REORDERED", 0) in found(chain)


@given(st.integers(3, 12), st.data())
def test_an_altered_digest_is_found_at_its_link_alone(length, data):
    chain = honest(length)
    at = data.draw(st.integers(0, length - 2))
    chain[at] = (dataclasses.replace(chain[at][0], digest=bytes(32)), chain[at][1])
    assert found(chain) == [("CHAIN_BROKEN", at + 1)]


@pytest.mark.parametrize(
    "change",
    [{"horizon": 5}, {"era": 9}, {"sealed_at": START - timedelta(days=1)}],
    ids=lambda c: next(iter(c)),
)
def test_an_altered_column_of_a_link_is_found(change):
    chain = honest(6)
    link, event = chain[2]
    chain[2] = (dataclasses.replace(link, facts=dataclasses.replace(link.facts, **change)), event)
    assert ("CHANGED", 3) in found(chain)


@pytest.mark.parametrize("length", [5, SUSPECTS_KEPT + FINDINGS_KEPT])
def test_a_chain_made_again_without_the_key_is_broken_all_over(length):
    walk = walked(honest(length, key=bytes(32)))
    assert walk.findings.total == length
    assert {finding.kind for finding in walk.findings.kept} >= {FindingKind.CHAIN_BROKEN}
    assert len(walk.findings.kept) <= FINDINGS_KEPT


def test_a_chain_cut_short_is_found_by_the_kept_head():
    chain = honest(9)
    head = head_of(chain)
    assert found(chain[:5]) == []
    assert found(chain[:5], [head]) == [("CUT_SHORT", 9)]
    assert found([], [head]) == [("CUT_SHORT", 9)]


def test_an_end_cut_off_and_grown_again_differs_from_the_kept_head():
    chain = honest(9)
    grown = honest(9, era_from=None)[:5]
    digest = grown[-1][0].digest
    for number in range(6, 10):
        event = dataclasses.replace(_event(number), reason="other")
        facts = LinkFacts(10**6, 1, START)
        digest = link_digest(KEY, digest, event, facts)
        grown.append((ChainLink(number, event.id, digest, facts), event))
    assert found(grown) == []
    assert found(grown, [head_of(chain)]) == [("CHAIN_BROKEN", 9)]


def test_a_restored_backup_is_shorter_than_the_heads_before_it_and_says_so():
    chain = honest(5, era_from=5)
    old = [KeptHead(9, bytes(32), START), KeptHead(5, bytes(32), START)]
    walk = walked(chain, old)
    assert (walk.findings.kept, walk.rewound) == ([], 9)
    later = KeptHead(9, bytes(32), START + timedelta(hours=2))
    assert found(chain, [later]) == [("CUT_SHORT", 9)]


def test_every_finding_is_told_in_both_languages():
    assert set(MEANINGS) == set(FindingKind)
    for kind in FindingKind:
        finding = Finding(kind)
        assert finding.zh and finding.en and finding.zh != finding.en
