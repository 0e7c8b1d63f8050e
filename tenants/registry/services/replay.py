"""Cities are migrated by replay: recorded once on a real city, replayed in one transaction in each of the others.

A city that fails is rolled back whole and reported; the others go on, and the next run takes only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.models.functions import Now
from django_tenants.utils import schema_context

from tenants.accounts.services import keep_data_key
from tenants.registry.models import City
from tenants.registry.rules.citus_forms import NoCitusForm
from tenants.registry.rules.replay_forms import Part, settled_answer
from tenants.registry.services.locks import only_run
from tenants.registry.services.owner import as_owner
from tenants.registry.services.replay_groups import Group, Survey, survey_cities
from tenants.registry.services.replay_recording import (
    LOCK_TIMEOUT,
    Line,
    NotReplayable,
    Recording,
    record,
    send_in_forms,
)
from tenants.registry.services.replay_repair import most_lived_in, unfinished_cities
from tenants.registry.services.stamp import dump_stamp, grant_city, grant_new_relations
from wangge.errors import RuleBroken
from wangge.kernel.database.current import city_connection

# Lock not granted in time, deadlock: the city was busy and is tried again in the next round.
_BUSY = frozenset({"55P03", "40P01"})
_ROUNDS = 3
# A plan that fails on so many canaries one after the other fails everywhere.
_CANARIES = 3

Say = Callable[[str], None]


@dataclass(frozen=True)
class Failure:
    """A city that stands as before (by the stock executor: after its last whole migration).

    `sqlstate` is empty where it was not the database that refused; a city that was not tried bears that of busy canaries.
    """

    city: str
    sqlstate: str
    message: str


@dataclass
class Outcome:
    """What a run did, by the cities' short names."""

    up_to_date: list[str] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)
    replayed: list[str] = field(default_factory=list)
    stock: dict[str, str] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    repaired: list[str] = field(default_factory=list)

    @property
    def migrated(self) -> int:
        """How many cities were brought up to date."""
        return len(self.canaries) + len(self.replayed) + len(self.stock)


def migrate_cities(
    *,
    slug: str | None = None,
    refresh_stamp: bool = False,
    wait: bool = True,
    say: Say = lambda line: None,
) -> Outcome:
    """Bring the template, the stamp and every city (or one) to this version; must not stand in a transaction.

    The stamp is refreshed when it is behind, or when told to. `say` is told of progress, a line at a time. Failures
    of cities are in the outcome. Raises 409 MIGRATION_RUNNING unless told to wait for the other run, 404 CITY_UNKNOWN,
    409 STAMP_BEHIND where another login than the admin's would have to refresh the stamp.
    """
    with only_run(wait=False) as mine:
        if mine:
            return _Run(say).go(slug, refresh_stamp=refresh_stamp)
    if not wait:
        raise RuleBroken(
            "MIGRATION_RUNNING",
            zh="另一个迁移正在进行",
            en="another run of migrations is on",
            status=409,
            how_to_fix_zh="请等待其结束后再试",
            how_to_fix_en="wait until it has ended",
        )
    say("another run of migrations is on: waiting for it")
    with only_run(wait=True):
        return _Run(say).go(slug, refresh_stamp=refresh_stamp)


def chosen_cities(slug: str | None) -> list[City]:
    """All cities in the order they were made, or the one; 404 CITY_UNKNOWN."""
    rows = City.objects.order_by("id")
    found = list(rows if slug is None else rows.filter(slug=slug))
    if slug is not None and not found:
        raise RuleBroken("CITY_UNKNOWN", zh=f"没有城市 {slug}", en=f"there is no city {slug}", status=404)
    return found


