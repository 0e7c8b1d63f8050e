"""What a layer of fitness sites says of a site: which one it is, of which kind, and what of it is news.

Rules: J13, J20
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

EXERCISE_NODE, FACILITY, LECTURE_HALL = "exercise_node", "facility", "lecture_hall"
_NODE_WORDS = re.compile("晨练|晚练|晨晚练|健身站点")
_HALL_WORDS = re.compile("讲堂|礼堂|文化中心")


def kind_of_site(layer_kind: str, name: str) -> str:
    """The kind by the layer's own word and the name: an exercise node, a lecture hall, or else a facility."""
    words = f"{layer_kind} {name}"
    if _NODE_WORDS.search(words):
        return EXERCISE_NODE
    return LECTURE_HALL if _HALL_WORDS.search(words) else FACILITY


def ref_of_site(ref: str, name: str, place: tuple[float, float], taken: Collection[str]) -> str:
    """The layer's own reference, or, where it is blank or taken, a digest of name and place (lon, lat).

    A site without a reference that moves or changes its name is another site.
    """
    if ref and ref not in taken:
        return ref
    lon, lat = place
    told = "|".join((ref, name, f"{lon:.7f}", f"{lat:.7f}"))
    return "~" + hashlib.sha256(told.encode()).hexdigest()[:20]


def news(told: Mapping[str, Any], told_before: Mapping[str, Any]) -> dict[str, Any]:
    """What the layer says otherwise than the last time: an edit by hand stays until the layer speaks of it anew.

    None and empty values say nothing.
    """
    return {
        name: value
        for name, value in told.items()
        if value not in (None, "", []) and told_before.get(name) != value
    }
