"""The printed documents say what the code says."""

from __future__ import annotations

from wangge.shell.api_book import printed_api
from wangge.shell.rule_book import ROOT, printed

REMEDY = "run `python manage.py print_docs` and commit"


def test_the_book_of_rules_is_current():
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == printed(), REMEDY


def test_the_api_page_is_current():
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == printed_api(), REMEDY
