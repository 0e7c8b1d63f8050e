"""Writing beside rivals: a lost race is looked at again, and no deadlock reaches a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

from wangge.errors import RuleBroken

Result = TypeVar("Result")
TRIES = 4
EXCLUDED, TWICE, DEADLOCK, NOT_SERIAL = "23P01", "23505", "40P01", "40001"
_LOOK_AGAIN = {EXCLUDED, TWICE, DEADLOCK, NOT_SERIAL}


def settled(deed: Callable[[], Result]) -> Result:
    """What the deed returns, done in a savepoint of its own and done anew when a rival was faster.

    The deed reads what stands before it writes: the second time it finds the rival's rows and refuses with their
    facts. A deadlock ends with the savepoint, which lets go of the locks taken in it. Raises 409 BOOKING_BUSY when
    rivals win again and again.
    """
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return deed()
        except (IntegrityError, OperationalError) as error:
            if getattr(error.__cause__, "sqlstate", None) not in _LOOK_AGAIN:
                raise
    raise RuleBroken(
        "BOOKING_BUSY",
        zh="同一教师或场地正被他人同时登记，本次未保存",
        en="others are booking the same instructor or place at this moment; nothing was kept",
        status=409,
        rule="S07",
        how_to_fix_zh="请稍后重试",
        how_to_fix_en="retry in a moment",
    )
