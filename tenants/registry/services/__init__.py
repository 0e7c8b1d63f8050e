"""Writes of the registry: the installation's roles, the stamp, cities."""

from tenants.registry.services.cities import create_city, drop_city, rename_domain
from tenants.registry.services.installation import prepare_installation
from tenants.registry.services.stamp import dump_stamp, as_owner, stamp_schema

__all__ = [
    "create_city", "drop_city", "dump_stamp", "prepare_installation", "rename_domain", "as_owner", "stamp_schema",
]
