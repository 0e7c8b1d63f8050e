"""Reads of the city's people and what they may do."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from tenants.accounts.models import User
from tenants.bureau.models import Grant
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.rights import granted_paths, under_paths


def users_visible_to(user: User) -> QuerySet[User]:
    """Oneself and those who hold a right in the units whose users one may see; everybody for the whole city."""
    paths = granted_paths(user, "user.view")
    rows = User.objects.select_related("contact_phone").order_by("id")
    if not paths:
        return rows.filter(pk=user.pk)
    if root_unit().path in paths:
        return rows
    theirs = Grant.objects.filter(under_paths(paths, field="unit__path"), user=OuterRef("pk"))
    return rows.filter(Q(pk=user.pk) | Exists(theirs))


def grants_of(user_id: int) -> QuerySet[Grant]:
    """All rights of a person, with their units."""
    return Grant.objects.filter(user_id=user_id).select_related("unit").order_by("id")


def grants_visible_to(user: User) -> QuerySet[Grant]:
    """One's own rights, and those held in the units whose users one may see."""
    watched = under_paths(granted_paths(user, "user.view"), field="unit__path")
    return Grant.objects.filter(Q(user_id=user.pk) | watched).select_related("unit", "user").order_by("id")
