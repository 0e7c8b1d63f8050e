"""A plan of migrations is run on one real city, the canary, and every statement of it is kept for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import ProgrammingError, connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import schema_context

from tenants.registry.rules.citus_forms import NoCitusForm, citus_forms
from tenants.registry.rules.replay_forms import Part, names_schema, part_of, settled_answer
from tenants.registry.rules.sql_text import quoted, split_statements
from tenants.registry.services.owner import as_owner
from tenants.registry.services.replay_rows import StockRows, applied_rows, apps_after, stock_rows

# Behind a lock that waits, every request of the city waits: rather let the city be tried again later.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '4s'"
_DUPLICATE_OBJECT = "42710"
Execute = Callable[..., Any]


class NotReplayable(Exception):
    """This plan, or this city, must be left to the stock executor; the text says why."""


@dataclass(frozen=True)
class Line:
    """One recorded statement of one migration; a look-up carries its parameters and the canary's answer."""

    migration: str
    part: Part
    text: str
    parameters: tuple[Any, ...] = ()
    answer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """What to do in another city to bring it where the canary is now."""

    canary: str
    lines: tuple[Line, ...]
    rows: StockRows


def constraint_definition(table: str, name: str) -> str:
    """The text of a constraint of the schema this connection stands in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s",
            [quoted(table), name],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotReplayable(f"{table} has no constraint {name}")
    return str(row[0])


def forms_of(text: str) -> list[str]:
    """The statements to send for this text; on plain PostgreSQL one without a Citus form is sent as it is.

    Raises NoCitusForm on Citus.
    """
    try:
        return citus_forms(text, constraint_definition)
    except NoCitusForm:
        if settings.WANGGE_CITUS:
            raise
        return split_statements(text)


def send_in_forms(execute: Execute, text: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """An execute wrapper for the stock executor on a Citus cluster."""
    if parameters or many:
        return execute(text, parameters, many, context)
    results = [execute(form, None, False, context) for form in forms_of(str(text))]
    return results[-1] if results else None


class _Tape:
    """An execute wrapper that sends each statement in its forms and keeps it, while a migration runs."""

    def __init__(self, schema_name: str) -> None:
        self.schema_name = schema_name
        self.migration = ""
        self.lines: list[Line] = []
        self.taken_back = ""

    def __call__(
        self, execute: Execute, text: str, parameters: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not self.migration:
            return execute(text, parameters, many, context)
        if parameters or many:
            return self._with_parameters(execute, str(text), parameters, many, context)
        result = None
        for form in forms_of(str(text)):
            result = execute(form, None, False, context)
            self._keep(form, (), context)
        return result

    def _with_parameters(
        self, execute: Execute, text: str, parameters: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if many or part_of(text) is not Part.LOOK:
            raise NotReplayable(f"{self.migration} sends a statement with parameters: {text}")
        result = execute(text, parameters, many, context)
        self._keep(text, tuple(parameters), context)
        return result

    def _keep(self, text: str, parameters: tuple[Any, ...], context: dict[str, Any]) -> None:
        part = part_of(text)
        if part is Part.SESSION:
            return
        if part is Part.TAKE_BACK:  # by an error that is on its way to us, or by one that the migration bears
            self.taken_back = text
            return
        if part is Part.FOREIGN:
            raise NotReplayable(f"{self.migration} sends a statement of an unknown kind: {text}")
        if names_schema(text, self.schema_name):
            raise NotReplayable(f"{self.migration} names the city's own schema: {text}")
        line = Line(self.migration, part, text, parameters)
        if part is Part.LOOK:
            line = replace(line, answer=tuple(settled_answer(_answer(context), self.schema_name)))
        self.lines.append(line)


def _answer(context: dict[str, Any]) -> list[tuple[object, ...]]:
    """The rows of the statement just sent; the cursor stands before them again afterwards."""
    cursor = context["cursor"].cursor
    rows: list[tuple[object, ...]] = cursor.fetchall()
    if rows:
        cursor.scroll(0, mode="absolute")
    return rows


class _RecordingExecutor(MigrationExecutor):
    """The stock executor; its own bookkeeping in django_migrations is not recorded."""

    def __init__(self, tape: _Tape, *, keep: bool) -> None:
        super().__init__(connection, cast("Any", self._progress))
        self.tape = tape
        self.keep = keep

    def _progress(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if action == "apply_start":
            self.tape.migration = str(migration)
        elif action == "apply_success":
            # Each migration ends as it would at its own commit: with no deferred check waiting.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if self.tape.taken_back:
                raise NotReplayable(f"{migration} takes back a part of what it did")
            self.tape.migration = ""

    def record_migration(self, migration: Any) -> None:  # type: ignore[override]  # stubs of an older Django
        if not self.keep:  # a sequence would move on, which no rollback takes back
            return
        running, self.tape.migration = self.tape.migration, ""
        super().record_migration(migration)  # type: ignore[call-arg]
        self.tape.migration = running


def record(schema_name: str, *, keep: bool) -> Recording:
    """Migrate the city in one transaction and keep what was done.

    With `keep` False the transaction is rolled back, and the recording names no applied migrations: none were written.
    Raises NotReplayable (nothing has changed then), NoCitusForm, and whatever the database refuses.
    """
    tape = _Tape(schema_name)
    with as_owner(), schema_context(schema_name), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
        before = applied_rows()
        with connection.execute_wrapper(tape), _names_are_free():
            rows = _run(_RecordingExecutor(tape, keep=keep), before)
        transaction.set_rollback(not keep)
    return Recording(schema_name, tuple(tape.lines), rows)


@contextmanager
def _names_are_free() -> Iterator[None]:
    """A constraint that was parted from its column has the name PostgreSQL would try first; it may be taken."""
    try:
        yield
    except ProgrammingError as refusal:
        if getattr(refusal.__cause__, "sqlstate", None) == _DUPLICATE_OBJECT:
            raise NotReplayable(str(refusal).strip()) from refusal
        raise


def _run(executor: _RecordingExecutor, before: list[tuple[str, str]]) -> StockRows:
    """What the stock command does, from its signals before to its signals after."""
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    state = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
    said: dict[str, Any] = {"verbosity": 0, "interactive": False, "db": connection.alias, "plan": plan}
    emit_pre_migrate_signal(**said, apps=state.apps)
    after = apps_after(executor.migrate(targets, plan=plan, state=state.clone()))
    if not executor.keep:
        return stock_rows([], after)
    emit_post_migrate_signal(**said, apps=after)
    applied = applied_rows()
    if not set(before) <= set(applied):
        raise NotReplayable("the plan takes rows out of django_migrations")
    return stock_rows([row for row in applied if row not in set(before)], after)
