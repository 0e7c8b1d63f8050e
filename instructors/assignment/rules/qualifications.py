"""Items and roles as one key for the computed assignment, and the digests by which a change of its inputs is told.

Rule: S07
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from instructors.assignment.rules.sites import LECTURE_HALL
from instructors.people.rules.grades import TeachingRole

_ROLES = (TeachingRole.SKILL_COACH, TeachingRole.LECTURER)
_LONGEST_TOLD = 20


def role_asked_at(site_kind: str) -> TeachingRole:
    """A lecture hall asks for lecturers, every other site for coaches."""
    return TeachingRole.LECTURER if site_kind == LECTURE_HALL else TeachingRole.SKILL_COACH


def qualification(item: int, role: TeachingRole) -> int:
    """One key for an item taught in a role."""
    return item * len(_ROLES) + _ROLES.index(role)


def item_and_role(key: int) -> tuple[int, TeachingRole]:
    """What the key stands for."""
    item, role = divmod(key, len(_ROLES))
    return item, _ROLES[role]


def digest(values: object) -> str:
    """Eight characters that change with the values; places and names cannot be read from them."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class InputsSeen:
    """Digests of what a run was computed from, by kind and key; keys are texts, as JSON keeps them."""

    instructors: Mapping[str, str]
    needs: Mapping[str, str]
    pins: Mapping[str, str]

    def as_json(self) -> dict[str, dict[str, str]]:
        """As the run keeps it."""
        return {kind: dict(getattr(self, kind)) for kind in ("instructors", "needs", "pins")}


def changes_since(
    before: Mapping[str, Mapping[str, str]], now: InputsSeen
) -> dict[str, dict[str, dict[str, Any]]]:
    """Kind → how many came, went and changed, and the first of their keys; empty when nothing did."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, seen in now.as_json().items():
        then = before.get(kind, {})
        told = {
            "added": _keys(key for key in seen if key not in then),
            "removed": _keys(key for key in then if key not in seen),
            "changed": _keys(key for key, value in seen.items() if key in then and then[key] != value),
        }
        if any(told.values()):
            found[kind] = {
                name: {"count": len(keys), "ids": keys[:_LONGEST_TOLD]} for name, keys in told.items() if keys
            }
    return found


def breaking_changes(
    before: Mapping[str, Mapping[str, str]], now: InputsSeen, pairs: Collection[tuple[int, int]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The changes that the pairs (instructor, need) may not outlast: of their people and needs, and of pins.

    A pin that came since for one of the pairs breaks nothing.
    """
    held = {f"{instructor}-{need}" for instructor, need in pairs}
    touched = {
        "instructors": {str(instructor) for instructor, _ in pairs},
        "needs": {str(need) for _, need in pairs},
        "pins": {
            key
            for key in {*now.pins, *before.get("pins", {})}
            if key in before.get("pins", {}) or key not in held
        },
    }
    then = {kind: _only(before.get(kind, {}), keys) for kind, keys in touched.items()}
    seen = {kind: _only(found, touched[kind]) for kind, found in now.as_json().items()}
    return changes_since(then, InputsSeen(**seen))


def _only(values: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key in keys}


def _keys(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=lambda key: (len(key), key))
