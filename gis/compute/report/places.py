"""Sites, houses within and beyond reach, and shares of coverage on a map."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from gis.compute.report.pictures import MAP_STYLE, legend
from gis.compute.report.tables import whole
from gis.compute.report.values import Box, Ground, Site

COVERED, UNCOVERED = "#4c8f77", "#d9763a"
_SHARES = ((0.0, "#f4d3b4"), (0.25, "#f7e4c4"), (0.5, "#f2f0da"), (0.75, "#dcebd9"), (0.95, "#bedcc6"))
_NO_HOMES = "#f0f0ec"

GROUND_STYLE = (
    MAP_STYLE
    + f"""
.a{{stroke:#8b9a94;stroke-width:.7;vector-effect:non-scaling-stroke}}
.a:hover{{stroke:#1c2a29;stroke-width:2}}
.t{{fill:none;stroke:#a4aea8;stroke-width:.7;stroke-opacity:.7;vector-effect:non-scaling-stroke;pointer-events:none}}
.in{{fill:{COVERED};stroke:none;pointer-events:none}}
.out{{fill:{UNCOVERED};stroke:none;pointer-events:none}}
.f{{stroke:#fff}}
.standing{{fill:#1d5c8f}}
.chosen{{fill:#8a2f6b}}
.candidate{{fill:#9aa5a1}}
.map text.num{{fill:#fff;stroke:none;font-weight:650}}
"""
)


def share_colour(value: float | None) -> str:
    """The colour of a share of covered households."""
    if value is None:
        return _NO_HOMES
    return next(colour for least, colour in reversed(_SHARES) if value >= least - 1e-9)


def share_legend() -> str:
    """What the colours of areas mean."""
    ends = [least for least, _ in _SHARES[1:]] + [1.0]
    return legend(
        (colour, (f"{least:.0%}–{end:.0%}", "covered"), "")
        for (least, colour), end in zip(_SHARES, ends, strict=True)
    )


def ground_svg(ground: Ground) -> str:
    """Streets, houses and outlines."""
    parts = (("t", ground.streets), ("in", ground.covered), ("out", ground.uncovered), ("c", ground.outlines))
    return "".join(f'<path class="{name}" d="{path}"/>' for name, path in parts if path)


def sites_svg(sites: Iterable[Site], box: Box) -> str:
    """Sites as dots, chosen places larger and numbered; candidates first, so that they lie below."""
    order = {"candidate": 0, "standing": 1, "chosen": 2}
    size = max(box.width, box.height)
    return "".join(
        _dot(site, size) for site in sorted(sites, key=lambda site: (order[site.state], -site.number))
    )


def _dot(site: Site, size: int) -> str:
    radius = size * {"candidate": 0.0022, "standing": 0.0055, "chosen": 0.011}[site.state]
    x, y = site.at
    said = f"{site.name}\n{whole(site.households)} 户" if site.state != "candidate" else site.name
    dot = (
        f'<circle class="f {site.state}" cx="{x}" cy="{y}" r="{radius:.1f}" stroke-width="{radius * 0.22:.1f}">'
        f"<title>{escape(said)}</title></circle>"
    )
    if not site.number:
        return dot
    return (
        dot
        + f'<text class="num" x="{x}" y="{y + radius * 0.42:.1f}" font-size="{radius * 1.15:.1f}">{site.number}</text>'
    )
