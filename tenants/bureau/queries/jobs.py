"""Reads of background jobs."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.rights import granted_paths, under_paths


def jobs_visible_to(user: User) -> QuerySet[BackgroundJob]:
    """The jobs one has started, and those of the units one may watch."""
    watched = under_paths(granted_paths(user, "job.view"))
    return BackgroundJob.objects.filter(Q(started_by_id=user.pk) | watched).order_by("id")


def of_subjects(rows: QuerySet[BackgroundJob], subjects: Collection[str]) -> QuerySet[BackgroundJob]:
    """Those of some subjects: what stands before the dot of a kind, such as `layers` of `layers.import`."""
    wanted = Q(pk__in=[])
    for subject in subjects:
        wanted |= Q(kind__startswith=f"{subject}.")
    return rows.filter(wanted)
