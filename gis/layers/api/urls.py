"""Routes of layers."""

from __future__ import annotations

from django.urls import path, re_path

from gis.layers.api.features import ExportView, FeaturesView, FeatureView, LayersView, TileView
from gis.layers.api.imports import LayerImportsView, LayerImportUndoView, LayerImportView
from gis.layers.models import LayerKind

# Grids have tiles of their own under the same prefix, so only the kinds known here are taken.
_KINDS = "|".join(LayerKind)

urlpatterns = [
    path("layers", LayersView.as_view()),
    path("layers/<str:kind>/features", FeaturesView.as_view()),
    path("layers/<str:kind>/features/<int:id>", FeatureView.as_view()),
    path("layers/<str:kind>/export", ExportView.as_view()),
    path("layer-imports", LayerImportsView.as_view()),
    path("layer-imports/<int:id>", LayerImportView.as_view()),
    path("layer-imports/<int:id>/undo", LayerImportUndoView.as_view()),
    re_path(
        rf"^tiles/(?P<kind>{_KINDS})/(?P<z>[0-9]{{1,2}})/(?P<x>[0-9]{{1,7}})/(?P<y>[0-9]{{1,7}})\.mvt$",
        TileView.as_view(),
    ),
]
