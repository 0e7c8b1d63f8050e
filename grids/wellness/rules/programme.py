"""Sessions of a programme: who came, how hard it felt, whether it was stopped; after a stop the prescriber looks first.

Rule: J18
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from grids.wellness.rules.prescription import EXERTION
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Session:
    """One session; `exertion` on Borg's 6–20, None for who did not come."""

    held_on: date
    attended: bool
    exertion: int | None
    stopped: bool


def check_session(session: Session, first_day: date, last_day: date, today: date) -> None:
    """Refuse a session outside the prescription's days or to come, and marks that do not fit.

    422 SESSION_DAY, SESSION_EXERTION.

    Rule: J18
    """
    last = min(last_day, today)
    if not first_day <= session.held_on <= last:
        raise RuleBroken(
            "SESSION_DAY",
            zh=f"运动日期须在处方有效期内且不晚于今天（{first_day.isoformat()}至{last.isoformat()}）",
            en=f"a session lies within the prescription's days and not after today ({first_day} to {last})",
            rule="J18",
            facts={"from": first_day.isoformat(), "to": last.isoformat()},
            how_to_fix_zh="请核对日期；处方已过期请开具新版",
            how_to_fix_en="check the day; if the prescription has run out, prescribe anew",
            field="held_on",
        )
    if session.attended:
        fits = session.exertion is not None and EXERTION[0] <= session.exertion <= EXERTION[1]
    else:
        fits = session.exertion is None and not session.stopped
    if not fits:
        raise RuleBroken(
            "SESSION_EXERTION",
            zh=f"到场须填自感用力 {EXERTION[0]}–{EXERTION[1]}；未到场则不填",
            en=f"who came says an exertion of {EXERTION[0]}–{EXERTION[1]}; who did not come says none",
            rule="J18",
            facts={"lowest": EXERTION[0], "highest": EXERTION[1]},
            how_to_fix_zh="请更正",
            how_to_fix_en="correct it",
            field="exertion",
        )


def check_not_stopped(*, was_stopped: bool) -> None:
    """Refuse a further session after one that was stopped, until the prescriber has issued a new version.

    422 REVIEW_REQUIRED.

    Rule: J18
    """
    if not was_stopped:
        return
    raise RuleBroken(
        "REVIEW_REQUIRED",
        zh="上次运动已中止，请先由处方师复核并开具新版处方",
        en="the last session was stopped: the prescriber looks first and issues a new version",
        rule="J18",
        how_to_fix_zh="请联系处方师",
        how_to_fix_en="ask the prescriber",
    )
