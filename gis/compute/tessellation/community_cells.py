"""A community is cut into cells, one per building or block, whose borders lie on streets and between buildings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray, Lattice
from gis.compute.tessellation.borders import borders_of
from gis.compute.tessellation.cells import CountMismatch, Tessellation
from gis.compute.tessellation.enclosures import Lines, enclose
from gis.compute.tessellation.faces import Settling, faces_between, label_faces
from gis.compute.tessellation.measuring import measure, pieces
from gis.compute.tessellation.overlaps import Groups, overlapping_groups
from gis.compute.tessellation.patches import patches_of
from gis.compute.tessellation.refining import refined_ridges
from gis.compute.tessellation.sites import Outlines


def tessellate(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    lattice: Lattice,
    streets: GeometryArray,
    barriers: GeometryArray,
    undivided_max: int = 500,
) -> Tessellation:
    """Return the cells of one community.

    `frame`: lattice (multi)polygon of `build_frames`; `buildings`: metric points, footprints or compounds
    with a whole-number column `households`; `streets`, `barriers`: metric geometries, barriers may be
    polygons (water). Overlapping footprints share a unit; above `undivided_max` households a podium under
    several of them goes with one and leaves the others apart. Raises LandVanishes, and CountMismatch
    when a building or household would be lost.
    """
    households = buildings["households"].to_numpy(dtype=np.int64)
    shapes = _whole(buildings.geometry.to_numpy())
    lines = Lines.of(frame, lattice, streets, barriers)
    enclosures = enclose(frame, lattice, lines)
    groups = overlapping_groups(shapes, households, undivided_max)
    outlines = Outlines(shapes, enclosures, groups)
    sites, ridges, cut = refined_ridges(shapes, groups, outlines, enclosures)
    _expect(len(np.unique(sites.building)) == len(shapes) - int(groups.podium.sum()), "sites", len(shapes))
    patches = patches_of(shapes, cut, outlines, sites, groups, enclosures)
    faces = faces_between(frame, lattice, ridges, patches, enclosures)
    borders = borders_of(faces.shapes, lattice)
    label = label_faces(faces, sites, patches, groups, outlines, lattice)
    label = Settling(faces, borders, enclosures, sites, groups, lattice).settle(label)
    units = _units(faces.shapes, label, groups, outlines, lattice)
    _expect(
        bool((units.of_building >= 0).all()) and len(units.of_building) == len(shapes), "units", len(shapes)
    )
    homes = np.bincount(units.of_building, weights=households, minlength=units.count).astype(np.int64)
    _expect(int(homes.sum()) == int(households.sum()), "households", int(households.sum()))
    water = np.zeros(units.count, dtype=bool)
    water[units.of_face[enclosures.is_water[faces.enclosure]]] = True
    water &= np.bincount(units.of_building, minlength=units.count) == 0
    bank = np.zeros(units.count, dtype=np.int64)
    bank[units.of_face] = enclosures.bank[faces.enclosure]
    bank[units.of_building] = enclosures.bank[outlines.home]
    measures = measure(borders, units.of_face, faces.enclosure, bank, lines)
    return Tessellation(
        lattice=lattice,
        frame=frame,
        cells=_cells(faces.shapes, units),
        households=homes,
        **vars(measures),
        is_water=water,
        piece=pieces(measures.adjacency, water),
        unit_of_building=units.of_building,
        notes=_notes(groups, units),
    )


def warm_up() -> None:
    """Compile the kernels (or load them from numba's cache) so that the first community does not wait for it."""
    lattice = Lattice("EPSG:4547")
    land = shapely.box(500_000, 4_000_000, 500_100, 4_000_100)
    houses = shapely.box([500_010, 500_031], [4_000_010] * 2, [500_030, 500_050], [4_000_030] * 2)
    street = np.array([shapely.LineString([(500_000, 4_000_050), (500_100, 4_000_060)])], dtype=object)
    buildings = gpd.GeoDataFrame({"households": [1, 1]}, geometry=houses, crs="EPSG:4547")
    frame = lattice.from_metric(np.array([land], dtype=object))[0]
    tessellate(frame, buildings, lattice, street, street[:0])


def _whole(geometries: GeometryArray) -> GeometryArray:
    shapes = np.asarray(shapely.force_2d(geometries), dtype=object)
    invalid = ~shapely.is_valid(shapes)
    shapes[invalid] = shapely.make_valid(shapes[invalid])
    return shapes


def _expect(holds: bool, step: str, wanted: int) -> None:
    if not holds:
        raise CountMismatch(
            f"tessellation lost buildings or households at step {step!r}; {wanted} were expected"
        )


@dataclass(frozen=True)
class _Units:
    count: int
    of_face: IntArray
    of_building: IntArray
    lost: int


def _units(
    faces: GeometryArray, label: IntArray, groups: Groups, outlines: Outlines, lattice: Lattice
) -> _Units:
    """Return the units; a building without a face shares the unit in whose cell it stands (or the nearest)."""
    numbers, unit_of_face = np.unique(label, return_inverse=True)
    at = np.minimum(np.searchsorted(numbers, groups.of), len(numbers) - 1)
    of_building = np.where(numbers[at] == groups.of, at, -1)
    lost = np.flatnonzero(of_building < 0)
    if len(lost):
        # All buildings of a group go where its first one goes.
        group, first = np.unique(groups.of[lost], return_index=True)
        spots = shapely.points(lattice.from_metric_xy(outlines.spot[lost[first]]))
        unit = unit_of_face[shapely.STRtree(faces).nearest(spots)]
        of_building[lost] = unit[np.searchsorted(group, groups.of[lost])]
    return _Units(len(numbers), unit_of_face.astype(np.int64), of_building.astype(np.int64), len(lost))


def _cells(faces: GeometryArray, units: _Units) -> GeometryArray:
    order = np.argsort(units.of_face, kind="stable")
    size = np.bincount(units.of_face, minlength=units.count)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    cells = faces[order[first]]
    for unit in np.flatnonzero(size > 1):
        cells[unit] = shapely.coverage_union_all(faces[order[first[unit] : first[unit] + size[unit]]])
    return np.asarray(cells)


def _notes(groups: Groups, units: _Units) -> tuple[str, ...]:
    notes = []
    if groups.joined:
        notes.append(f"{groups.joined} 栋建筑与其他建筑轮廓重叠，合为同一单元")
    if units.lost:
        notes.append(f"{units.lost} 栋建筑没有自己的地块，并入相邻建筑的单元")
    return tuple(notes)
