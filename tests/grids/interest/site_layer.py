"""The layer of fitness sites of the small city, in which the square stands until an import drops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from gis.layers.models import FitnessSite, LayerImport, LayerKind
from gis.layers.services.following import Followed, LayerChange
from instructors.assignment.models import Site
from instructors.assignment.services.sites import follow_layer

from .conftest import Neighbourhood


@dataclass
class Layer:
    """The layer of fitness sites, in which the square stands or not; calls stand in the city."""

    made: Neighbourhood
    brought: LayerImport

    def drop(self, *, lets_go: bool = True) -> Followed:
        """An import without the square."""
        FitnessSite.objects.update(retired_by=self.brought)
        return follow_layer(LayerChange(self.brought, self.made.people["bureau"], lets_go=lets_go))

    def undo(self) -> Followed:
        """It is taken back."""
        FitnessSite.objects.update(retired_by=None)
        return follow_layer(LayerChange(self.brought, self.made.people["bureau"], is_undone=True))


@pytest.fixture(name="layer")
def square_layer(neighbourhood: Neighbourhood, in_city: Any) -> Layer:
    """The square stands in the layer."""
    site = neighbourhood.site
    with in_city():
        first, second = (
            LayerImport.objects.create(
                kind=LayerKind.FITNESS_SITES, status="applied", file_name="sites.xlsx", sha256=f"{number:064d}",
                imported_by=neighbourhood.people["bureau"],
            )
            for number in (1, 2)
        )  # fmt: skip
        FitnessSite.objects.create(ref=site.ref, name=site.name, geometry=site.geometry, layer_import=first)
        follow_layer(LayerChange(first, neighbourhood.people["bureau"]))
        Site.objects.filter(pk=site.pk).update(unit=site.unit_id, town=site.town_id)
    return Layer(neighbourhood, second)
