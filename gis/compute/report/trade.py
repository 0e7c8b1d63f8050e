"""What a plan gives up for what: its households come first, its shapes after them."""

from __future__ import annotations

from gis.compute.report.page import words_html
from gis.compute.report.values import Words

TRADE: tuple[Words, ...] = (
    (
        "取舍次序：先不让任何网格偏差过大，再让尽量多的网格达标，最后才求形状紧凑。",
        "What comes first: no grid far off, then as many in band as can be, and shape after these.",
    ),
    (
        "户数与形状相互牵制：大楼密集处要凑足户数，网格常须绕开大楼，不够圆整；在这里只求边界短的划分往往更圆整，但达标的网格更少。",
        "The two pull apart: among large buildings, households are often made up by going round them, which leaves "
        "grids less round; there a division that only seeks short borders is often rounder, and has fewer in band.",
    ),
    (
        "愿以达标换形状的，可把均衡与紧凑的权衡 α 调低到 0.3 另作一个方案，再对比两者。",
        "Who would rather have shape lowers the balance against compactness, α, to 0.3 for another plan and compares the two.",
    ),
)


def trade_html() -> str:
    """The order of what is wanted of grids, for whoever wonders about a ragged one."""
    return f"<p>{'<br>'.join(words_html(words) for words in TRADE)}</p>"
