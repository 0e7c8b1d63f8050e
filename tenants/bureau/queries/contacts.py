"""Reads of how people are reached."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import Grant
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.queries.users import users_visible_to
from tenants.bureau.rules.phone import normal_phone

PHONE = "contact-phone"
FULL_VALUE = "personal.full_value"


def users_with_phone(user: User, phone: str) -> QuerySet[User]:
    """Those one may see who have this number; raises 422 PHONE_FORMAT."""
    digest = sealer().digest(normal_phone(phone), purpose=PHONE)
    return users_visible_to(user).filter(contact_phone__digest=digest)


def may_see_full_value(user: User, of_user_id: int) -> bool:
    """Whether the right to full values is held for the whole city or for a unit the person holds a right in."""
    paths = granted_paths(user, FULL_VALUE)
    if not paths:
        return False
    theirs = Grant.objects.filter(under_paths(paths, field="unit__path"), user_id=of_user_id)
    return root_unit().path in paths or theirs.exists()
