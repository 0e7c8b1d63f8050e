"""What a hostile statement in city alpha reaches of city beta, of public and of the session: nothing.

The probes stand in for an injected text: whatever comes after the product's own beginning of a statement.

Rule: X01
"""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db
ROLE = "wanggetest_city_alpha"


def _one(statement: str, parameters: list[object] | None = None) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


def test_statements_of_a_city_run_under_its_role(in_alpha):
    assert _one("SELECT current_user") == ROLE
    assert _one("SELECT current_schema()") == "city_alpha"


READS = [
    "SELECT count(*) FROM city_beta.accounts_user",
    "SELECT username FROM accounts_user UNION SELECT username FROM city_beta.accounts_user",
    "SELECT (SELECT string_agg(password, ',') FROM city_beta.accounts_user)",
    "TABLE city_beta.accounts_user",
    "(SELECT 1) UNION ALL (SELECT id FROM city_beta.bureau_orgunit)",
    "WITH x AS (SELECT * FROM city_beta.accounts_user) SELECT count(*) FROM x",
    "SELECT 'city_beta.accounts_user'::regclass::oid",
    "SELECT nextval('city_beta.accounts_user_id_seq')",
    "SELECT currval('city_beta.accounts_user_id_seq')",
    "SELECT last_value FROM city_beta.accounts_user_id_seq",
    "EXPLAIN ANALYZE SELECT count(*) FROM city_beta.accounts_user",
    "SELECT count(*) FROM public.accounts_user",
    "SELECT count(*) FROM public.accounts_accesstoken",
    "SELECT count(*) FROM public.django_session",
    "SELECT count(*) FROM public.registry_city",
    "SELECT count(*) FROM public.registry_domain",
    "SELECT count(*) FROM public.registry_citystamp",
    "SELECT count(*) FROM public.registry_cityoperation",
    "SELECT count(*) FROM public.accounts_datakey",
    "SELECT count(*) FROM public.procrastinate_jobs",
    "SELECT count(*) FROM public.procrastinate_events",
    "SELECT nextval('public.accounts_user_id_seq')",
    "SELECT currval('public.procrastinate_jobs_id_seq')",
    "SELECT count(*) FROM pg_authid",
    "SELECT count(*) FROM pg_catalog.pg_statistic",
    "SELECT count(*) FROM pg_hba_file_rules",
    "SELECT count(*) FROM pg_backend_memory_contexts",
    "SELECT count(*) FROM geometry_columns",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('PG_VERSION')",
]
FUNCTIONS = [
    "SELECT set_config('role', 'none', false)",
    "SELECT set_config('role', 'wanggetest_city_beta', true)",
    "SELECT set_config('search_path', 'city_beta', false)",
    "UPDATE pg_settings SET setting = 'wanggetest_city_beta' WHERE name = 'role'",
    "UPDATE pg_settings SET setting = '0' WHERE name = 'statement_timeout'",
    "SELECT query_to_xml('select 1', true, true, '')",
    "SELECT set_config('role', 'none', false), query_to_xml('select * from city_beta.accounts_user', true, true, '')",
    "SELECT table_to_xml('accounts_user', true, true, '')",
    "SELECT schema_to_xml('city_alpha', true, true, '')",
    "SELECT schema_to_xml('city_beta', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT cursor_to_xml('c', 1, true, true, '')",
    "SELECT word FROM ts_stat('select to_tsvector(username) from accounts_user')",
    "SELECT ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery')",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_get(1)",
    "SELECT lo_put(1, 0, 'x')",
    "SELECT lo_open(1, 131072)",
    "SELECT loread(0, 1)",
    "SELECT lowrite(0, 'x')",
    "SELECT lo_unlink(1)",
    "SELECT pg_notify('procrastinate_any_queue_v1', '{}')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock(1, 2)",
    "SELECT pg_advisory_xact_lock(7340021)",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT pg_advisory_unlock_all()",
    "SELECT pg_logical_emit_message(true, 'x', 'y')",
    "SELECT pg_export_snapshot()",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT pg_stat_reset()",
    "SELECT pg_create_physical_replication_slot('x')",
    "SELECT ST_EstimatedExtent('city_beta', 'citylayers_building', 'geometry')",
    "SELECT _postgis_stats(1259::regclass, 'relname')",
    "SELECT postgis_extensions_upgrade()",
    "SELECT AddGeometryColumn('city_alpha', 'accounts_user', 'g', 4490, 'POINT', 2)",
    "SELECT DropGeometryTable('city_alpha', 'accounts_user')",
    "SELECT lockrow('city_alpha', 'accounts_user', '1', 'x', now()::timestamp)",
    "SELECT public.procrastinate_fetch_job_v2(ARRAY['default'], 1)",
    "SELECT public.procrastinate_cancel_job_v1(1, false, false)",
    "SELECT public.procrastinate_retry_job_v1(1, now(), 0, 'default', NULL)",
]
WRITES = [
    "INSERT INTO city_beta.accounts_user (username) VALUES ('x')",
    "UPDATE city_beta.accounts_user SET username = 'x'",
    "DELETE FROM city_beta.accounts_user",
    "WITH gone AS (DELETE FROM city_beta.accounts_user RETURNING 1) SELECT count(*) FROM gone",
    "INSERT INTO public.procrastinate_jobs (task_name) VALUES ('shell.rescue_stalled')",
    "INSERT INTO public.registry_city (slug) VALUES ('x')",
    "UPDATE public.registry_domain SET tenant_id = 1",
    "INSERT INTO public.registry_audithead (schema_name) VALUES ('city_beta')",
    "LOCK TABLE city_beta.accounts_user",
    "LOCK TABLE public.registry_city",
    "LOCK TABLE pg_catalog.pg_class",
    "DELETE FROM accounts_auditevent",
    "UPDATE accounts_auditevent SET reason = 'x'",
    "UPDATE accounts_auditlink SET sequence = 0",
    "UPDATE accounts_datakey SET wrapped = ''",
    "UPDATE django_migrations SET name = 'x'",
    "UPDATE bureau_cityprofile SET name = 'x'",
    "INSERT INTO public.spatial_ref_sys (srid) VALUES (999999)",
    "UPDATE public.spatial_ref_sys SET proj4text = ''",
    "SELECT 1 INTO TEMPORARY mine",
    "SELECT 1 INTO mine",
    "SELECT 1 INTO public.mine",
]
# Whole statements, and statements behind a statement.
COMMANDS = [
    "SET ROLE wanggetest_city_beta",
    "set role none",
    "/* x */ SET ROLE wanggetest_city_beta",
    "/* /* nested */ */ -- line\n\tSET ROLE wanggetest_city_beta",
    "SET LOCAL ROLE wanggetest_city_beta",
    "SET SESSION ROLE wanggetest_city_beta",
    "SET SESSION AUTHORIZATION wanggetest_city_beta",
    "SET LOCAL SESSION AUTHORIZATION DEFAULT",
    "SET search_path = city_beta",
    "SET LOCAL search_path = city_beta",
    "SET LOCAL statement_timeout = 0",
    "RESET ROLE",
    "RESET ALL",
    "DISCARD ALL",
    "BEGIN",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "ROLLBACK AND CHAIN",
    "PREPARE TRANSACTION 'x'",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE ALL",
    "DO $$ BEGIN EXECUTE 'SET ROLE wanggetest_city_beta'; END $$",
    "CALL x()",
    "LISTEN procrastinate_any_queue_v1",
    "NOTIFY procrastinate_any_queue_v1",
    "UNLISTEN *",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "FETCH ALL FROM c",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY accounts_user TO '/dev/null'",
    "COPY accounts_user FROM '/etc/passwd'",
    "COPY accounts_user TO STDOUT",
    "LOAD 'dblink'",
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'select 1'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'begin return 1; end'",
    "CREATE EXTENSION dblink",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "ALTER ROLE CURRENT_USER PASSWORD 'invented-Pass-2026'",
    "ALTER ROLE CURRENT_USER SET role = 'wanggetest_city_beta'",
    "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
    "GRANT wanggetest_city_beta TO CURRENT_USER",
    "GRANT ALL ON ALL TABLES IN SCHEMA city_alpha TO PUBLIC",
    "REASSIGN OWNED BY CURRENT_USER TO wanggetest_city_beta",
    "DROP SCHEMA city_alpha CASCADE",
    "TRUNCATE accounts_auditevent",
    "VACUUM",
    "ANALYZE",
    "CLUSTER",
    "REINDEX SYSTEM x",
    "SECURITY LABEL ON ROLE CURRENT_USER IS 'x'",
    "SHOW data_directory",
    "",
    ";",
    "/* never closed SELECT 1",
    "SELECT 1; RESET ROLE",
    "SELECT 1; SET ROLE wanggetest_city_beta; SELECT count(*) FROM city_beta.accounts_user",
    "SELECT 1; COMMIT",
    "EXPLAIN ANALYZE EXECUTE p",
    "EXPLAIN ANALYZE CREATE TABLE mine AS SELECT 1",
]


