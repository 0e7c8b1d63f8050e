"""Writes of the registry: the installation's roles, the stamp, cities."""

from tenants.registry.services.cities import create_city, drop_city, rename_domain
from tenants.registry.services.citus import distribute_city
from tenants.registry.services.installation import prepare_installation
from tenants.registry.services.owner import as_owner
from tenants.registry.services.replay import migrate_cities
from tenants.registry.services.stamp import dump_stamp, stamp_schema

__all__ = [
    "as_owner",
    "create_city",
    "distribute_city",
    "drop_city",
    "dump_stamp",
    "migrate_cities",
    "prepare_installation",
    "rename_domain",
    "stamp_schema",
]
