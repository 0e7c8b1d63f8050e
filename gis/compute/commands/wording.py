"""What the command line says, in Chinese, in English or in both, and how it puts a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from gis.compute.refusal import InputRefused


class Language(StrEnum):
    """The language of messages; helps are always in both."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


def language_of(wanted: str | None, environment: Mapping[str, str]) -> Language:
    """The language asked for, else the terminal's, else both."""
    if wanted:
        return Language(wanted)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "").lower()
        if value:
            return next(
                (each for each in (Language.ZH, Language.EN) if value.startswith(each)), Language.BOTH
            )
    return Language.BOTH


def worded(language: Language, zh: str, en: str) -> str:
    """A message in the language; in both, one line each."""
    if language is Language.ZH or not en:
        return zh
    return en if language is Language.EN else f"{zh}\n{en}"


def refusal_text(refused: InputRefused, language: Language) -> str:
    """A refusal as a person reads it: what, where, which facts, and the remedy."""
    parts = []
    if language is not Language.EN:
        parts.append("\n".join(_chinese(refused)))
    if language is not Language.ZH:
        parts.append("\n".join(_english(refused)))
    return "\n".join(parts)


def refusal_values(refused: InputRefused) -> dict[str, object]:
    """A refusal as plain values, fit for JSON."""
    return {
        "code": refused.code,
        "zh": refused.zh,
        "en": refused.en,
        "remedy_zh": refused.remedy_zh,
        "remedy_en": refused.remedy_en,
        "row": refused.row,
        "field": refused.field,
        "place": list(refused.place) if refused.place else None,
        "facts": {name: _plain(value) for name, value in refused.facts.items()},
    }


def _plain(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _chinese(refused: InputRefused) -> Iterator[str]:
    yield f"错误 [{refused.code}]：{refused.zh}"
    where = [f"第{refused.row}行"] if refused.row is not None else []
    where += [f"字段 {refused.field}"] if refused.field else []
    where += [f"经纬度 {refused.place[0]:.7f}, {refused.place[1]:.7f}"] if refused.place else []
    if where:
        yield f"  位置：{'，'.join(where)}"
    yield from (f"  另有：{other}" for other in _others(refused, "others_zh"))
    if refused.remedy_zh:
        yield f"  办法：{refused.remedy_zh}"


def _english(refused: InputRefused) -> Iterator[str]:
    yield f"Error [{refused.code}]: {refused.en}"
    where = [f"row {refused.row}"] if refused.row is not None else []
    where += [f"field {refused.field}"] if refused.field else []
    where += [f"lon-lat {refused.place[0]:.7f}, {refused.place[1]:.7f}"] if refused.place else []
    if where:
        yield f"  where: {', '.join(where)}"
    yield from (f"  also: {other}" for other in _others(refused, "others_en"))
    if refused.remedy_en:
        yield f"  remedy: {refused.remedy_en}"


def _others(refused: InputRefused, name: str) -> list[str]:
    others = refused.facts.get(name)
    return [str(other) for other in others] if isinstance(others, (list, tuple)) else []
