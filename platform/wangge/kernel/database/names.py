"""Names of an installation's database roles: unique over the server, and never the same for two things.

An installation's name bears no underscore, so that the first underscore of a role always ends it: installation `a` with
a schema `b_x` and an installation `a_b` with a schema `x` could not be told apart.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# 13 + "_" + 48 bytes stay within PostgreSQL's 63, beyond which it would cut two names to one.
_INSTALLATION = re.compile(r"[a-z][a-z0-9]{0,12}\Z")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
LOGINS = ("admin", "operator", "web", "worker")
_GROUP = "cities"


def check_installation(name: str) -> str:
    """The name itself; raises ValueError when roles could not be told apart by it."""
    if not _INSTALLATION.match(name) or name == "pg":
        raise ValueError(f"{name!r}: 1 to 13 lower-case letters and digits, a letter first, not pg")
    return name


def installation() -> str:
    """This installation's name; raises ImproperlyConfigured when roles could not be told apart by it."""
    try:
        return check_installation(str(settings.WANGGE_INSTALLATION))
    except ValueError as exc:
        raise ImproperlyConfigured(f"WANGGE_INSTALLATION is {exc}") from exc


def check_schema(schema_name: str) -> str:
    """The name itself; raises ValueError unless it is a plain schema name of at most 48 characters."""
    if not _SCHEMA.match(schema_name or ""):
        raise ValueError(f"not a schema name: {schema_name!r}")
    return schema_name


def city_role(schema_name: str) -> str:
    """The cluster-wide name of the database role of one city of this installation."""
    if check_schema(schema_name) in (*LOGINS, _GROUP):
        raise ValueError(f"{schema_name!r} would be the name of a login")
    return f"{installation()}_{schema_name}"


def login_role(login: str) -> str:
    """The cluster-wide name of one of the installation's logins, or of its cities' group."""
    if login not in (*LOGINS, _GROUP):
        raise ValueError(f"no login of ours: {login!r}")
    return f"{installation()}_{login}"
