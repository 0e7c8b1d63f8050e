"""Whatever changes in an audit row changes its digest; whatever is only written differently does not."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.accounts.rules.audit_chain import (
    BEGINNING,
    EventFacts,
    LinkFacts,
    canonical_event,
    canonical_json,
    link_digest,
)

KEY = bytes(range(32))
LINK = LinkFacts(horizon=900, era=1, sealed_at=datetime(2026, 11, 22, 8, tzinfo=UTC))

numbers = (
    st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
documents = st.recursive(
    st.none() | st.booleans() | words | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
moments = st.integers(0, 4 * 10**15).map(
    lambda us: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)
events = st.builds(
    EventFacts,
    id=st.integers(1, 2**63 - 1),
    at=moments,
    actor_id=st.none() | st.integers(1, 2**63 - 1),
    **dict.fromkeys(
        ("actor_label", "organisation", "action", "subject_type", "subject_id", "reason", "request_id"), words
    ),
    policy_version=words,
    before=st.none() | documents.map(json.dumps),
    after=st.none() | documents.map(json.dumps),
    transaction_id=st.integers(1, 2**63 - 1),
)


def _digest(event: EventFacts, **link: object) -> bytes:
    return link_digest(KEY, BEGINNING, event, dataclasses.replace(LINK, **link))


@given(events, events, st.sampled_from([field.name for field in dataclasses.fields(EventFacts)]))
def test_any_change_of_any_field_changes_the_digest(event, other, name):
    changed = dataclasses.replace(event, **{name: getattr(other, name)})
    same = canonical_json_of(event, name) == canonical_json_of(changed, name)
    assert (_digest(event) == _digest(changed)) is same


def canonical_json_of(event: EventFacts, name: str) -> object:
    """The field's value as the database would compare it."""
    value = getattr(event, name)
    if name in ("before", "after") and value is not None:
        return canonical_json(json.loads(value, parse_float=Decimal, parse_int=Decimal))
    return value


@given(events)
def test_text_does_not_slip_from_one_field_into_the_next(event):
    moved = dataclasses.replace(event, reason="", policy_version=event.reason + event.policy_version)
    assert (_digest(event) == _digest(moved)) is (event.reason == "")


@pytest.mark.parametrize(
    "change",
    [{"horizon": 901}, {"era": 2}, {"sealed_at": LINK.sealed_at + timedelta(microseconds=1)}],
    ids=lambda change: next(iter(change)),
)
@given(event=events)
def test_the_links_own_columns_are_bound(change, event):
    assert _digest(event) != _digest(event, **change)


@given(events)
def test_the_digest_before_and_the_key_are_bound(event):
    other_start = link_digest(KEY, bytes([1] * 32), event, LINK)
    other_key = link_digest(bytes(32), BEGINNING, event, LINK)
    assert len({_digest(event), other_start, other_key}) == 3


@given(events, st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_time_zone(event, minutes):
    shown = event.at.astimezone(timezone(timedelta(minutes=minutes)))
    assert canonical_event(dataclasses.replace(event, at=shown)) == canonical_event(event)


def test_a_moment_without_an_offset_is_refused():
    naive = LINK.sealed_at.replace(tzinfo=None)
    with pytest.raises(ValueError, match="offset"):
        canonical_event(EventFacts(1, naive, None, "", "", "", "", "", None, None, "", "", "", 1))


@given(documents)
def test_a_document_survives_being_written_and_read(document):
    again = json.loads(json.dumps(document, indent=2, ensure_ascii=False))
    assert canonical_json(again) == canonical_json(document)


@given(st.dictionaries(words, numbers, max_size=5))
def test_the_order_of_keys_does_not_matter(document):
    backwards = dict(reversed(list(document.items())))
    assert canonical_json(backwards) == canonical_json(document)


@given(numbers)
def test_a_number_is_the_same_however_it_is_written(number):
    exact = Decimal(repr(number) if isinstance(number, float) else number)
    if exact == 0:
        assert canonical_json(number) == "0"
        return
    scaled = Decimal(f"{exact:f}" + ("0" if "." in f"{exact:f}" else ".0"))
    assert canonical_json(scaled) == canonical_json(number) == canonical_json(exact)
    assert Decimal(canonical_json(number)) == exact


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (0.1, Decimal("0.1000000000000000000000001")),
        (10**400, 10**400 + 1),
        ("é", "e\u0301"),
        (None, "null"),
        ([], {}),
        ([1, 2], [2, 1]),
        ({"a": None}, {}),
    ],
)
def test_what_differs_is_told_apart(one, other):
    assert canonical_json(one) != canonical_json(other)


def test_an_absent_document_is_not_a_null_document():
    event = EventFacts(1, LINK.sealed_at, None, "", "", "", "", "", None, None, "", "", "", 1)
    assert canonical_event(event) != canonical_event(dataclasses.replace(event, before="null"))


@pytest.mark.parametrize("value", [object(), float("nan"), b"x", Decimal("inf")])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)
