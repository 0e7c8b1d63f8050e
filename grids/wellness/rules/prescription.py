"""An exercise prescription says frequency, intensity, time, type, volume and progression (FITT-VP), in closed fields.

The ranges are those in which a number can be meant at all: they catch slips, they are no advice. What is right for a
person is the prescriber's decision; the product is no medical device.

Rule: J18
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum

from wangge.errors import RuleBroken, refuse_all

EXERTION = (6, 20)  # Borg's scale of perceived exertion


class ExerciseType(StrEnum):
    """What kind of exercise."""

    WALKING = "walking"
    RUNNING = "running"
    CYCLING = "cycling"
    SWIMMING = "swimming"
    DANCE = "dance"
    BALL_GAME = "ball_game"
    TAI_CHI = "tai_chi"
    RESISTANCE = "resistance"
    FLEXIBILITY = "flexibility"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Prescription:
    """One version. Exertion on Borg's 6–20; `step_minutes` longer every `step_weeks` weeks, 0 for no progression."""

    frequency_per_week: int
    exertion_low: int
    exertion_high: int
    minutes: int
    types: tuple[ExerciseType, ...]
    volume_minutes_per_week: int
    step_weeks: int
    step_minutes: int
    weeks: int

    def plain(self) -> dict[str, object]:
        """The fields as they are sealed and shown."""
        return asdict(self) | {"types": [kind.value for kind in self.types]}


# Field → lowest, highest, its names.
RANGES: Mapping[str, tuple[int, int, str, str]] = {
    "frequency_per_week": (1, 7, "每周次数", "times a week"),
    "exertion_low": (*EXERTION, "强度下限（自感用力）", "lowest exertion"),
    "exertion_high": (*EXERTION, "强度上限（自感用力）", "highest exertion"),
    "minutes": (5, 120, "每次分钟", "minutes each time"),
    "volume_minutes_per_week": (5, 840, "每周总分钟", "minutes a week"),
    "step_weeks": (1, 12, "进阶周数", "weeks between steps"),
    "step_minutes": (0, 30, "每次进阶分钟", "minutes of a step"),
    "weeks": (1, 26, "有效周数", "weeks it is valid"),
}


def check_prescription(wanted: Prescription) -> None:
    """Refuse numbers out of range and fields that contradict one another, all at once.

    422 PRESCRIPTION_RANGE, PRESCRIPTION_TYPES, PRESCRIPTION_VOLUME.

    Rule: J18
    """
    refusals = [
        _out_of_range(name, low, high, zh, en)
        for name, (low, high, zh, en) in RANGES.items()
        if not low <= getattr(wanted, name) <= high
    ]
    if wanted.exertion_high < wanted.exertion_low:
        _, high, zh, en = RANGES["exertion_high"]
        refusals.append(_out_of_range("exertion_high", wanted.exertion_low, high, zh, en))
    if not wanted.types or len(set(wanted.types)) < len(wanted.types):
        refusals.append(_types())
    if wanted.volume_minutes_per_week != wanted.frequency_per_week * wanted.minutes:
        refusals.append(_volume(wanted))
    refuse_all(refusals)


def last_day(starts_on: date, weeks: int) -> date:
    """The last day a prescription of so many weeks is valid."""
    return starts_on + timedelta(weeks=weeks, days=-1)


def check_replaces(current_number: int, replaces: int) -> None:
    """Refuse a version that was written without having seen the present one with 409 PRESCRIPTION_CHANGED.

    Rule: J18
    """
    if current_number == replaces:
        return
    raise RuleBroken(
        "PRESCRIPTION_CHANGED",
        zh=f"运动处方已由他人更新为第{current_number}版",
        en=f"the prescription stands at version {current_number} by now",
        status=409,
        rule="J18",
        facts={"current": current_number, "replaces": replaces},
        how_to_fix_zh="请查看现行处方后再开具",
        how_to_fix_en="read the present one, then prescribe",
        field="replaces",
    )


def check_not_oneself(person_user: int | None, acting_user: int) -> None:
    """Refuse to clear oneself or prescribe for oneself with 403 SELF_APPROVAL.

    Rule: J18
    """
    if person_user is None or person_user != acting_user:
        return
    raise RuleBroken(
        "SELF_APPROVAL",
        zh="不得为本人评估或开具运动处方",
        en="nobody clears or prescribes for oneself",
        status=403,
        rule="J18",
        how_to_fix_zh="请由另一位有资质的人员办理",
        how_to_fix_en="ask another qualified person",
    )


def _out_of_range(name: str, low: int, high: int, zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        "PRESCRIPTION_RANGE", zh=f"{zh}须为 {low}–{high}", en=f"{en} must be {low}–{high}", rule="J18",
        facts={"field": name, "lowest": low, "highest": high}, field=name,
        how_to_fix_zh="请更正", how_to_fix_en="correct it",
    )  # fmt: skip


def _types() -> RuleBroken:
    known = [kind.value for kind in ExerciseType]
    return RuleBroken(
        "PRESCRIPTION_TYPES", zh="请至少选择一种运动方式，且不重复", en="choose one type or more, each once",
        rule="J18", facts={"known": known}, field="types",
        how_to_fix_zh="请从运动方式中选择", how_to_fix_en="choose from the types",
    )  # fmt: skip


def _volume(wanted: Prescription) -> RuleBroken:
    product = wanted.frequency_per_week * wanted.minutes
    return RuleBroken(
        "PRESCRIPTION_VOLUME",
        zh=f"每周总量须等于次数×时间：{wanted.frequency_per_week}×{wanted.minutes}={product} 分钟",
        en=f"the volume is {wanted.frequency_per_week} × {wanted.minutes} = {product} minutes a week",
        rule="J18",
        facts={"frequency_per_week": wanted.frequency_per_week, "minutes": wanted.minutes, "volume": product},
        how_to_fix_zh="请更正其中一项",
        how_to_fix_en="correct one of them",
        field="volume_minutes_per_week",
    )
