"""The computed assignment in words: why an instructor serves a site or not, why places stay empty.

Ways begin at the middle of the home's square (`home_cells`) and are told to whole 100 metres upwards; that somebody lives
too far away is told without the way.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructors.assignment.rules.known_names import NOBODY_KNOWN, Known, when_en
from instructors.assignment.rules.known_names import when_zh as when_zh
from instructors.assignment.rules.left_out_near import COUNTED_AS
from instructors.assignment.rules.loss_words import is_no_loss, tell_loss
from instructors.assignment.rules.site_assignment import (
    Obstacle,
    ObstacleFound,
    PairAnswer,
    Substitute,
    UnservedReason,
)

_WAY_M = 100
ROLES = {"skill_coach": ("教练", "coach"), "lecturer": ("讲师", "lecturer")}


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence in both languages with its facts; `code` is stable."""

    code: str
    zh: str
    en: str
    facts: Mapping[str, Any]


def coarse(metres: float) -> int:
    """A way in whole 100 metres, upwards."""
    return int(-(-metres // _WAY_M) * _WAY_M)


def tell_pair(answer: PairAnswer, item: str, role: str, known: Known = NOBODY_KNOWN) -> list[Told]:
    """Why the person does, or does not, serve the need; others by the names in `known`."""
    if answer.is_assigned:
        return [_assigned(answer), *_instead(answer, item, role, known)]
    told = tell_obstacles(answer.obstacles, item, role, known)
    if loss := tell_loss(answer.loses, answer.loses_at_most):
        told.append(Told("worth_less", f"若由其服务，总体{loss.zh}", f"with this pair {loss.en}", loss.facts))
    elif told and is_no_loss(answer.loses_at_most):
        told.append(_equal())
    return told or [_equal()]


def tell_obstacles(
    obstacles: Sequence[ObstacleFound], item: str, role: str, known: Known = NOBODY_KNOWN
) -> list[Told]:
    """What stands between a person and a need, one sentence each."""
    return [_OBSTACLES[each.obstacle](each.facts, item, role, known) for each in obstacles]


def _assigned(answer: PairAnswer) -> Told:
    way = coarse(answer.travel_m)
    zh, en = f"已分配，路程约{way}米", f"assigned, about {way} m away"
    if answer.is_pinned:
        zh, en = f"{zh}；由人工固定", f"{en}; pinned by hand"
    elif answer.is_kept:
        zh, en = f"{zh}；与上一次分配相同", f"{en}; as in the run before"
    facts: dict[str, Any] = {"travel_m": way, "is_pinned": answer.is_pinned, "is_kept": answer.is_kept}
    if loss := tell_loss(answer.loses, answer.loses_at_most):
        zh, en = f"{zh}；不由其服务则{loss.zh}", f"{en}; without this {loss.en}"
        facts |= {f"loses_{name}": value for name, value in loss.facts.items()}
    elif is_no_loss(answer.loses_at_most):
        zh, en = f"{zh}；由他人担任也同样可行", f"{en}; others would do as well"
    return Told("assigned", zh, en, facts)


def _instead(answer: PairAnswer, item: str, role: str, known: Known) -> list[Told]:
    """Who would serve instead, and what keeps them; nothing where it was not looked for."""
    if answer.loses_at_most is None:
        return []
    if not answer.substitutes:
        return [
            Told("no_substitute", "没有合适的替代人选，该岗位将空缺", "nobody could take the place: it would stay empty", {})
        ]  # fmt: skip
    return [_substitute(one, item, role, known) for one in answer.substitutes]


def _substitute(one: Substitute, item: str, role: str, known: Known) -> Told:
    way, kept = coarse(one.travel_m), tell_obstacles(one.obstacles, item, role, known)
    zh = f"最合适的替代人选：{known.person_zh(one.instructor)}（路程约{way}米）"
    en = f"best in this place would be {known.person_en(one.instructor)}, about {way} m away"
    if kept:
        zh, en = f"{zh}，但{said(kept, 'zh')}", f"{en}, who is kept from it: {said(kept, 'en')}"
    facts = {"instructor": one.instructor, "travel_m": way, "kept_by": [each.code for each in kept]}
    return Told("substitute", zh, en, facts)


def _equal() -> Told:
    return Told(
        "as_good", "同样可行，覆盖与路程不变，按负担均衡与编号选定了他人",
        "just as good in households and travel; fair load and then the order of numbers decided", {},
    )  # fmt: skip


def _not_qualified(_: Mapping[str, Any], item: str, role: str, *__: Known) -> Told:
    zh, en = ROLES[role]
    return Told(
        "not_qualified", f"没有有效的“{item}”{zh}资格", f"holds no valid qualification as {en} of {item}",
        {"item": item, "role": role},
    )  # fmt: skip


def _too_far(facts: Mapping[str, Any], *_: Any) -> Told:
    reach = facts["reach_m"]
    return Told("too_far", f"路程超过{reach}米", f"more than {reach} m away", {"reach_m": reach})


def _not_free(facts: Mapping[str, Any], *_: Any) -> Told:
    missing = [tuple(span) for span in facts["missing"]]
    return Told(
        "not_free", f"{'、'.join(when_zh(*span) for span in missing)}不空闲",
        f"not free on {', '.join(when_en(*span) for span in missing)}", {"missing": missing},
    )  # fmt: skip


def _at_limit(facts: Mapping[str, Any], _: str, __: str, known: Known) -> Told:
    limit, needs = facts["weekly_limit"], list(facts.get("needs", ()))
    zh, en = (
        f"每周最多{limit}次，已安排{len(needs)}次",
        f"{len(needs)} sessions of at most {limit} a week are taken",
    )
    if needs and all(need in known.sessions for need in needs):
        zh += f"（{'、'.join(map(known.session_zh, needs))}）"
        en += f" ({', '.join(map(known.session_en, needs))})"
    return Told("at_limit", zh, en, {"weekly_limit": limit, "needs": needs})


def _clashes(facts: Mapping[str, Any], _: str, __: str, known: Known) -> Told:
    gap, session_zh, session_en = (
        facts["gap_min"], known.session_zh(facts["need"]), known.session_en(facts["need"]),
    )  # fmt: skip
    if gap < 0:
        zh, en = f"同一时间服务{session_zh}", f"serves {session_en} at that time"
    else:
        buffer = facts["buffer_min"]
        zh = f"与{session_zh}的服务间隔{gap}分钟，跨街镇须留{buffer}分钟"
        en = f"{gap} min lie between it and {session_en}; {buffer} are needed between two towns"
    return Told("clashes", zh, en, dict(facts))


def _full(facts: Mapping[str, Any], _: str, __: str, known: Known) -> Told:
    wanted = facts["wanted"]
    people = list(facts.get("instructors", ()))
    named = [known.people[one] for one in people if one in known.people]
    zh, en = f"所需{wanted}人已由他人担任", f"the {wanted} wanted are others"
    if named:
        zh, en = f"{zh}（{'、'.join(named)}）", f"{en} ({', '.join(named)})"
    return Told("need_is_full", zh, en, {"wanted": wanted, "instructors": people})


_OBSTACLES: dict[Obstacle, Callable[..., Told]] = {
    Obstacle.NOT_QUALIFIED: _not_qualified,
    Obstacle.TOO_FAR: _too_far,
    Obstacle.NOT_FREE: _not_free,
    Obstacle.AT_LIMIT: _at_limit,
    Obstacle.CLASHES: _clashes,
    Obstacle.NEED_IS_FULL: _full,
}

_LEFT_OUT = {
    "not_qualified": ("计算之日没有有效的等级证书或授课项目", "held no valid grade or item on the day"),
    "no_home": ("没有登记住处位置，无法计算路程", "no home is recorded, so that ways cannot be told"),
    "no_free_times": ("没有登记空闲时间", "no free times are recorded"),
    "no_sessions": ("每周次数上限为0", "the limit of sessions a week is 0"),
    "not_in_run": ("计算时不在册或其后才登记", "was not in the register when it was computed"),
}


def tell_left_out(reason: str) -> Told:
    """Why a person was not considered at all."""
    zh, en = _LEFT_OUT[reason]
    return Told(reason, f"未参与计算：{zh}", f"not considered: {en}", {})


def tell_need_not_in_run() -> Told:
    """Why nobody was sought for a need."""
    return Told(
        "need_not_in_run", "计算时没有这项需求", "this need was not asked for when it was computed", {}
    )


_UNSERVED = {
    UnservedReason.NO_TEACHER_IN_REACH: ("可达范围内没有指导员", "no instructor lives in reach"),
    UnservedReason.NONE_TEACHES_ITEM: ("可达范围内无人能教该项目", "nobody in reach may teach the item"),
    UnservedReason.NONE_FREE: ("能教的人该时段都不空闲", "who may teach it is not free then"),
    UnservedReason.TOO_FEW_CANDIDATES: ("能来的人都已担任，人数仍不足", "everybody who could serves it already"),
    UnservedReason.PINNED_CONFLICT: ("其余人选的时间或次数被固定安排占用", "pins take the time or limit of everybody else"),
    UnservedReason.ALL_AT_LIMIT: ("其余人选都已达每周次数上限", "everybody else has reached the weekly limit"),
    UnservedReason.OTHERS_WORTH_MORE: ("其余人选在覆盖更多户数的需求上", "the others serve needs worth at least as much"),
}  # fmt: skip


_COUNTED = {
    "in_reach": ("可达范围内{}人", "{} in reach"),
    "nearest_m": ("最近的约{}米", "the nearest about {} m away"),
    "teach_item_in_reach": ("其中能教该项目{}人", "{} of them teach the item"),
    "nearest_teaching_m": ("能教的最近约{}米", "the nearest who teaches it about {} m away"),
    "candidates": ("该时段可来{}人", "{} could come"),
    "serving": ("已在此服务{}人", "{} serve here"),
    "at_limit": ("已达上限{}人", "{} at their limit"),
    "held_by_pins": ("被固定{}人", "{} held by pins"),
    "no_free_times_in_reach": ("另有{}人会教但没有登记空闲时间", "{} more teach it but gave no free times"),
    "no_papers_in_reach": ("另有{}人会教但没有有效证书", "{} more teach it but hold no valid certificate"),
    "no_sessions_in_reach": ("另有{}人会教但每周次数上限为0", "{} more teach it but take no sessions"),
}
# Who was left out of the computation, told behind every reason; where there are such, two reasons hold of the others only.
_LEFT_OUT_NEAR = tuple(COUNTED_AS.values())
_OF_THOSE_CONSIDERED = {
    UnservedReason.NO_TEACHER_IN_REACH: (
        "可达范围内没有参与计算的指导员", "no instructor in reach was considered",
    ),
    UnservedReason.NONE_TEACHES_ITEM: (
        "可达范围内参与计算的人都不能教该项目", "nobody considered in reach may teach the item",
    ),
}  # fmt: skip
# What a reason is understood by; the other counts stay in the facts.
_BEHIND = {
    UnservedReason.NO_TEACHER_IN_REACH: ("nearest_m",),
    UnservedReason.NONE_TEACHES_ITEM: ("in_reach", "nearest_teaching_m"),
    UnservedReason.NONE_FREE: ("teach_item_in_reach",),
    UnservedReason.TOO_FEW_CANDIDATES: ("candidates",),
    UnservedReason.PINNED_CONFLICT: ("candidates", "serving", "held_by_pins"),
    UnservedReason.ALL_AT_LIMIT: ("candidates", "serving", "at_limit"),
    UnservedReason.OTHERS_WORTH_MORE: ("candidates", "serving", "at_limit"),
}


def tell_unserved(reason: str, places: int, facts: Mapping[str, Any]) -> Told:
    """Why so many places of a need stay empty; facts are counts, and ways to homes made coarse."""
    kind = UnservedReason(reason)
    left_out = any(facts.get(name) for name in _LEFT_OUT_NEAR)
    zh, en = _OF_THOSE_CONSIDERED.get(kind, _UNSERVED[kind]) if left_out else _UNSERVED[kind]
    shown = {
        name: coarse(value) if name.endswith("_m") and value is not None else value
        for name, value in facts.items()
    }
    named = [
        (_COUNTED[name], shown[name])
        for name in (*_BEHIND[kind], *_LEFT_OUT_NEAR)
        if shown.get(name) is not None
    ]
    tail_zh = f"（{'，'.join(words[0].format(value) for words, value in named)}）" if named else ""
    tail_en = f" ({', '.join(words[1].format(value) for words, value in named)})" if named else ""
    return Told(reason, f"缺{places}人：{zh}{tail_zh}", f"{places} missing: {en}{tail_en}", shown)


def said(sentences: Sequence[Told], language: str) -> str:
    """All sentences of one language as one text."""
    return (
        "；".join(each.zh for each in sentences)
        if language == "zh"
        else "; ".join(each.en for each in sentences)
    )
