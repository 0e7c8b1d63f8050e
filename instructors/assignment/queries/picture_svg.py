"""A page as SVG: stands by itself, asks no host for anything."""

from __future__ import annotations

from html import escape

from instructors.assignment.queries.picture_page import (
    PAPER,
    PATHS,
    WIDTH,
    Area,
    Disc,
    Page,
    PlacedMap,
    Text,
    house_edge,
)

FONTS = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"


def svg_of(page: Page) -> str:
    """The SVG text; the same page gives the same text."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {page.height:.1f}" role="img" '
        f'font-family="{FONTS}"><title>{escape(page.title)}</title><desc>{escape(page.told)}</desc>'
        f'<rect width="{WIDTH:g}" height="{page.height:.1f}" fill="{PAPER}"/>'
        f"{_map(page.ground)}{''.join(_shape(shape) for shape in page.shapes)}</svg>"
    )


def _map(ground: PlacedMap) -> str:
    """Path data stay in metres and are scaled as one; edges are as wide at any scale."""
    box = f'x="{ground.x:.1f}" y="{ground.y:.1f}" width="{ground.width:.1f}" height="{ground.height:.1f}"'
    paths = "".join(_path(name, ground.paths[name], ground.scale) for name in PATHS if ground.paths.get(name))
    frame = f"0 0 {ground.width / ground.scale:.1f} {ground.height / ground.scale:.1f}"
    return f'<svg {box} viewBox="{frame}">{paths}</svg>'


def _path(name: str, path: str, scale: float) -> str:
    fill, edge = PATHS[name]
    if fill is None:
        return (
            f'<path class="{name}" fill="none" stroke="{edge}" stroke-width="{0.7 / scale:.2f}" d="{path}"/>'
        )
    width = house_edge(scale)
    return (
        f'<path class="{name}" fill="{fill}" stroke="{fill}" stroke-width="{width / scale:.2f}" d="{path}"/>'
    )


def _shape(shape: Text | Area | Disc) -> str:
    if isinstance(shape, Text):
        weight = ' font-weight="600"' if shape.is_bold else ""
        return (
            f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" fill="{shape.colour}" '
            f'text-anchor="{shape.anchor}"{weight}>{escape(shape.text)}</text>'
        )
    if isinstance(shape, Area):
        edge = f' stroke="{shape.edge}" stroke-width=".8"' if shape.edge else ""
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        return f'<polygon points="{corners}" fill="{shape.fill}"{edge}/>'
    said = f"<title>{escape(shape.said)}</title>" if shape.said else ""
    return (
        f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:g}" fill="{shape.fill}" '
        f'stroke="{PAPER}" stroke-width="1">{said}</circle>'
    )
