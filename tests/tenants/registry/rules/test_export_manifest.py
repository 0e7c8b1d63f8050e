"""Manifests come back as they were written, and nothing malformed comes through."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.registry.rules.export_manifest import (
    CityFacts,
    Column,
    KeptFile,
    Manifest,
    Sequence,
    Table,
    parse_manifest,
)
from wangge.errors import RuleBroken

SUM = "0" * 64
MANIFEST = Manifest(
    product_version="1",
    exported_at="2026-11-01T08:00:00+00:00",
    installation="wangge",
    city=CityFacts("jiaozuo", "焦作市", "410800", 4547, "", ("jiaozuo.test",)),
    migrations=frozenset({("bureau", "0001_initial")}),
    tables=(Table("bureau_grant", (Column("id", "bigint"),), 1, 5, SUM),),
    left_out=("django_session",),
    sequences=(Sequence("bureau_grant_id_seq", 7, True),),
    files=(KeptFile("a/b", 3, SUM),),
    receiver="wgr1-x",
    data_key="eA==",
    audit_head=None,
)


def _document():
    return json.loads(json.dumps(MANIFEST.document()))


def test_a_manifest_comes_back_as_it_was_written():
    assert parse_manifest(_document()) == MANIFEST


def test_a_newer_format_is_told_apart_from_a_broken_one():
    newer = _document() | {"format_version": 2}
    with pytest.raises(RuleBroken) as refused:
        parse_manifest(newer)
    assert (refused.value.code, refused.value.status) == ("EXPORT_NEWER", 409)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "zip"),
        (("format_version",), "1"),
        (("format_version",), 0),
        (("tables", 0, "name"), 'grant"; DROP TABLE x; --'),
        (("tables", 0, "name"), "pg_catalog.pg_class"),
        (("tables", 0, "columns", 0, "name"), "id) FROM PROGRAM"),
        (("tables", 0, "rows"), -1),
        (("tables", 0, "rows"), True),
        (("tables", 0, "sha256"), "x"),
        (("sequences", 0, "name"), "x'y"),
        (("sequences", 0, "last_value"), "7"),
        (("files", 0, "key"), 7),
        (("files", 0, "key"), "a\x00b"),
        (("city", "hosts"), None),
        (("migrations",), [["a"]]),
        (("tables",), 3),
    ],
)
def test_malformed_is_refused(path, value):
    document = _document()
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(RuleBroken) as refused:
        parse_manifest(document)
    assert refused.value.code == "EXPORT_UNREADABLE"


@pytest.mark.parametrize("key", sorted(set(_document()) - {"format_version"}))
def test_nothing_may_be_missing(key):
    document = copy.deepcopy(_document())
    del document[key]
    with pytest.raises(RuleBroken):
        parse_manifest(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
def test_anything_else_is_a_refusal_and_no_fault(value):
    with pytest.raises(RuleBroken):
        parse_manifest(value)
    with pytest.raises(RuleBroken):
        parse_manifest(_document() | {"tables": value, "city": value})