@pytest.mark.parametrize("probe", READS + FUNCTIONS + WRITES + COMMANDS)
@pytest.mark.parametrize("parameters", [None, []], ids=["text", "with parameters"])
def test_probe_is_denied(in_alpha, probe, parameters):
    if parameters is not None:
        probe = probe.replace("%", "%%")
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        _one(probe, parameters)
    # Refused for what it is (a right, a second statement, an unknown statement's name), not for a slip of the probe.
    assert refusal.value.__cause__.sqlstate in {"42501", "42601", "26000"}, refusal.value
    assert _one("SELECT current_user") == ROLE
    assert _one("SELECT current_schema()") == "city_alpha"


@pytest.mark.parametrize("probe", READS + FUNCTIONS + WRITES)
def test_the_database_itself_denies_it(in_alpha, probe):
    """Without the fence of first words too: the rights alone hold."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.cursor._conn.wangge_fenced = False
        try:
            cursor.execute(probe)
        finally:
            cursor.cursor._conn.wangge_fenced = True
    assert refusal.value.__cause__.sqlstate == "42501", refusal.value
    assert "by a city" not in str(refusal.value)


def test_what_a_city_sees_of_others_is_names_only(in_alpha):
    """The catalogue is open to every role: names and sizes, no rows and no statements."""
    assert _one("SELECT count(*) FROM pg_tables WHERE schemaname = 'city_beta'") > 20
    assert _one("SELECT count(*) FROM pg_stats WHERE schemaname = 'city_beta'") == 0
    assert _one("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'city_beta'") == 0
    assert (
        _one("SELECT count(*) FROM pg_stat_activity WHERE query NOT LIKE '<insufficient%' AND query <> ''")
        == 0
    )


def test_lastval_of_the_neighbour_is_not_told(alpha, beta):
    connection.set_tenant(beta)
    _one("SELECT nextval('bureau_orgunit_id_seq')")
    connection.set_tenant(alpha)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _one("SELECT lastval()")


def test_a_city_cannot_reach_the_backends_of_others(in_alpha, django_db_blocker):
    """pg_cancel_backend and pg_terminate_backend hit the caller's own role's sessions; a city's role has none."""
    import psycopg

    settled = connection.settings_dict
    with psycopg.connect(
        host=settled["HOST"], port=settled["PORT"], user=settled["USER"], password=settled["PASSWORD"],
        dbname=settled["NAME"], autocommit=True,
    ) as other:  # fmt: skip
        for function in ("pg_cancel_backend", "pg_terminate_backend"):
            with pytest.raises(DatabaseError) as refusal, transaction.atomic():
                _one(f"SELECT {function}(%s)", [other.info.backend_pid])
            assert refusal.value.__cause__.sqlstate == "42501"
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_savepoint_rollback_keeps_role_and_path(in_alpha):
    with pytest.raises(RuntimeError), transaction.atomic():
        _one("SELECT 1")
        raise RuntimeError
    assert _one("SELECT current_user") == ROLE


def test_what_a_city_needs_still_works(in_alpha):
    """Calling PostGIS' own functions needs no right on their language."""
    assert _one("SELECT ST_SRID(ST_Transform(ST_SetSRID(ST_MakePoint(113.2, 35.2), 4490), 4547))") == 4547
    assert _one("SELECT count(*) FROM ST_Subdivide(ST_MakeEnvelope(0, 0, 1, 1, 4490))") >= 1
    assert _one("SELECT postgis_full_version()")
    assert _one("  -- a comment\n/* and /* a nested */ one */ (SELECT 1) UNION (SELECT 1)") == 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("LOCK TABLE accounts_user IN SHARE MODE")
        cursor.execute("MERGE INTO accounts_user USING (SELECT 1) AS n ON false WHEN MATCHED THEN DO NOTHING")


def test_only_known_extensions_are_there(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        found = {row[0] for row in cursor.fetchall()}
    assert found <= {"plpgsql", "postgis", "btree_gist", "citus", "citus_columnar"}
