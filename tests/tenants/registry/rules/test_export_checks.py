"""What is not safe, not whole or not ours is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenants.registry.rules.export_checks import (
    Entry,
    check_entries,
    check_key,
    check_sequences,
    check_tables,
    is_older,
)
from tenants.registry.rules.export_manifest import CityFacts, Column, KeptFile, Manifest, Sequence, Table
from wangge.errors import RuleBroken

SUM, MB = "0" * 64, 1024**2
ID, NAME = Column("id", "bigint"), Column("name", "text")
MANIFEST = Manifest(
    product_version="1",
    exported_at="2026-11-01T08:00:00+00:00",
    installation="wangge",
    city=CityFacts("jiaozuo", "焦作市", "410800", 4547, "", ()),
    migrations=frozenset(),
    tables=(Table("grid", (ID, NAME), 1, 5, SUM),),
    left_out=("django_session",),
    sequences=(Sequence("grid_id_seq", 7, True),),
    files=(KeptFile("a/b", 3, SUM),),
    receiver="",
    data_key="",
)
ENTRIES = (
    Entry("data/grid.csv", 5, 5, True),
    Entry("files/a/b", 3, 3, True),
    Entry("manifest.json", 9, 9, True),
)


def _code(call):
    try:
        call()
    except RuleBroken as refused:
        return refused.code
    return None


def _check(manifest=MANIFEST, entries=ENTRIES, file_bytes=100, most_bytes=10 * MB):
    return _code(lambda: check_entries(manifest, entries, file_bytes=file_bytes, most_bytes=most_bytes))


def test_what_was_described_passes():
    assert _check() is None


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../x", "a//b", "./a", "a/.", "a\\b", "c:x", "a\nb", "a\x00", "x" * 1025,
     "a/" + "x" * 256, "a/"],
)  # fmt: skip
def test_a_path_that_leaves_the_folder_is_unsafe(key):
    assert _code(lambda: check_key(key)) == "EXPORT_UNSAFE"


@pytest.mark.parametrize("key", ["a", "layer_import/0af", "多级/目录/文件.gpkg", "..a", "a..b"])
def test_a_plain_path_passes(key):
    check_key(key)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (ENTRIES[:1], "EXPORT_DAMAGED"),
        ((*ENTRIES, Entry("data/other.csv", 1, 1, True)), "EXPORT_UNSAFE"),
        ((*ENTRIES, ENTRIES[0]), "EXPORT_UNSAFE"),
        ((replace(ENTRIES[0], bytes=6), *ENTRIES[1:]), "EXPORT_DAMAGED"),
        ((replace(ENTRIES[0], is_plain_file=False), *ENTRIES[1:]), "EXPORT_UNSAFE"),
        ((replace(ENTRIES[0], packed_bytes=200), *ENTRIES[1:]), "EXPORT_UNSAFE"),
    ],
)
def test_entries_that_do_not_fit(entries, code):
    assert _check(entries=entries) == code


def test_a_bomb_is_unsafe_and_what_is_merely_large_is_too_large():
    table = replace(MANIFEST.tables[0], bytes=200 * MB)
    manifest = replace(MANIFEST, tables=(table,))
    bomb = (Entry("data/grid.csv", 200 * MB, 1000, True), *ENTRIES[1:])
    honest = (Entry("data/grid.csv", 200 * MB, 20 * MB, True), *ENTRIES[1:])
    assert _check(manifest, bomb, 30 * MB, 500 * MB) == "EXPORT_UNSAFE"
    assert _check(manifest, honest, 30 * MB, 500 * MB) is None
    assert _check(manifest, honest, 30 * MB, 100 * MB) == "EXPORT_TOO_LARGE"


def test_a_file_that_is_a_folder_too_is_unsafe():
    manifest = replace(MANIFEST, files=(KeptFile("a", 1, SUM), KeptFile("a/b", 3, SUM)))
    assert _check(manifest, (*ENTRIES, Entry("files/a", 1, 1, True))) == "EXPORT_UNSAFE"


def test_states_are_equal_older_or_newer():
    one, two = frozenset({("bureau", "0001")}), frozenset({("bureau", "0001"), ("bureau", "0002")})
    assert (is_older(one, two), is_older(two, two)) == (True, False)
    assert _code(lambda: is_older(two, one)) == "EXPORT_NEWER"


@pytest.mark.parametrize(
    "built",
    [
        {"grid": (ID, NAME), "other": (ID,), "django_session": (ID,)},  # the file lacks a table
        {"django_session": (ID,)},  # it has one we do not know
        {"grid": (ID,), "django_session": (ID,)},  # a column more
        {"grid": (ID, NAME, Column("x", "text")), "django_session": (ID,)},  # a column less
        {"grid": (ID, Column("name", "integer")), "django_session": (ID,)},  # another type
    ],
)
def test_tables_must_be_those_of_the_schema(built):
    check_tables(MANIFEST, {"grid": (NAME, ID), "django_session": (ID,)})
    assert _code(lambda: check_tables(MANIFEST, built)) == "EXPORT_TABLES"


def test_only_what_ends_with_its_installation_may_be_left_out():
    manifest = replace(MANIFEST, tables=(), left_out=("grid",))
    assert _code(lambda: check_tables(manifest, {"grid": (ID, NAME)})) == "EXPORT_TABLES"


def test_an_unknown_sequence_is_refused():
    check_sequences(MANIFEST, ["grid_id_seq", "x"])
    assert _code(lambda: check_sequences(MANIFEST, ["x"])) == "EXPORT_TABLES"
