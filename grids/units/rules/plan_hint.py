"""A hint tells the drafter of a weakness in a plan and stops nothing.

Rule: J05
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlanHint:
    """A warning with a stable code, both languages and its facts; `rule` is the requirement row."""

    code: str
    zh: str
    en: str
    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The hint as it stands in a plan's findings: shaped like one error of a problem document."""
        return {
            "code": self.code,
            "message": {"zh": self.zh, "en": self.en},
            "rule": {"id": self.rule, "clause": None},
            "facts": dict(self.facts),
        }
