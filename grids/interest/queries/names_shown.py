"""Whose name a person reads in full wherever work is told of: logs, profiles, visits, issues. Rules: J08, X07

The same people as in the lists of the people themselves: the members one manages (`members.managed_by`), the leaders and
officials one nominates or appoints, the instructors whose record one keeps, the accounts one manages, and oneself. Who
only looks on, or serves beside them, reads names masked, as everybody does of people one has nothing to do with.
"""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, Q

from grids.interest.models import GridMember
from grids.interest.queries.members import managed_by
from grids.units.queries.account_names import flag, leader_named
from instructors.people.queries.instructors import kept_by
from tenants.accounts.models import User
from tenants.bureau.queries.days import today


def is_named(user: User, field: str) -> Case:
    """Whether the account that `field` leads to is one whose name the user reads in full."""
    managed = GridMember.objects.filter(managed_by(user, today()), user=OuterRef(field))
    kept = kept_by(user).filter(user=OuterRef(field)).order_by()
    return flag(leader_named(user, field) | Q(Exists(managed)) | Q(Exists(kept)))
