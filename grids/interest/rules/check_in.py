"""From when to when people check in by code, how long presence may be recorded afterwards, and who is known.

Rules: J09, S44
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.bureau.rules.local_time import SHANGHAI, deadline_end, local_date
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class CheckInPolicy:
    """Minutes before the start when codes open, minutes after it when they may still be used, days for recording."""

    early_minutes: int
    late_minutes: int
    record_days: int


@dataclass(frozen=True, slots=True)
class CheckInWindow:
    """By code from `opens_at` to `closes_at`; ticked by hand from `opens_at` to `recorded_until`. All counted in."""

    opens_at: datetime
    closes_at: datetime
    recorded_until: datetime


def check_in_window(starts_at: datetime, ends_at: datetime, policy: CheckInPolicy) -> CheckInWindow:
    """The window of an occurrence: it stays open to the end, and after a short one for the minutes of policy."""
    late = starts_at + timedelta(minutes=policy.late_minutes)
    return CheckInWindow(
        opens_at=starts_at - timedelta(minutes=policy.early_minutes),
        closes_at=max(ends_at, late),
        recorded_until=max(
            ends_at, late, deadline_end(local_date(ends_at) + timedelta(days=policy.record_days))
        ),
    )


def check_in_open(now: datetime, window: CheckInWindow) -> None:
    """Refuse a code before its window with 422 CHECK_IN_EARLY, after it with 422 CHECK_IN_CLOSED. Rule: J09"""
    _check_begun(now, window.opens_at)
    if now > window.closes_at:
        raise _refused(
            "CHECK_IN_CLOSED",
            f"签到已于{_told(window.closes_at)}结束",
            f"check-in ended at {_told(window.closes_at)}",
            {"closes_at": window.closes_at.isoformat()},
            ("请告诉组织者，由其代为登记", "tell whoever runs the activity, who can tick you"),
        )


def check_record_open(now: datetime, window: CheckInWindow) -> None:
    """Refuse recording before the window with 422 CHECK_IN_EARLY, after its days with 422 RECORD_CLOSED. Rule: J09"""
    _check_begun(now, window.opens_at)
    if now > window.recorded_until:
        raise _refused(
            "RECORD_CLOSED",
            f"活动记录已于{_told(window.recorded_until)}截止",
            f"recording ended at {_told(window.recorded_until)}",
            {"recorded_until": window.recorded_until.isoformat()},
            ("如有遗漏请联系街镇或区县", "ask the office of the street, town or county"),
        )


def code_expired(minutes: int) -> RuleBroken:
    """422 CHECK_IN_CODE_EXPIRED: a code that was shown too long ago. Rule: J09"""
    return _refused(
        "CHECK_IN_CODE_EXPIRED",
        f"签到码已过期（有效{minutes}分钟）",
        f"this code has expired; it is good for {minutes} minutes",
        {"minutes": minutes},
        ("请扫描现场当前显示的签到码", "scan the code that is shown now"),
    )


def name_needed() -> RuleBroken:
    """422 CHECK_IN_NAME: a phone that is not joined here comes with a name and a consent. Rule: J09"""
    return RuleBroken(
        "CHECK_IN_NAME",
        zh="首次签到请填写姓名，并同意个人信息告知书",
        en="the first time, give your name and agree to the notice on personal data",
        rule="J09",
        field="name",
        how_to_fix_zh="请填写姓名并勾选同意",
        how_to_fix_en="fill in the name and tick the consent",
    )


def interest_grid_gone() -> RuleBroken:
    """409 INVALID_TRANSITION: the interest grid was closed during the meeting, and its people have left. Rule: J07"""
    return RuleBroken(
        "INVALID_TRANSITION",
        zh="该兴趣网格已关闭，不能再签到",
        en="this interest grid was closed: nobody checks in any more",
        status=409,
        rule="J07",
        facts={"state": "closed"},
        how_to_fix_zh="请向组织者了解其他活动",
        how_to_fix_en="ask whoever ran it what else there is",
    )


def too_many_tries(most: int, wait_minutes: int) -> RuleBroken:
    """429 CHECK_IN_TRIES: too many failed check-ins from one address. Rule: J09"""
    return RuleBroken(
        "CHECK_IN_TRIES",
        zh=f"签到失败次数过多（{most}次），请{wait_minutes}分钟后再试",
        en=f"too many failed check-ins ({most}); try again in {wait_minutes} minutes",
        status=429,
        rule="J09",
        facts={"most": most, "retry_after_s": wait_minutes * 60},
        how_to_fix_zh="请由组织者代为登记",
        how_to_fix_en="let whoever runs the activity tick you",
    )


@dataclass(frozen=True, slots=True)
class CrowdPolicy:
    """How many check-ins one shown code takes, and how many a network address may send in a minute."""

    most_per_code: int
    most_per_minute: int


CROWD_WINDOW = timedelta(minutes=1)


def check_crowd(by_code: int, from_address: int, policy: CrowdPolicy) -> None:
    """Refuse one check-in more than a code takes with 409 CHECK_IN_CODE_FULL, than an address may send a minute with 429
    CHECK_IN_CROWD.

    Every check-in counts, repeated ones too, so that neither refusal tells whether a phone is known. Rule: J09
    """
    if by_code >= policy.most_per_code:
        raise RuleBroken(
            "CHECK_IN_CODE_FULL",
            zh=f"该签到码已签到{by_code}人次（上限{policy.most_per_code}），请扫描新的签到码",
            en=f"this code has taken {by_code} check-ins, its most is {policy.most_per_code}: scan a new one",
            status=409,
            rule="J09",
            facts={"made": by_code, "most": policy.most_per_code},
            how_to_fix_zh="请组织者重新打开签到码，或代为登记",
            how_to_fix_en="let whoever runs the activity show the code anew, or tick you",
        )
    if from_address >= policy.most_per_minute:
        raise RuleBroken(
            "CHECK_IN_CROWD",
            zh=f"同一网络一分钟内签到过多（上限{policy.most_per_minute}人次），请一分钟后再试",
            en=f"too many check-ins from one network; at most {policy.most_per_minute} a minute: try again in a minute",
            status=429,
            rule="J09",
            facts={
                "made": from_address,
                "most": policy.most_per_minute,
                "retry_after_s": int(CROWD_WINDOW.total_seconds()),
            },
            how_to_fix_zh="请稍候再试，或使用手机流量；也可由组织者代为登记",
            how_to_fix_en="wait a minute, use mobile data, or let whoever runs the activity tick you",
        )


def _check_begun(now: datetime, opens_at: datetime) -> None:
    if now >= opens_at:
        return
    raise _refused(
        "CHECK_IN_EARLY",
        f"签到将于{_told(opens_at)}开始",
        f"check-in begins at {_told(opens_at)}",
        {"opens_at": opens_at.isoformat()},
        ("请届时再签到", "come back then"),
    )


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _refused(code: str, zh: str, en: str, facts: dict[str, object], fix: tuple[str, str]) -> RuleBroken:
    return RuleBroken(code, zh=zh, en=en, rule="J09", facts=facts, how_to_fix_zh=fix[0], how_to_fix_en=fix[1])
