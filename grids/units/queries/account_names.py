"""Whose name a person reads in full where grid leaders, officials and who decided on them are named. Rules: J06, X07

Who leads or manages people reads their names in full, and everybody the own; everybody else reads a first character.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from grids.units.models import CultureSportsOfficer, GridLeader
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.queries.users import accounts_managed
from tenants.bureau.rules.masking import mask_name

_MANAGE_LEADERS = ("leader.nominate", "leader.appoint")


def leads_in_charge(user: User, field: str) -> Q:
    """A filter for rows whose account (`field`) is or was a leader, or an official, where the user nominates or appoints."""
    paths = [path for right in _MANAGE_LEADERS for path in granted_paths(user, right)]
    if not paths:
        return Q(pk__in=[])
    terms = GridLeader.objects.filter(under_paths(paths, "grid__community__unit__path"), user=OuterRef(field))
    offices = CultureSportsOfficer.objects.filter(
        under_paths(paths, "community__unit__path"), user=OuterRef(field)
    )
    return Q(Exists(terms.order_by())) | Q(Exists(offices.order_by()))


def leader_named(user: User, field: str) -> Q:
    """A filter for rows whose account (`field`) the user reads by its full name."""
    return accounts_managed(user, field) | leads_in_charge(user, field)


def with_names(rows: QuerySet[Any], user: User, *people: str) -> QuerySet[Any]:
    """The same rows, each with `<person>_named` for the accounts they lead to."""
    named: QuerySet[Any] = rows.annotate(
        **{f"{person}_named": flag(leader_named(user, f"{person}_id")) for person in people}
    )
    return named


def flag(condition: Q) -> Case:
    """Whether it is so, as a column."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def named_accounts(user: User, ids: Iterable[int]) -> frozenset[int]:
    """Those of these accounts whose names the user reads in full; one statement."""
    rows = User.objects.filter(leader_named(user, "pk"), pk__in=set(ids))
    return frozenset(rows.order_by().values_list("pk", flat=True))


def leader_name(row: Any, person: str, reader: User) -> str:
    """The name of the account that `person` of the row leads to, as the reader sees it; asks where `with_names` did not."""
    account: User = getattr(row, person)
    is_named: bool | None = getattr(row, f"{person}_named", None)
    if is_named is None:
        is_named = bool(named_accounts(reader, [account.pk]))
    return account.display_name if is_named else mask_name(account.display_name)
