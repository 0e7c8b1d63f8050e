"""Histograms as inline SVG."""

from __future__ import annotations

from html import escape

from gis.compute.report.values import Histogram, Words

_WIDTH, _HEIGHT = 340, 168
_LEFT, _RIGHT, _TOP, _FOOT = 34, 8, 10, 24
_TICKS = 5


def histogram_html(histogram: Histogram) -> str:
    """A figure with its caption; every bar says its range and count when pointed at."""
    zh, en = histogram.title
    mean = "" if histogram.mean is None else f" · 平均 mean {_number(histogram.mean, histogram.is_share)}"
    caption = f'<figcaption>{escape(zh)} <span class="en">{escape(en)}{escape(mean)}</span></figcaption>'
    label = escape(f"{zh} {en}", quote=True)
    return (
        f'<figure class="chart">{caption}<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f"{_shade(histogram)}{_lines(histogram)}{_bars(histogram)}{_axis(histogram)}</svg></figure>"
    )


def histograms_html(histograms: tuple[Histogram, ...]) -> str:
    """All histograms beside each other."""
    return f'<div class="charts">{"".join(histogram_html(each) for each in histograms)}</div>'


def _x(histogram: Histogram, value: float) -> float:
    low, high = histogram.edges[0], histogram.edges[-1]
    room = _WIDTH - _LEFT - _RIGHT
    return _LEFT + room * min(max((value - low) / (high - low), 0.0), 1.0)


def _step(most: int) -> int:
    """The distance of gridlines: 1, 2 or 5 times a power of ten, so that there are at most four."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 4 * factor * power:
                return factor * power
        power *= 10


def _y(count: float, top: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * count / top


def _top(histogram: Histogram) -> int:
    most = max(*histogram.counts, 1)
    step = _step(most)
    return -(-most // step) * step


def _shade(histogram: Histogram) -> str:
    if histogram.shaded is None:
        return ""
    left, right = _x(histogram, histogram.shaded[0]), _x(histogram, histogram.shaded[1])
    height = _HEIGHT - _FOOT - _TOP
    return f'<rect x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{height}" fill="#e6f0e8"/>'


def _lines(histogram: Histogram) -> str:
    top = _top(histogram)
    parts = []
    for count in range(0, top + 1, _step(max(*histogram.counts, 1))):
        y = _y(count, top)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#dde3e0"/>')
        parts.append(
            f'<text x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end" font-size="10" fill="#5a6866">{count}</text>'
        )
    return "".join(parts)


def _bars(histogram: Histogram) -> str:
    top = _top(histogram)
    parts = []
    edges = histogram.edges
    for at, count in enumerate(histogram.counts):
        if count == 0:
            continue
        left, right = _x(histogram, edges[at]), _x(histogram, edges[at + 1])
        y = _y(count, top)
        low, high = _number(edges[at], histogram.is_share), _number(edges[at + 1], histogram.is_share)
        parts.append(
            f'<rect x="{left + 0.6:.1f}" y="{y:.1f}" width="{max(right - left - 1.2, 0.8):.1f}" '
            f'height="{_HEIGHT - _FOOT - y:.1f}" fill="{_colour(histogram, at)}">'
            f"<title>{low} … {high}：{count}</title></rect>"
        )
    return "".join(parts)


def _colour(histogram: Histogram, at: int) -> str:
    if histogram.shaded is None:
        return "#6d9c8d"
    middle = (histogram.edges[at] + histogram.edges[at + 1]) / 2
    if middle < histogram.shaded[0]:
        return "#6fa3cf"
    return "#e2965a" if middle > histogram.shaded[1] else "#5b9a7f"


def _axis(histogram: Histogram) -> str:
    low, high = histogram.edges[0], histogram.edges[-1]
    parts = [f'<path d="M{_LEFT} {_HEIGHT - _FOOT}H{_WIDTH - _RIGHT}" stroke="#1c2a29"/>']
    for at in range(_TICKS):
        value = low + (high - low) * at / (_TICKS - 1)
        anchor = "end" if at == _TICKS - 1 else "middle"
        x = _WIDTH - _RIGHT + 6 if at == _TICKS - 1 else _x(histogram, value)
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}" font-size="10" fill="#5a6866">'
            f"{_number(value, histogram.is_share)}</text>"
        )
    return "".join(parts)


def _number(value: float, is_share: bool) -> str:
    if is_share:
        return f"{value * 100:+.0f}%".replace("-", "\u2212") if value else "0"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def curve_html(
    title: Words,
    points: tuple[tuple[float, float], ...],
    *,
    unit: str,
    as_share: bool,
    mark: float | None = None,
) -> str:
    """A rising line from (0, 0) or its first point on; `mark`: a level no point can pass, drawn across."""
    zh, en = title
    most_x = max((x for x, _ in points), default=1.0) or 1.0
    most_y = 1.0 if as_share else max((y for _, y in points), default=1.0) or 1.0
    spots = [(_LEFT + (_WIDTH - _LEFT - _RIGHT) * x / most_x, _y(y, most_y)) for x, y in points]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots) if spots else ""
    dots = "".join(
        f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="#2c6b5a"><title>{x:g} {unit}：{_level(y, as_share)}</title></circle>'
        for (px, py), (x, y) in zip(spots, points, strict=True)
    )
    grid = "".join(
        f'<path d="M{_LEFT} {_y(level * most_y, most_y):.1f}H{_WIDTH - _RIGHT}" stroke="#dde3e0"/>'
        f'<text x="{_LEFT - 5}" y="{_y(level * most_y, most_y) + 3.5:.1f}" text-anchor="end" font-size="10" '
        f'fill="#5a6866">{_level(level * most_y, as_share)}</text>'
        for level in (0, 0.25, 0.5, 0.75, 1)
    )
    across = (
        f'<path d="M{_LEFT} {_y(mark, most_y):.1f}H{_WIDTH - _RIGHT}" stroke="#a63d14" stroke-dasharray="4 3"/>'
        if mark is not None
        else ""
    )
    labels = "".join(
        f'<text x="{px:.1f}" y="{_HEIGHT - 8}" text-anchor="middle" font-size="10" fill="#5a6866">{x:g}</text>'
        for (px, _), (x, _) in zip(spots, points, strict=True)
        if len(points) <= 8 or x in (points[0][0], points[len(points) // 2][0], points[-1][0])
    )
    return (
        f'<figure class="chart"><figcaption>{escape(zh)} <span class="en">{escape(en)}</span></figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(f"{zh} {en}", quote=True)}">{grid}{across}'
        f'<path d="{line}" fill="none" stroke="#2c6b5a" stroke-width="1.8"/>{dots}{labels}</svg></figure>'
    )


def _level(value: float, as_share: bool) -> str:
    return f"{value:.0%}" if as_share else f"{value:,.0f}"
