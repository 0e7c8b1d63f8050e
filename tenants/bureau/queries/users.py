"""Reads of the city's people and what they may do."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from tenants.accounts.models import User
from tenants.bureau.models import Grant
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.masking import mask_name

MANAGE = "user.manage"


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


def accounts_managed(user: User, field: str = "pk") -> Q:
    """A filter for rows whose account (`field`) is one's own, or one of those one manages by `user.manage`. Rule: X07"""
    paths = granted_paths(user, MANAGE)
    if _is_city(paths):
        return Q(**{f"{field}__isnull": False})
    theirs = Grant.objects.filter(under_paths(paths, field="unit__path"), user=OuterRef(field))
    return Q(**{field: user.pk}) | Q(Exists(theirs)) if paths else Q(**{field: user.pk})


def account_name(reader: User, account: User) -> str:
    """The account's name: in full for the person and for who manages the account, masked for the others. Rule: X07

    For people who are named as accounts only, such as who brought a file in; at most one statement a request.
    """
    is_named = reader.pk == account.pk or _is_city(granted_paths(reader, MANAGE))
    if is_named or account.pk in _managed_ids(reader):
        return account.display_name
    return mask_name(account.display_name)


def _is_city(paths: list[str]) -> bool:
    """Whether one of the paths is that of the whole city: the tree has one root, `/1/`."""
    return any(path.count("/") == 2 for path in paths)


def _managed_ids(reader: User) -> frozenset[int]:
    """Whose accounts the reader manages; kept on the user object, which lives for one request or job."""
    kept: frozenset[int] | None = getattr(reader, "_managed_ids", None)
    if kept is None:
        paths = granted_paths(reader, MANAGE)
        rows = Grant.objects.filter(under_paths(paths, field="unit__path")) if paths else Grant.objects.none()
        kept = frozenset(rows.values_list("user_id", flat=True))
        reader._managed_ids = kept  # type: ignore[attr-defined]
    return kept
