"""A city's short name becomes its schema, its database role and its first host name, so it is narrow.

Rule: X01
"""

from __future__ import annotations

import re

from wangge.errors import RuleBroken

_SLUG = re.compile(r"^[a-z][a-z0-9]{1,29}\Z")
_HOST = re.compile(
    r"^(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?\Z"
)
_TAKEN = frozenset({"public", "template", "operator", "www", "api", "static"})


def check_slug(slug: str) -> None:
    """Raise 422 CITY_SLUG unless the name is 2–30 lower-case letters and digits that begin with a letter."""
    if _SLUG.match(slug) and slug not in _TAKEN:
        return
    raise RuleBroken(
        "CITY_SLUG",
        zh=f"城市简称“{slug}”不可用：须为 2–30 位小写字母或数字，以字母开头，且不是保留字",
        en=f"“{slug}” cannot be a city's short name: 2–30 lower-case letters or digits, a letter first, not reserved",
        field="slug",
        how_to_fix_zh="例如 jiaozuo",
        how_to_fix_en="for example jiaozuo",
    )


def check_host(host: str) -> None:
    """Raise 422 CITY_HOST unless it is a host name, with a port where the server is told apart by port."""
    if _HOST.match(host):
        return
    raise RuleBroken(
        "CITY_HOST",
        zh=f"“{host}”不是有效的域名",
        en=f"“{host}” is not a host name",
        field="host",
        how_to_fix_zh="使用小写字母、数字、连字符和点",
        how_to_fix_en="use lower-case letters, digits, hyphens and dots",
    )


def schema_of(slug: str) -> str:
    """The schema of the city of that short name."""
    return f"city_{slug}"
