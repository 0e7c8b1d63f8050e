"""The statements behind the operator's figures, kept as SQL; they count and sum, and read no person's row."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import sql

# Sizes come from the catalogue's page counts, which vacuum and analyze keep. pg_total_relation_size would be exact, but
# it opens every table and index of every city in this backend, which then holds some hundred megabytes for them.
SIZES_OF_SCHEMAS = """
SELECT n.nspname,
       coalesce(sum(c.relpages::bigint + coalesce(t.relpages, 0) + coalesce(ti.relpages, 0)), 0)
           * current_setting('block_size')::bigint AS table_bytes,
       coalesce(array_agg(c.relname::text) FILTER (WHERE c.relkind IN ('r', 'p')), '{}') AS tables
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'i')
  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
  LEFT JOIN pg_catalog.pg_index x ON x.indrelid = t.oid
  LEFT JOIN pg_catalog.pg_class ti ON ti.oid = x.indexrelid
 WHERE n.nspname = ANY(%s)
 GROUP BY n.nspname"""

# A job waits from the moment it was deferred, or from the later one it was scheduled for.
JOBS_OF_CITIES = """
SELECT j.args->>'city' AS schema_name,
       count(*) FILTER (WHERE j.status = 'todo') AS waiting,
       count(*) FILTER (WHERE j.status = 'doing') AS running,
       count(*) FILTER (WHERE j.status = 'failed' AND e.last_at > now() - interval '24 hours') AS failed,
       min(greatest(e.first_at, j.scheduled_at)) FILTER (WHERE j.status = 'todo') AS oldest_waiting_at
  FROM public.procrastinate_jobs j
  LEFT JOIN LATERAL (
       SELECT min(at) AS first_at, max(at) AS last_at FROM public.procrastinate_events WHERE job_id = j.id
       ) e ON true
 WHERE j.status IN ('todo', 'doing', 'failed')
   AND j.args->>'city' = ANY(%s)
   AND coalesce(j.scheduled_at, now()) <= now()
 GROUP BY 1"""

_MIGRATIONS = (
    "(SELECT md5(string_agg(app || '.' || name, ',' ORDER BY app, name)) FROM {schema}.django_migrations)"
)
MIGRATIONS_OF_INSTALLATION = sql.SQL("SELECT 'public', " + _MIGRATIONS + " AS migrations").format(
    schema=sql.Identifier("public")
)

# Each figure with the tables it reads and its type: a city behind the installation's migrations may lack one.
_OF_SCHEMA: dict[str, tuple[tuple[str, ...], str, str]] = {
    "users": (("accounts_user",), "bigint", "(SELECT count(*) FROM {schema}.accounts_user WHERE is_active)"),
    "last_sign_in_at": (
        ("accounts_user",), "timestamptz", "(SELECT max(last_login) FROM {schema}.accounts_user)",
    ),
    "file_bytes": (
        ("bureau_storedfile",), "numeric",
        "(SELECT coalesce(sum(size_bytes), 0) FROM {schema}.bureau_storedfile)",
    ),
    "jobs_failed": (
        ("bureau_backgroundjob",), "bigint",
        "(SELECT count(*) FROM {schema}.bureau_backgroundjob"
        # What was sent and refused (status 4xx) was told to whoever sent it: nothing is broken.
        " WHERE state = 'failed' AND finished_at > now() - interval '24 hours'"
        " AND coalesce((problem->>'status')::int, 500) >= 500)",
    ),
    "outbox_waiting": (
        ("bureau_outboxmessage",), "bigint",
        "(SELECT count(*) FROM {schema}.bureau_outboxmessage WHERE delivered_at IS NULL AND given_up_at IS NULL)",
    ),
    "official_years": (
        ("bureau_calendarnotice",), "smallint[]",
        "(SELECT array_agg(year::smallint ORDER BY year) FROM {schema}.bureau_calendarnotice"
        " WHERE superseded_at IS NULL AND NOT provisional)",
    ),
    "unsealed_since": (
        ("accounts_auditevent", "accounts_auditlink"), "timestamptz",
        "(SELECT min(at) FROM {schema}.accounts_auditevent WHERE transaction_id >= coalesce("
        "(SELECT horizon FROM {schema}.accounts_auditlink ORDER BY sequence DESC LIMIT 1), 0))",
    ),
    "migrations": (("django_migrations",), "text", _MIGRATIONS),
}  # fmt: skip
CITY_COLUMNS = tuple(_OF_SCHEMA)


def figures_of_schema(schema_name: str, tables: Collection[str]) -> sql.Composed:
    """One row of figures of a schema that has these tables; NULL stands for what it lacks."""
    columns = [
        sql.SQL(text if all(table in tables for table in needed) else f"NULL::{kind}")
        for needed, kind, text in _OF_SCHEMA.values()
    ]
    row = sql.SQL(", ").join(column.format(schema=sql.Identifier(schema_name)) for column in columns)
    return sql.SQL("SELECT {name}, {row}").format(name=sql.Literal(schema_name), row=row)
