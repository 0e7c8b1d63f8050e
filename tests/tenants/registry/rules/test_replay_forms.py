"""Which statements of a migration may be replayed."""

from __future__ import annotations

import pytest

from tenants.registry.rules.replay_forms import Part, is_definition, names_schema, part_of, settled_answer


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ('CREATE TABLE "t" ("id" bigint)', Part.DEFINE),
        ('CREATE UNIQUE INDEX "i" ON "t" ("a")', Part.DEFINE),
        ('ALTER TABLE "t" ADD COLUMN "a" int', Part.DEFINE),
        ("DROP INDEX IF EXISTS i", Part.DEFINE),
        ('ALTER SEQUENCE IF EXISTS "s" AS bigint', Part.DEFINE),
        ("CREATE VIEW v AS SELECT 1", Part.DEFINE),
        ("COMMENT ON TABLE t IS 'x'", Part.DEFINE),
        ('SET CONSTRAINTS "c" IMMEDIATE', Part.DEFINE),
        ('UPDATE "t" SET "a" = \'\' WHERE "a" IS NULL', Part.FILL),
        ("SELECT setval('\"s\"', 40, false)", Part.FILL),
        ("SELECT conname FROM pg_constraint", Part.LOOK),
        ("SELECT 'setval'", Part.LOOK),
        ("SHOW search_path", Part.SESSION),
        ("SET search_path = 'city_alpha'", Part.SESSION),
        ('SAVEPOINT "s1"', Part.SESSION),
        ('RELEASE SAVEPOINT "s1"', Part.SESSION),
        ('ROLLBACK TO SAVEPOINT "s1"', Part.TAKE_BACK),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", Part.FOREIGN),
        ("INSERT INTO t VALUES (1)", Part.FOREIGN),
        ("DELETE FROM t", Part.FOREIGN),
        ("DO $$ BEGIN END $$", Part.FOREIGN),
        ("CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f()", Part.FOREIGN),
        ("CREATE EXTENSION hstore", Part.FOREIGN),
        ("WITH x AS (DELETE FROM t RETURNING 1) SELECT 1", Part.FOREIGN),
        ("GRANT SELECT ON t TO x", Part.FOREIGN),
        ("SET ROLE x", Part.FOREIGN),
        ("", Part.FOREIGN),
    ],
)
def test_part_of_a_statement(statement, part):
    assert part_of(statement) is part


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        ("CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x';", True),
        ("CREATE INDEX i ON t (a); UPDATE t SET a = 1", False),
        ("SELECT setval('s', 1)", False),
        ("-- nothing", False),
    ],
)
def test_a_text_that_only_defines(text, whether):
    assert is_definition(text) is whether


@pytest.mark.parametrize(
    ("statement", "whether"),
    [
        ('ALTER TABLE "city_a"."t" ADD x int', True),
        ("SELECT 'city_a'", True),
        ("ALTER TABLE city_ab.t ADD x int", False),
        ("ALTER TABLE my_city_a ADD x int", False),
        ("ALTER TABLE cityXa ADD x int", False),
    ],
)
def test_a_statement_that_names_the_schema(statement, whether):
    assert names_schema(statement, "city_a") is whether


def test_answers_are_compared_without_order_and_own_name():
    alpha = settled_answer([("b", 1), ("a", "CREATE INDEX ON city_alpha.t")], "city_alpha")
    beta = settled_answer([("a", "CREATE INDEX ON city_beta.t"), ("b", 1)], "city_beta")
    assert alpha == beta
    assert beta != settled_answer([("a", "CREATE INDEX ON city_alpha.t"), ("b", 1)], "city_beta")
