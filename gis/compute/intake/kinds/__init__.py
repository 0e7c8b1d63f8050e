"""The kinds of layer a city brings, with their fields, the names people give them, and the geometry they may
have.
"""

from __future__ import annotations

from gis.compute.intake.kinds.communities import COMMUNITIES
from gis.compute.intake.kinds.fields import AREA, LINE, POINT, FieldSpec, LayerKind, ValueType
from gis.compute.intake.kinds.homes import BUILDINGS, COMPOUNDS
from gis.compute.intake.kinds.lines import BARRIERS, STREETS
from gis.compute.intake.kinds.sites import FITNESS_SITES

__all__ = [
    "AREA",
    "BARRIERS",
    "BUILDINGS",
    "COMMUNITIES",
    "COMPOUNDS",
    "FITNESS_SITES",
    "KINDS",
    "LINE",
    "POINT",
    "STREETS",
    "FieldSpec",
    "LayerKind",
    "ValueType",
]

KINDS: dict[str, LayerKind] = {
    kind.name: kind for kind in (COMMUNITIES, BUILDINGS, COMPOUNDS, STREETS, BARRIERS, FITNESS_SITES)
}
