"""What a database needs before its first city: extensions, logins, group role, public tables, the stamp."""

from __future__ import annotations

from django.core.management import call_command

from tenants.accounts.queries import sealer
from tenants.accounts.services import keep_data_key
from tenants.registry.services.citus import ensure_extension, register_logins, register_queue
from tenants.registry.services.logins import grant_public, make_logins
from tenants.registry.services.queue import grant_queue
from tenants.registry.services.replay import Outcome, Say, migrate_cities
from tenants.registry.services.statements import run_statements
from wangge.kernel.database.current import city_connection


def prepare_installation(*, say: Say = lambda line: None) -> Outcome:
    """Bring the database to the state this version of the product needs; safe to run again.

    What became of the cities is in the outcome: one that failed stands as before. `say` is told of their progress.

    Needs the admin login (CREATE EXTENSION, CREATE ROLE). Not one transaction: migrations keep their own. Raises
    NotOpened, before any city is touched, where the database was made under another environment key.
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
    sealer()
    return migrate_cities(refresh_stamp=True, say=say)
