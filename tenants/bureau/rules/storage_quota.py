"""What a city stores, tables and files together, stays within the quota that its operator gave it.

Exactly at the quota is allowed. From 80 % on the city is warned, so that it can tidy up or ask before a door closes.
Rule: X08
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wangge.errors import RuleBroken

WARN_FROM = 0.8
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1024


class StorageState(StrEnum):
    """How a city stands against its quota."""

    FREE = "free"  # below 80 %
    WARNING = "warning"  # from 80 % to the quota itself
    OVER = "over"  # past it: what the quota was lowered under, or what grew without a file


@dataclass(frozen=True, slots=True)
class StorageUse:
    """What is stored, in bytes, against the quota."""

    quota_bytes: int
    table_bytes: int
    file_bytes: int

    @property
    def used_bytes(self) -> int:
        """Tables with their indexes, and files."""
        return self.table_bytes + self.file_bytes

    @property
    def share(self) -> float:
        """Used part of the quota; past 1 when it is exceeded, or whenever a quota of nothing holds anything."""
        if self.quota_bytes == 0:
            return 0.0 if self.used_bytes == 0 else float("inf")
        return self.used_bytes / self.quota_bytes

    @property
    def state(self) -> StorageState:
        """Free, warning or over."""
        if self.used_bytes > self.quota_bytes:
            return StorageState.OVER
        return StorageState.WARNING if self.share >= WARN_FROM else StorageState.FREE


def said_bytes(size: int) -> str:
    """Bytes as a person reads them: `1.5 GB`, `812 B`."""
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 100 else f"{value:.1f} {_UNITS[unit]}"


def check_fits(use: StorageUse, added_bytes: int) -> None:
    """Refuse with 413 STORAGE_QUOTA what would take the city past its quota; what just fills it is let in."""
    if use.used_bytes + added_bytes <= use.quota_bytes:
        return
    used, quota, needed = (said_bytes(size) for size in (use.used_bytes, use.quota_bytes, added_bytes))
    raise RuleBroken(
        "STORAGE_QUOTA",
        zh=f"存储空间不足：已用 {used}，配额 {quota}，本次需要 {needed}",
        en=f"the city's storage is full: {used} of {quota} used, {needed} more needed",
        status=413,
        rule="X08",
        facts={
            "used_bytes": use.used_bytes,
            "quota_bytes": use.quota_bytes,
            "needed_bytes": added_bytes,
            "table_bytes": use.table_bytes,
            "file_bytes": use.file_bytes,
        },
        how_to_fix_zh="请平台运维提高本市存储配额，或改用较小的文件",
        how_to_fix_en="ask the platform's operator for a higher quota, or send a smaller file",
    )


def check_quota_input(*, storage_quota_bytes: int, job_slots: int, job_quota: int) -> None:
    """Refuse quotas that would stop a city by a slip of the pen with 422 QUOTA_RANGE.

    Storage 0–1 PB (0 closes the door to uploads), 1–32 jobs at a time, 1–100 000 waiting.
    """
    limits = {
        "storage_quota_bytes": (storage_quota_bytes, 0, 1024**5),
        "job_slots": (job_slots, 1, 32),
        "job_quota": (job_quota, 1, 100_000),
    }
    for field, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise RuleBroken(
                "QUOTA_RANGE",
                zh=f"{field} 应为 {least}–{most}，收到 {value}",
                en=f"{field} must be {least}–{most}, not {value}",
                rule="X08",
                facts={"field": field, "value": value, "least": least, "most": most},
                how_to_fix_zh="请改为范围内的数值",
                how_to_fix_en="give a number within that range",
                field=field,
            )
