"""Where statements and lists are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.registry.rules.sql_text import identifier, quoted, split_at_commas, split_statements, tokens_of


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT 'it''s; so'", ["SELECT 'it''s; so'"]),
        (r"SELECT E'a\';b'; SELECT 2", [r"SELECT E'a\';b'", "SELECT 2"]),
        ('SELECT "a;b"', ['SELECT "a;b"']),
        ("DO $$ BEGIN; END $$; SELECT 2", ["DO $$ BEGIN; END $$", "SELECT 2"]),
        ("DO $x$ a; $$ b; $x$; SELECT 2", ["DO $x$ a; $$ b; $x$", "SELECT 2"]),
        ("-- a; b\nSELECT 1 -- c; d\n; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("/* a; */ SELECT 1", ["SELECT 1"]),
        (" ;; \n;", []),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", None),
    ],
)
def test_statements_are_cut_at_semicolons_that_end_them(text, statements):
    assert split_statements(text) == ([text] if statements is None else statements)


def test_a_list_is_cut_outside_brackets():
    assert split_at_commas("ADD CHECK (f(a, b)), DROP c, x[1,2]") == [
        "ADD CHECK (f(a, b))",
        "DROP c",
        "x[1,2]",
    ]


def test_tokens_know_kind_and_depth():
    found = [(t.kind, t.text, t.depth) for t in tokens_of("""ADD "A" (n::int) '中' -- no""")]
    assert found == [
        ("word", "ADD", 0), ("name", '"A"', 0), ("sign", "(", 0), ("word", "n", 1), ("sign", "::", 1),
        ("word", "int", 1), ("sign", ")", 0), ("string", "'中'", 0),
    ]  # fmt: skip


@given(st.text(min_size=1))
def test_a_quoted_name_comes_back(name):
    (token,) = tokens_of(quoted(name))
    assert identifier(token) == name


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_strings_of_any_text_stay_whole(texts):
    statements = ["SELECT '" + text.replace("'", "''") + "'" for text in texts]
    assert split_statements(";".join(statements)) == statements
