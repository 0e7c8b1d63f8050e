"""A city whose rows came from a file, of another server or of an earlier day, settles where it stands now."""

from __future__ import annotations

from django.db.models import Case, Value, When
from django.utils import timezone

from tenants.bureau.models import BackgroundJob, CityProfile, JobState, OutboxMessage
from tenants.registry.models import City
from wangge.errors import RuleBroken
from wangge.kernel.problems import problem

_HELD = "随城市数据迁入，未自动发送 / came with the city's data and was not sent by itself"


def settle_arrived_city(city: City) -> None:
    """Let the profile say what the registry says, end the jobs that no queue knows, and hold messages back.

    Called as the schema's owner, who may change the profile, within the transaction that brought the rows.
    """
    CityProfile.objects.filter(pk=1).update(
        name=city.name,
        division_code=city.division_code,
        gauss_kruger_epsg=city.gauss_kruger_epsg,
        data_label=city.data_label,
        storage_quota_bytes=city.storage_quota_bytes,
    )
    _end_jobs()
    # The city they come from may have sent them meanwhile, or may send them yet; an administrator may send them anew.
    waiting = OutboxMessage.objects.filter(delivered_at=None, given_up_at=None).exclude(channel="in_app")
    waiting.update(given_up_at=timezone.now(), last_error=_HELD)


def _end_jobs() -> None:
    left_behind = RuleBroken(
        "JOB_LEFT_BEHIND",
        zh="任务未随城市数据迁来，已结束",
        en="the job did not come along with the city's data and has ended",
        status=409,
        how_to_fix_zh="如仍需要，请重新发起",
        how_to_fix_en="start it again if it is still wanted",
    )
    BackgroundJob.objects.filter(state__in=(JobState.WAITING, JobState.RUNNING)).update(
        state=Case(
            When(cancel_requested=True, then=Value(JobState.CANCELLED)), default=Value(JobState.FAILED)
        ),
        problem=problem(left_behind),
        finished_at=timezone.now(),
    )
