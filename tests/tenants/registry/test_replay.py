"""Migrations recorded on one city and replayed on the others leave what the stock executor would have left."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, migrations, models, transaction
from django_tenants.utils import schema_context

from tenants.bureau.models import CityProfile
from tenants.registry.models import City
from tenants.registry.services import as_owner, create_city, migrate_cities, replay_recording
from tenants.registry.services import replay as replay_module
from tenants.registry.services.replay_groups import obstacle_of
from wangge.errors import RuleBroken
from wangge.kernel.database.current import city_connection

EVERYTHING = """
operations = [
    migrations.CreateModel("Made", [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=20, unique=True)),
        ("amount", models.PositiveIntegerField()),
        ("author", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")),
    ], options={"permissions": [("bless_made", "Can bless")], "unique_together": {("title", "amount")}}),
    migrations.AddField("cityprofile", "made_count", models.PositiveIntegerField(default=0)),
    migrations.AddField("cityprofile", "made_by", models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")),
    migrations.AddField("cityprofile", "made_note", models.CharField(max_length=9, null=True, unique=True)),
    migrations.AlterField("cityprofile", "made_note", models.CharField(max_length=12, default="made")),
    migrations.AddIndex("made", models.Index(fields=["amount", "-id"], name="made_by_amount")),
    migrations.AddConstraint("cityprofile", models.CheckConstraint(condition=Q(made_count__lt=9), name="few_made")),
]
"""
MORE = """
operations = [
    migrations.AlterUniqueTogether("made", set()),
    migrations.RenameField("made", "title", "heading"),
    migrations.AlterField("made", "amount", models.PositiveBigIntegerField(db_comment="invented")),
    migrations.RunSQL("CREATE INDEX made_sql ON bureau_made (heading, amount); COMMENT ON INDEX made_sql IS 'a; b'",
                      "DROP INDEX made_sql"),
]
"""
LITTLE = 'operations = [migrations.AddField("cityprofile", "made", models.IntegerField(null=True))]'


def _city(slug: str) -> City:
    return create_city(
        slug=slug, name="测试市", division_code="999900", gauss_kruger_epsg=4547, hosts=[f"{slug}.test"], acting_user=None
    )  # fmt: skip


def _stock(city: City) -> None:
    with as_owner():
        call_command("migrate_schemas", schema_name=city.schema_name, verbosity=0, interactive=False)
    city_connection().set_schema_to_public()


def _in(city: City | str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    schema = city if isinstance(city, str) else city.schema_name
    with as_owner(), schema_context(schema), connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def _columns(city: City, table: str = "bureau_cityprofile") -> set[str]:
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    return {row[0] for row in _in("public", asked, city.schema_name, table)}


def test_a_replayed_city_is_a_migrated_one_to_the_last_line(
    committed_database, write_migration, dump, alpha, beta
):
    stock, replayed = _city("replaya"), _city("replayb")
    write_migration("bureau", EVERYTHING)
    write_migration("bureau", MORE)
    _stock(stock)
    outcome = migrate_cities()
    assert outcome.failures == {} and outcome.stock == {}
    assert outcome.up_to_date == ["replaya"]
    assert len(outcome.canaries) == 1
    assert {*outcome.canaries, *outcome.replayed} == {"alpha", "beta", "replayb"}
    # Rows too: content types, permissions, their ids and sequences. Only keys and the times of migrations differ.
    private = [f"--exclude-table-data=city_*.{table}" for table in ("accounts_datakey", "django_migrations")]
    assert dump(replayed.schema_name, *private) == dump(stock.schema_name, *private)
    applied = "SELECT app, name FROM django_migrations ORDER BY id"
    assert _in(replayed, applied) == _in(stock, applied)
    stamped = _city("replayc")
    assert migrate_cities().up_to_date == [city.slug for city in City.objects.order_by("id")]
    assert _in(stamped, applied) == _in(stock, applied)


def test_a_new_table_belongs_to_the_citys_role(committed_database, write_migration, alpha, beta):
    City.objects.update(migrated_at="2026-01-01T00:00Z")
    write_migration("bureau", EVERYTHING)
    migrate_cities()
    for city in (alpha, beta):
        with schema_context(city.schema_name), connection.cursor() as cursor:
            cursor.execute("SELECT current_user, count(*) FROM bureau_made")
            assert cursor.fetchone() == (f"wanggetest_{city.schema_name}", 0)
            cursor.execute("SELECT nextval('bureau_made_id_seq')")
    assert not City.objects.filter(migrated_at__lt="2026-02-01T00:00Z").exists()


def test_a_city_whose_data_refuses_stands_as_before_and_is_taken_by_the_next_run(
    committed_database, write_migration, alpha, beta, capsys
):
    third = _city("replaya")
    _in(beta, "UPDATE bureau_cityprofile SET data_label = 'bad'")
    write_migration(
        "bureau",
        LITTLE[:-1]
        + ', migrations.AddConstraint("cityprofile", models.CheckConstraint(condition=~Q(data_label="bad"), name="good"))]',
    )
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 cities failed"):
        call_command("migrate_cities", stderr=errors, stdout=io.StringIO())
    assert "beta: 23514" in errors.getvalue()
    assert "made" in _columns(alpha) & _columns(third)
    assert "made" not in _columns(beta)
    _in(beta, "UPDATE bureau_cityprofile SET data_label = ''")
    again = migrate_cities()
    assert (again.canaries, again.replayed, again.failures) == (["beta"], [], {})
    assert "made" in _columns(beta)


def test_a_canary_that_fails_is_passed_over(committed_database, write_migration, alpha, beta, monkeypatch):
    _in(beta, "UPDATE bureau_cityprofile SET data_label = 'bad'")
    write_migration(
        "bureau",
        'operations = [migrations.AddConstraint("cityprofile",'
        ' models.CheckConstraint(condition=~Q(data_label="bad"), name="good"))]',
    )
    monkeypatch.setattr(
        replay_module, "most_lived_in", lambda cities: sorted(cities, key=lambda c: c.slug != "beta")
    )
    outcome = migrate_cities()
    assert outcome.canaries == ["alpha"]
    assert [(f.city, f.sqlstate) for f in outcome.failures.values()] == [("beta", "23514")]


def test_a_plan_that_fails_everywhere_is_not_tried_everywhere(
    committed_database, write_migration, alpha, beta
):
    for number in range(3):
        _city(f"replay{number}")
    write_migration(
        "bureau", 'operations = [migrations.RunSQL("DROP INDEX there_is_none", "DROP INDEX none_either")]'
    )
    with pytest.raises(Exception, match="there_is_none"):  # the template comes first
        migrate_cities()
    with connection.cursor() as cursor:  # as if the template had been mended by hand
        cursor.execute("CREATE INDEX there_is_none ON wangge_stamp_source.bureau_cityprofile (name)")
    outcome = migrate_cities()
    assert len(outcome.failures) == 5
    assert sorted(failure.sqlstate for failure in outcome.failures.values()) == ["", "", *["42704"] * 3]


MOVE = """
def move(apps, editor):
    apps.get_model("bureau", "CityProfile").objects.update(data_label="moved")
