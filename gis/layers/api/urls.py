"""Routes of layers."""

from __future__ import annotations

from django.urls import path, register_converter

from gis.layers.api.features import ExportView, FeaturesView, FeatureView, LayersView, TileView
from gis.layers.api.imports import LayerImportsView, LayerImportUndoView, LayerImportView
from gis.layers.models import LayerKind


class LayerKindConverter:
    """Takes the kinds known here only: grids have tiles of their own under the same prefix."""

    regex = "|".join(LayerKind)

    def to_python(self, value: str) -> str:
        """The kind as it stands in the path."""
        return value

    def to_url(self, value: str) -> str:
        """The kind as it stands in the path."""
        return value


register_converter(LayerKindConverter, "layerkind")

urlpatterns = [
    path("layers", LayersView.as_view()),
    path("layers/<str:kind>/features", FeaturesView.as_view()),
    path("layers/<str:kind>/features/<int:id>", FeatureView.as_view()),
    path("layers/<str:kind>/export", ExportView.as_view()),
    path("layer-imports", LayerImportsView.as_view()),
    path("layer-imports/<int:id>", LayerImportView.as_view()),
    path("layer-imports/<int:id>/undo", LayerImportUndoView.as_view()),
    path("tiles/<layerkind:kind>/<int:z>/<int:x>/<int:y>.mvt", TileView.as_view()),
]
