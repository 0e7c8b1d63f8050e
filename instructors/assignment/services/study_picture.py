"""The map of a study: communities, homes within and beyond reach, sites of today, new places numbered.

It is kept as SVG in metres; `queries.picture_page` puts title, legend, scale and whose data it shows around it.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.report.drawing import Sheet, joined_path, sheet_for, simplified_lines, simplified_tiling
from gis.compute.report.places import GROUND_STYLE, ground_svg, sites_svg
from gis.compute.report.values import Ground as Drawn
from gis.compute.report.values import Site as Dot
from instructors.assignment.queries.studies import Ground

# A house is drawn as a square of this half side; of more than so many only every n-th is drawn.
HOUSE_M = 6.0
MOST_HOUSES = 40_000


def picture_of(ground: Ground, covered: npt.NDArray[np.bool_], chosen: gpd.GeoDataFrame) -> str:
    """The SVG text; the same values give the same text."""
    points = np.asarray(ground.homes.geometry.to_numpy(), dtype=object)
    sheet = sheet_for(np.concatenate([points, _frames(ground)]))
    houses = _houses(sheet, points, covered)
    drawn = Drawn(sheet.box, _streets(ground, sheet), *houses, _outlines(ground, sheet))
    dots = [
        Dot(str(site_id), "standing", 0, sheet.spot(at))
        for site_id, at in zip(ground.sites["site_id"], ground.sites.geometry, strict=True)
    ]
    dots += [
        Dot(row.near, "chosen", int(row.gained), sheet.spot(row.geometry), number)
        for number, row in enumerate(chosen.itertuples(index=False), 1)
    ]
    box = sheet.box
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 {box.width} {box.height}">'
        f"<style>{GROUND_STYLE}</style><title>健身站点缺口 / where sites are missing</title>"
        f"{ground_svg(drawn)}{sites_svg(dots, box)}</svg>"
    )


def _frames(ground: Ground) -> npt.NDArray[np.object_]:
    return np.asarray(ground.communities.geometry.to_numpy(), dtype=object)


def _outlines(ground: Ground, sheet: Sheet) -> str:
    return joined_path(sheet, simplified_tiling(_frames(ground)))


def _streets(ground: Ground, sheet: Sheet) -> str:
    if ground.streets is None:
        return ""
    south, east = sheet.north - sheet.box.height, sheet.east + sheet.box.width
    box = shapely.box(sheet.east, south, east, sheet.north)
    lines = shapely.intersection(np.asarray(ground.streets.geometry.to_numpy(), dtype=object), box)
    return joined_path(sheet, simplified_lines(lines[~shapely.is_empty(lines)]))


def _houses(sheet: Sheet, points: npt.NDArray[np.object_], covered: npt.NDArray[np.bool_]) -> tuple[str, str]:
    some = slice(None, None, -(-len(points) // MOST_HOUSES))
    squares = shapely.buffer(points[some], HOUSE_M, cap_style="square")
    within = covered[some]
    return joined_path(sheet, squares[within]), joined_path(sheet, squares[~within])
