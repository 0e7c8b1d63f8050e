"""What a database needs before its first city: extensions, logins, group role, public tables, the stamp."""

from __future__ import annotations

from django.core.management import call_command

from tenants.accounts.services import keep_data_key
from tenants.registry.models import City
from tenants.registry.services.citus import ensure_extension, register_logins, register_queue
from tenants.registry.services.logins import grant_public, make_logins
from tenants.registry.services.owner import as_owner
from tenants.registry.services.queue import grant_queue
from tenants.registry.services.stamp import dump_stamp, give_data_key, grant_city
from tenants.registry.services.statements import run_statements
from wangge.kernel.database.current import city_connection


def prepare_installation() -> None:
    """Bring the database to the state this version of the product needs; safe to run again.

    Needs the admin login (CREATE EXTENSION, CREATE ROLE). Not one transaction: migrations keep their own.
    """
    run_statements([f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in ("postgis", "btree_gist")])
    ensure_extension()
    make_logins()
    register_logins()
    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False)
    city_connection().set_schema_to_public()
    grant_public()
    grant_queue()
    register_queue()
    keep_data_key()
    dump_stamp()
    _migrate_cities()


def _migrate_cities() -> None:
    with as_owner():
        for city in City.objects.order_by("id"):
            call_command("migrate_schemas", schema_name=city.schema_name, verbosity=0, interactive=False)
            city_connection().set_schema_to_public()
            grant_city(city.schema_name)
            give_data_key(city.schema_name)
