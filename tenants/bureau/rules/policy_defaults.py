"""The product ships one definition and one default for every number the documents or their resolutions name.

Rule: S03
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tenants.bureau.rules.policy import ParameterDefinition, ValueType
from wangge.errors import RuleBroken

DEFAULTS_FILE = Path(__file__).with_name("policy_defaults.toml")


@cache
def definitions() -> Mapping[str, ParameterDefinition]:
    """Every parameter the product knows, by key, in the order of the file."""
    rows = tomllib.loads(DEFAULTS_FILE.read_text(encoding="utf-8"))["parameter"]
    return {row["key"]: _definition(row) for row in rows}


def definition(key: str) -> ParameterDefinition:
    """The parameter of that key; 422 POLICY_UNKNOWN for a key the product does not know."""
    found = definitions().get(key)
    if found is None:
        raise RuleBroken(
            "POLICY_UNKNOWN",
            zh=f"没有名为“{key}”的政策参数",
            en=f"there is no policy parameter “{key}”",
            rule="S03",
            facts={"key": key},
            how_to_fix_zh="请从政策参数目录中选择",
            how_to_fix_en="choose a key from the list of policy parameters",
            field="key",
        )
    return found


def _definition(row: Mapping[str, Any]) -> ParameterDefinition:
    return ParameterDefinition(
        key=row["key"],
        value_type=ValueType(row["type"]),
        default=row["default"],
        rule=row["rule"],
        document=row["document"],
        clause=row["clause"],
        zh=row["zh"],
        en=row["en"],
        unit=row.get("unit", ""),
        minimum=row.get("minimum"),
        maximum=row.get("maximum"),
        choices=tuple(row.get("choices", ())),
        columns=tuple(row.get("columns", ())),
    )
