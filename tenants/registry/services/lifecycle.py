"""A city is suspended, resumed, and dropped after a time in which it can be taken back."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.registry.models import City
from tenants.registry.queries import city_for_update, standing_of
from tenants.registry.rules.city_life import (
    CityStep,
    check_confirmation,
    check_grace_over,
    drop_moment,
    next_state,
)
from tenants.registry.services.backups import backup_city
from tenants.registry.services.cities import drop_city
from tenants.registry.services.queue import release_jobs
from tenants.registry.services.waiting import wait_until_idle, wait_until_learnt

log = logging.getLogger(__name__)
_LONGEST_MESSAGE = 300


@transaction.atomic
def suspend_city(*, city: City, message: str, acting_user: User | None) -> City:
    """Make the city read-only; people are told the message. Every process knows within five seconds.

    Its jobs wait. Suspending again changes the message. Raises 409 INVALID_TRANSITION for a city to be dropped.
    """
    row = _step(city, CityStep.SUSPEND)
    changes = {
        "suspended_at": row.suspended_at or timezone.now(),
        "suspension_message": message.strip()[:_LONGEST_MESSAGE],
    }
    return _keep(row, changes, "city.suspend", acting_user)


@transaction.atomic
def resume_city(*, city: City, acting_user: User | None) -> City:
    """Let the city be written again; its waiting jobs go at once. Raises 409 INVALID_TRANSITION unless suspended."""
    row = _step(city, CityStep.RESUME)
    release_jobs(row.schema_name)
    return _keep(row, {"suspended_at": None, "suspension_message": ""}, "city.resume", acting_user)


@transaction.atomic
def schedule_drop(*, city: City, typed_slug: str, acting_user: User | None, now: datetime) -> City:
    """Make the city read-only and to be dropped when the grace period is over (WANGGE_DROP_GRACE_DAYS).

    Raises 422 CONFIRMATION_MISMATCH unless the short name was typed, 409 INVALID_TRANSITION.
    """
    check_confirmation(typed_slug, city.slug)
    row = _step(city, CityStep.SCHEDULE_DROP)
    changes = {
        "suspended_at": row.suspended_at or now,
        "drop_after": drop_moment(now, settings.WANGGE_DROP_GRACE_DAYS),
    }
    return _keep(row, changes, "city.schedule_drop", acting_user)


@transaction.atomic
def cancel_drop(*, city: City, acting_user: User | None) -> City:
    """Take the drop back; the city stays suspended until it is resumed. Raises 409 INVALID_TRANSITION."""
    return _keep(_step(city, CityStep.CANCEL_DROP), {"drop_after": None}, "city.cancel_drop", acting_user)


def drop_due_city(*, city: City, acting_user: User | None, now: datetime, without_grace: bool = False) -> str:
    """Take a last backup of a city whose grace period is over and drop it; the backup's name.

    The backup is taken when every process knows that the city is read-only and its running jobs have ended. Raises 409
    INVALID_TRANSITION unless it is to be dropped, 409 GRACE_NOT_OVER unless told to go without, 409 CITY_BUSY while a
    job runs. When the backup fails nothing is dropped.
    """
    _check_may_drop(city, now, without_grace)
    wait_until_learnt(city)
    wait_until_idle(city.schema_name)
    backup = backup_city(city=city, acting_user=acting_user)
    with transaction.atomic():
        row = city_for_update(city.slug)
        _check_may_drop(row, now, without_grace)  # somebody may have taken it back meanwhile
        drop_city(city=row, acting_user=acting_user)
    return backup.name


def drop_due_cities(*, now: datetime, acting_user: User | None = None) -> list[str]:
    """Drop every city whose grace period is over; their short names. One that fails does not keep the others."""
    dropped = []
    for city in City.objects.filter(drop_after__lte=now).order_by("drop_after"):
        try:
            drop_due_city(city=city, acting_user=acting_user, now=now)
        except Exception:
            log.exception("city %s was due and was not dropped", city.slug)
            continue
        dropped.append(city.slug)
    return dropped


def _check_may_drop(city: City, now: datetime, without_grace: bool) -> None:
    next_state(standing_of(city).state, CityStep.DROP)
    if not without_grace:
        check_grace_over(city.drop_after, now)


def _step(city: City, step: CityStep) -> City:
    row = city_for_update(city.slug)
    next_state(standing_of(row).state, step)
    return row


def _keep(row: City, changes: dict[str, Any], action: str, acting_user: User | None) -> City:
    before = {name: _plain(getattr(row, name)) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    after = {"slug": row.slug} | {name: _plain(value) for name, value in changes.items()}
    record_audit(acting_user=acting_user, action=action, subject=row, before=before, after=after)
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
