"""Every rule file names a requirement row that exists, and has a test of the same name."""

from __future__ import annotations

import pytest

from wangge.shell.rule_book import ROOT, expected_test, requirement_rows, rule_book

BOOK = rule_book()
RULE_FILES = sorted(
    path.relative_to(ROOT)
    for floor in ("tenants", "gis", "grids", "instructors", "delivery")
    for path in (ROOT / floor).rglob("rules/*.py")
    if path.name != "__init__.py"
)


def test_the_contract_has_82_rows():
    assert len(requirement_rows()) == 82


def test_every_named_row_exists():
    assert {entry.row for entry in BOOK} <= set(requirement_rows())


@pytest.mark.parametrize("file", RULE_FILES, ids=str)
def test_rule_file_names_its_row_and_has_a_test_of_the_same_name(file):
    rows = [entry.row for entry in BOOK if entry.file == file]
    assert rows, f"{file} names no requirement row (a line `Rule: S35` in its docstring)"
    assert (ROOT / expected_test(file)).exists(), f"{expected_test(file)} is missing"