class _Run:
    """One run, holding the lock of runs."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.outcome = Outcome()
        self.total = 0

    def go(self, slug: str | None, *, refresh_stamp: bool) -> Outcome:
        """Rounds until nothing is lacking: cities may be made or be busy meanwhile."""
        survey = survey_cities(chosen_cities(slug))
        self.outcome.up_to_date = [city.slug for city in survey.up_to_date]
        if refresh_stamp or survey.stamp_is_behind:
            self._refresh_stamp()
            # Cities made from the old stamp have committed by now; those to come are made from the new one.
            survey = survey_cities(chosen_cities(slug))
        for number in range(_ROUNDS):
            groups = [left for group in survey.groups if (left := self._left(group))]
            if not groups:
                break
            self._round(groups, last=number == _ROUNDS - 1)
            survey = survey_cities(chosen_cities(slug))
        self._finish(survey)
        return self.outcome

    def _refresh_stamp(self) -> None:
        if settings.WANGGE_LOGIN != "admin":
            raise RuleBroken(
                "STAMP_BEHIND",
                zh="城市模板尚未更新到当前版本",
                en="the template of new cities is not of this version yet",
                status=409,
                how_to_fix_zh="请先以管理员登录运行 prepare_database",
                how_to_fix_en="run prepare_database with the admin login first",
            )
        self.say("refreshing the stamp that new cities are made from")
        dump_stamp()

    def _left(self, group: Group) -> Group | None:
        failed = self.outcome.failures
        cities = tuple(city for city in group.cities if city.slug not in failed)
        return Group(cities, group.lacking, group.obstacle) if cities else None

    def _round(self, groups: list[Group], *, last: bool) -> None:
        self.total = self.outcome.migrated + sum(len(group.cities) for group in groups)
        for group in groups:
            self.say(f"{len(group.cities)} cities lack {', '.join(group.lacking)}")
            self._migrate(group)
        if not last:
            busy = [slug for slug, failure in self.outcome.failures.items() if failure.sqlstate in _BUSY]
            for slug in busy:
                del self.outcome.failures[slug]

    def _migrate(self, group: Group) -> None:
        if group.obstacle:
            self.say(f"by the stock executor, because {group.obstacle}")
            for city in group.cities:
                self._by_stock(city, group.obstacle)
            return
        recording, rest = self._record(most_lived_in(group.cities))
        for city in rest:
            if isinstance(recording, str):
                self._by_stock(city, recording)
            else:
                self._replay(city, recording)

    def _record(self, cities: list[City]) -> tuple[Recording | str, list[City]]:
        """The recording, or why there is none, and the cities that wait for it; a canary that fails is passed over."""
        for place, city in enumerate(cities[:_CANARIES]):
            try:
                recording = record(city.schema_name, keep=True)
                _finish_city(city)
            except NotReplayable as reason:
                self.say(f"by the stock executor, because {reason}")
                return str(reason), cities[place:]
            except (DatabaseError, NoCitusForm, InconsistentMigrationHistory) as refusal:
                self._failed(city, refusal)
            else:
                self.outcome.canaries.append(city.slug)
                self._said(city, "recorded on it")
                return recording, cities[place + 1 :]
        self._not_tried(cities[_CANARIES:], canaries=cities[:_CANARIES])
        return "", []

    def _not_tried(self, cities: list[City], *, canaries: list[City]) -> None:
        """Where the canaries were only busy, the cities behind them have another round as these have."""
        states = {self.outcome.failures[city.slug].sqlstate for city in canaries}
        sqlstate = next(iter(states)) if states and states <= _BUSY else ""
        message = f"not tried, because {_CANARIES} cities before it failed"
        for city in cities:
            self.outcome.failures[city.slug] = Failure(city.slug, sqlstate, message)

    def _replay(self, city: City, recording: Recording) -> None:
        try:
            replay(city, recording)
        except NotReplayable as reason:
            self._by_stock(city, str(reason))
        except DatabaseError as refusal:
            self._failed(city, refusal)
        else:
            self.outcome.replayed.append(city.slug)
            self._said(city, "replayed")

    def _by_stock(self, city: City, reason: str) -> None:
        try:
            migrate_by_stock(city)
        except Exception as refusal:  # a migration may run any Python; the other cities go on
            self._failed(city, refusal)
            _grant_what_stands(city)
        else:
            self.outcome.stock[city.slug] = reason
            self._said(city, "by the stock executor")

    def _failed(self, city: City, refusal: Exception) -> None:
        sqlstate = getattr(refusal.__cause__, "sqlstate", None) or ""
        message = str(refusal).strip().partition("\n")[0]
        self.outcome.failures[city.slug] = Failure(city.slug, sqlstate, message)
        self._said(city, f"failed: {sqlstate} {message}")
        _mend_connection()

    def _said(self, city: City, what: str) -> None:
        done = self.outcome.migrated + len(self.outcome.failures)
        self.say(f"[{done}/{self.total}] {city.slug}: {what}")

    def _finish(self, survey: Survey) -> None:
        """Give grants and keys to cities that lost their run in between; report those without a schema."""
        for city in unfinished_cities(survey.up_to_date):
            with as_owner():
                grant_city(city.schema_name)
            _finish_city(city)
            self.outcome.repaired.append(city.slug)
        for city in survey.lost:
            self.outcome.failures[city.slug] = Failure(city.slug, "", "its schema has no django_migrations")


def replay(city: City, recording: Recording) -> None:
    """Bring the city where the canary is, in one transaction.

    Raises NotReplayable where a look-up answers other than on the canary; nothing has changed then, as with any error.
    """
    with as_owner(), schema_context(city.schema_name), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
        for line in recording.lines:
            _send(line, recording.canary, city.schema_name)
        recording.rows.write()
        _settle_city(city)


def _send(line: Line, canary: str, schema_name: str) -> None:
    with connection.cursor() as cursor:
        if line.part is not Part.LOOK:
            cursor.execute(line.text)
            return
        parameters = [schema_name if value == canary else value for value in line.parameters]
        cursor.execute(line.text, parameters or None)
        if tuple(settled_answer(cursor.fetchall(), schema_name)) != line.answer:
            raise NotReplayable(f"{line.migration} looked up what is different here: {line.text}")


def migrate_by_stock(city: City) -> None:
    """Let Django's own executor migrate the city, a transaction per migration."""
    forms = connection.execute_wrapper(send_in_forms) if settings.WANGGE_CITUS else nullcontext()
    try:
        with as_owner(), forms:
            call_command("migrate_schemas", schema_name=city.schema_name, verbosity=0, interactive=False)
    finally:
        city_connection().set_schema_to_public()
    _finish_city(city)


def _grant_what_stands(city: City) -> None:
    """The migrations that were committed before the refusal stay: their tables are the city's all the same."""
    with suppress(DatabaseError), as_owner():
        grant_new_relations(city.schema_name)


def _finish_city(city: City) -> None:
    with as_owner(), schema_context(city.schema_name), transaction.atomic():
        _settle_city(city)


def _settle_city(city: City) -> None:
    """What belongs to a migrated city besides its tables: grants, a data key, the time. Stands in it as its owner."""
    grant_new_relations(city.schema_name)
    keep_data_key()
    City.objects.filter(pk=city.pk).update(migrated_at=Now())


def _mend_connection() -> None:
    """After a failure: back to public, on a new connection when this one is lost."""
    city_connection().set_schema_to_public()
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()
