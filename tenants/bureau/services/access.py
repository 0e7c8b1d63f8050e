"""What administrators do about other people's signing in: unlock, sign out everywhere, reset a lost second factor."""

from __future__ import annotations

from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.queries import user_for_update
from tenants.accounts.services import end_sessions, reset_second_factor, unlock_sign_in
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.rights import held_rights, rights_of
from tenants.bureau.rules.permission_catalogue import ADMINISTER
from tenants.bureau.rules.rights import check_may_manage, check_not_self
from wangge.kernel.permissions import require


@transaction.atomic
def unlock_person(*, user_id: int, acting_user: User) -> None:
    """Open the door that wrong passwords closed before its time; raises as `update_city_user` does."""
    user = _managed(user_id, acting_user)
    unlock_sign_in(user=user, acting_user=acting_user)


@transaction.atomic
def sign_person_out(*, user_id: int, acting_user: User) -> None:
    """End all sessions of a person at once; raises as `update_city_user` does."""
    user = _managed(user_id, acting_user)
    end_sessions(user=user, acting_user=acting_user)


@transaction.atomic
def reset_persons_second_factor(*, user_id: int, acting_user: User, reason: str) -> None:
    """Take away the app and the recovery codes of a person who lost them, and end the person's sessions.

    Raises 404, 403 without the right to administer the city's accounts, 403 SELF_APPROVAL for one's own.
    """
    user = user_for_update(user_id)
    require(acting_user, ADMINISTER, root_unit().path)
    check_not_self(acting_user.pk, user_id)
    reset_second_factor(user=user, acting_user=acting_user, reason=reason)
    end_sessions(user=user, acting_user=acting_user)


def _managed(user_id: int, acting_user: User) -> User:
    """The person, locked, whose access one may change."""
    user = user_for_update(user_id)
    check_may_manage(held_rights(acting_user), rights_of(user_id))
    return user
