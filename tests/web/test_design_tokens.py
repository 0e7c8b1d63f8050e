"""Text keeps its contrast and its size on every surface it is put on (WCAG 2.2 AA; line spacing of the elder rules)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = Path(__file__).parents[2] / "platform" / "web" / "src" / "style"
TOKENS = dict(
    re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});", (STYLE / "tokens.css").read_text(encoding="utf-8"))
)
TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-soft") for ground in ("surface", "canvas", "sunken")),
    *((ink, ground) for ink in ("brand", "brand-deep") for ground in ("surface", "canvas", "brand-pale")),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("ink", "accent"),
    *((tone, f"{tone}-pale") for tone in ("good", "warn", "bad", "info")),
    *((tone, "surface") for tone in ("good", "warn", "bad", "info")),
    ("ink", "bad-pale"),
    ("ink", "warn-pale"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_ratio_is_computed_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_stands_out(ink: str, ground: str) -> None:
    assert contrast(TOKENS[ink], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize("ground", ["surface", "canvas"])
def test_borders_of_fields_and_the_focus_ring_stand_out(ground: str) -> None:
    for edge in ("line-strong", "focus", "brand"):
        assert contrast(TOKENS[edge], TOKENS[ground]) >= 3


def test_lines_are_never_closer_than_the_elder_rules_allow() -> None:
    heights = [
        float(value)
        for sheet in STYLE.glob("*.css")
        for value in re.findall(r"line-height:\s*([0-9.]+);", sheet.read_text(encoding="utf-8"))
    ]
    assert heights
    assert min(heights) >= 1.3


def test_no_text_is_smaller_than_twelve_pixels() -> None:
    for sheet in STYLE.glob("*.css"):
        for size in re.findall(r"font-size:\s*([0-9.]+)rem", sheet.read_text(encoding="utf-8")):
            assert float(size) * 16 >= 12