operations = [migrations.RunPython(move, migrations.RunPython.noop)]
"""


def test_what_cannot_be_replayed_goes_by_the_stock_executor(committed_database, write_migration, alpha, beta):
    write_migration("bureau", MOVE)
    outcome = migrate_cities()
    assert set(outcome.stock) == {"alpha", "beta"}
    assert all("runs Python" in why for why in outcome.stock.values())
    for city in (alpha, beta):
        assert _in(city, "SELECT data_label FROM bureau_cityprofile") == [("moved",)]


REFUSE = """
def refuse(apps, editor):
    if apps.get_model("bureau", "CityProfile").objects.filter(data_label="bad").exists():
        raise ValueError("bad label")
operations = [migrations.RunPython(refuse, migrations.RunPython.noop)]
"""


def test_what_a_refusing_city_has_kept_of_stock_migrations_is_its_own(
    committed_database, write_migration, alpha, beta
):
    _in(beta, "UPDATE bureau_cityprofile SET data_label = 'bad'")
    write_migration("bureau", EVERYTHING)
    write_migration("bureau", REFUSE)
    outcome = migrate_cities()
    assert (set(outcome.stock), set(outcome.failures)) == ({"alpha"}, {"beta"})
    with schema_context(beta.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bureau_made")
        assert cursor.fetchone() == (0,)


def test_a_constraint_name_that_is_taken_is_left_to_the_stock_executor(
    committed_database, write_migration, alpha, beta
):
    for schema in (alpha.schema_name, beta.schema_name, "wangge_stamp_source"):
        _in(
            "public",
            f"ALTER TABLE {schema}.bureau_cityprofile ADD CONSTRAINT bureau_cityprofile_made_check CHECK (id > 0)",
        )
    write_migration(
        "bureau",
        'operations = [migrations.AddField("cityprofile", "made", models.PositiveIntegerField(default=0))]',
    )
    outcome = migrate_cities()
    assert (set(outcome.stock), outcome.failures) == ({"alpha", "beta"}, {})
    assert _in(beta, "SELECT 1 FROM pg_constraint WHERE conname = 'bureau_cityprofile_made_check1'")


class _Own(migrations.operations.base.Operation):
    """An operation that nobody but this test knows."""


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (migrations.AddField("a", "b", models.IntegerField(default=0)), None),
        (migrations.RunSQL("CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x'", "DROP INDEX i"), None),
        (migrations.RunSQL(["CREATE INDEX i ON t (a)"], migrations.RunSQL.noop), None),
        (migrations.SeparateDatabaseAndState([], [migrations.RunPython(print)]), None),
        (migrations.RunPython(print, print), "runs Python"),
        (migrations.SeparateDatabaseAndState([migrations.RunPython(print)]), "runs Python"),
        (migrations.RunSQL("DROP INDEX i"), "cannot be reversed"),
        (migrations.RunSQL("UPDATE t SET a = 1", ""), "moves data"),
        (migrations.RunSQL([("DROP INDEX i", [])], ""), "moves data"),
        (migrations.RenameModel("A", "B"), "content type"),
        (_Own(), "an operation of its own"),
    ],
)
def test_which_operations_stand_in_the_way(operation, reason):
    migration = type("Migration", (migrations.Migration,), {"operations": [operation]})("0002_made", "bureau")
    found = obstacle_of([(migration, False)])
    assert (found is None) if reason is None else (reason in found)


def test_plans_that_go_back_or_are_not_atomic_stand_in_the_way():
    migration = migrations.Migration("0002_made", "bureau")
    assert "backwards" in obstacle_of([(migration, True)])
    migration.atomic = False
    assert "not atomic" in obstacle_of([(migration, False)])


def test_a_renamed_model_takes_its_content_type_along(committed_database, write_migration, alpha, beta):
    write_migration("bureau", EVERYTHING)
    migrate_cities()
    asked = "SELECT id FROM django_content_type WHERE app_label = 'bureau' AND model = %s"
    before = {city.slug: _in(city, asked, "made") for city in (alpha, beta)}
    write_migration("bureau", 'operations = [migrations.RenameModel("Made", "Renamed")]')
    outcome = migrate_cities()
    assert set(outcome.stock) == {"alpha", "beta"}
    assert {city.slug: _in(city, asked, "renamed") for city in (alpha, beta)} == before
    assert all(before.values())


def test_a_deleted_model_leaves_its_content_type_as_stock_does(
    committed_database, write_migration, alpha, beta
):
    write_migration("bureau", EVERYTHING)
    migrate_cities()
    write_migration("bureau", 'operations = [migrations.DeleteModel("Made")]')
    stock = _city("replaya")
    outcome = migrate_cities()
    assert {*outcome.canaries, *outcome.replayed} >= {"alpha", "beta"}
    asked = "SELECT count(*) FROM django_content_type WHERE app_label = 'bureau' AND model = 'made'"
    assert [_in(city, asked) for city in (alpha, beta, stock)] == [[(1,)]] * 3
    assert _columns(alpha, "bureau_made") == set()


def test_a_city_where_a_looked_up_name_differs_goes_by_the_stock_executor(
    committed_database, write_migration, alpha, beta, monkeypatch
):
    write_migration("bureau", EVERYTHING)
    migrate_cities()
    ((name,),) = _in(
        beta,
        "SELECT conname FROM pg_constraint WHERE conrelid = 'bureau_made'::regclass AND contype = 'u'"
        " AND cardinality(conkey) = 2",
    )
    _in(beta, f'ALTER TABLE bureau_made RENAME CONSTRAINT "{name}" TO otherwise')
    monkeypatch.setattr(
        replay_module, "most_lived_in", lambda cities: sorted(cities, key=lambda c: c.slug != "alpha")
    )
    write_migration("bureau", 'operations = [migrations.AlterUniqueTogether("made", set())]')
    outcome = migrate_cities()
    assert (outcome.canaries, set(outcome.stock), outcome.failures) == (["alpha"], {"beta"}, {})
    assert "looked up what is different here" in outcome.stock["beta"]
    left = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'bureau_made'::regclass AND cardinality(conkey) = 2"
    assert [_in(city, left) for city in (alpha, beta)] == [[(0,)], [(0,)]]


def test_a_busy_city_is_tried_again(committed_database, write_migration, alpha, beta, monkeypatch):
    for module in (replay_module, replay_recording):
        monkeypatch.setattr(module, "LOCK_TIMEOUT", "SET LOCAL lock_timeout = '200ms'")
    monkeypatch.setattr(replay_module, "most_lived_in", lambda cities: sorted(cities, key=lambda c: c.slug))
    write_migration("bureau", LITTLE)
    told: list[str] = []
    other = connections.create_connection("default")
    try:
        other.set_schema("city_beta")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM bureau_cityprofile")

        def say(line: str) -> None:
            told.append(line)
            if "beta: failed" in line:
                other.rollback()

        outcome = migrate_cities(say=say)
    finally:
        other.close()
    assert any("55P03" in line for line in told)
    assert (outcome.failures, "made" in _columns(beta)) == ({}, True)


def test_cities_behind_busy_canaries_are_tried_again(
    committed_database, write_migration, alpha, beta, monkeypatch
):
    monkeypatch.setattr(replay_module, "_CANARIES", 1)
    monkeypatch.setattr(replay_recording, "LOCK_TIMEOUT", "SET LOCAL lock_timeout = '200ms'")
    monkeypatch.setattr(replay_module, "most_lived_in", lambda cities: sorted(cities, key=lambda c: c.slug))
    write_migration("bureau", LITTLE)
    other = connections.create_connection("default")
    try:
        other.set_schema("city_alpha")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM bureau_cityprofile")
        outcome = migrate_cities(say=lambda line: other.rollback() if "alpha: failed" in line else None)
    finally:
        other.close()
    assert (outcome.failures, outcome.canaries, outcome.replayed) == ({}, ["alpha"], ["beta"])


def test_a_second_run_waits_or_says_so(committed_database, write_migration, alpha, beta):
    write_migration("bureau", LITTLE)
    seen: list[object] = []

    def second() -> None:
        try:
            seen.append(migrate_cities(say=seen.append).migrated)
        finally:
            connections.close_all()

    def say(line: str) -> None:
        if not seen and "lack" in line:
            with pytest.raises(RuleBroken, match="MIGRATION_RUNNING"):
                migrate_cities(wait=False)
            thread.start()
            while not seen:
                thread.join(0.05)

    thread = threading.Thread(target=second)
    first = migrate_cities(say=say)
    thread.join(60)
    assert first.migrated == 2
    assert seen == ["another run of migrations is on: waiting for it", 0]


def test_a_city_that_is_being_made_meanwhile_is_not_left_behind(committed_database, write_migration, alpha):
    write_migration("bureau", LITTLE)
    stamped, may_commit = threading.Event(), threading.Event()

    def create() -> None:
        try:
            with transaction.atomic():
                _city("replaylate")  # from the old stamp, and not seen by anybody yet
                stamped.set()
                may_commit.wait(30)
        finally:
            connections.close_all()

    def say(line: str) -> None:
        if line.startswith("refreshing"):
            threading.Timer(1.5, may_commit.set).start()

    thread = threading.Thread(target=create)
    thread.start()
    assert stamped.wait(30)
    outcome = migrate_cities(say=say)
    thread.join(30)
    assert "replaylate" in {*outcome.canaries, *outcome.replayed}
    assert "made" in _columns(City.objects.get(slug="replaylate"))
    assert "made" in _columns(_city("replaynew"))


def test_a_dry_run_shows_the_statements_and_changes_nothing(
    committed_database, write_migration, dump, alpha, beta
):
    write_migration("bureau", EVERYTHING)
    before = [dump(city.schema_name) for city in (alpha, beta)]
    shown = io.StringIO()
    call_command("migrate_cities", "--dry-run", stdout=shown)
    text = shown.getvalue()
    assert "-- the stamp for new cities would be refreshed first" in text
    assert "by replay: alpha, beta" in text
    assert "rolled back" in text
    assert (
        'ALTER TABLE "bureau_cityprofile" ADD CONSTRAINT "bureau_cityprofile_made_count_check" CHECK' in text
    )
    assert [dump(city.schema_name) for city in (alpha, beta)] == before
    write_migration("bureau", "operations = [migrations.RunSQL('UPDATE bureau_cityprofile SET name = name')]")
    shown = io.StringIO()
    call_command("migrate_cities", "--dry-run", "--city", "beta", stdout=shown)
    text = shown.getvalue()
    assert "by the stock executor, because bureau.9002_made runs SQL that cannot be reversed: beta" in text
    assert "as sqlmigrate prints it" in text and "UPDATE bureau_cityprofile SET name = name" in text
    assert [dump(city.schema_name) for city in (alpha, beta)] == before


def test_one_city_may_go_first(committed_database, write_migration, alpha, beta):
    write_migration("bureau", LITTLE)
    assert migrate_cities(slug="beta").canaries == ["beta"]
    assert ("made" in _columns(beta), "made" in _columns(alpha)) == (True, False)
    with pytest.raises(RuleBroken, match="CITY_UNKNOWN"):
        migrate_cities(slug="nowhere")


def test_a_city_whose_run_ended_before_its_grants_and_key_gets_them(committed_database, alpha, beta):
    _in(alpha, "DELETE FROM accounts_datakey")
    _in(beta, "REVOKE ALL ON bureau_cityprofile FROM wanggetest_city_beta")
    outcome = migrate_cities()
    assert sorted(outcome.repaired) == ["alpha", "beta"]
    assert _in(alpha, "SELECT count(*) FROM accounts_datakey") == [(1,)]
    with schema_context("city_beta"):
        assert CityProfile.objects.count() == 1
    assert migrate_cities().repaired == []


@pytest.mark.parametrize("right", ["TRUNCATE", "REFERENCES", "TRIGGER", "ALL"])
def test_rights_beyond_rows_are_taken_back_and_not_told_twice(committed_database, beta, right):
    _in(beta, f"GRANT {right} ON citylayers_fitnesssite, accounts_datakey TO wanggetest_city_beta")
    assert migrate_cities().repaired == ["beta"]
    asked = "SELECT has_table_privilege('wanggetest_city_beta', 'citylayers_fitnesssite', %s)"
    assert _in(beta, asked.replace("%s", "'TRUNCATE, REFERENCES, TRIGGER'")) == [(False,)]
    assert _in(beta, asked.replace("%s", "'DELETE'")) == [(True,)]
    assert migrate_cities().repaired == []


def test_a_city_without_a_schema_is_reported(committed_database, alpha):
    City.objects.create(
        slug="replaygone",
        schema_name="city_replaygone",
        name="无",
        division_code="999900",
        gauss_kruger_epsg=4547,
    )
    outcome = migrate_cities()
    assert set(outcome.failures) == {"replaygone"}


def test_on_citus_a_statement_without_a_form_is_refused(
    committed_database, write_migration, alpha, beta, settings
):
    write_migration(
        "bureau",
        'operations = [migrations.AddField("cityprofile", "made_at",'
        " models.FloatField(db_default=models.functions.Random()))]",
    )
    settings.WANGGE_CITUS = True
    with pytest.raises(replay_recording.NoCitusForm, match="volatile"):
        replay_recording.record("city_beta", keep=True)
    assert "made_at" not in _columns(beta)
    settings.WANGGE_CITUS = False
    assert migrate_cities().failures == {}
