"""A page as PNG, for whatever shows no SVG: 218 dots an inch on A4, with what must be said of the data inside the file.

The text needs a font with Chinese characters on the machine; without one the picture is refused rather than drawn with
empty boxes.
"""

from __future__ import annotations

import io
import re
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

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
from wangge.errors import RuleBroken

# Pixels a unit; the map is drawn so many times larger and made smaller, so that edges are smooth.
UNIT_PX, FINER = 3, 2
A4_WIDTH_INCH = 8.27
# File name and the place of simplified Chinese in it; Pillow looks in the folders of the system.
_FONTS = (
    ("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJKsc-Regular.otf", 0), ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0), ("wqy-microhei.ttc", 0), ("wqy-zenhei.ttc", 0), ("msyh.ttc", 0),
    ("PingFang.ttc", 0), ("STHeiti Light.ttc", 0), ("DroidSansFallbackFull.ttf", 0),
)  # fmt: skip
_BOLD = (("NotoSansCJK-Bold.ttc", 2), ("NotoSansCJKsc-Bold.otf", 0), ("msyhbd.ttc", 0))
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_NUMBER = re.compile(r"-?\d+")


def png_of(page: Page) -> bytes:
    """The PNG file. 406 NO_CHINESE_FONT where the machine has none."""
    _check_font()
    size = (round(WIDTH * UNIT_PX), round(page.height * UNIT_PX))
    picture = Image.new("RGB", size, PAPER)
    picture.paste(_map(page.ground), (round(page.ground.x * UNIT_PX), round(page.ground.y * UNIT_PX)))
    for shape in page.shapes:
        _draw(picture, shape)
    file = io.BytesIO()
    dots = round(size[0] / A4_WIDTH_INCH)
    picture.save(file, "PNG", dpi=(dots, dots), pnginfo=_said(page), optimize=True)
    return file.getvalue()


def _said(page: Page) -> PngImagePlugin.PngInfo:
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Title", page.title)
    told.add_itxt("Description", page.told)
    return told


def _map(ground: PlacedMap) -> Image.Image:
    size = (max(1, round(ground.width * UNIT_PX)), max(1, round(ground.height * UNIT_PX)))
    large = Image.new("RGB", (size[0] * FINER, size[1] * FINER), PAPER)
    pen = ImageDraw.Draw(large)
    pixels = ground.scale * UNIT_PX * FINER
    for name, (fill, edge) in PATHS.items():
        for points in _rings(ground.paths.get(name, ""), pixels):
            if fill is None:
                pen.line(points, fill=edge, width=round(0.7 * UNIT_PX * FINER), joint="curve")
            else:
                _draw_house(pen, points, fill, round(house_edge(ground.scale) * UNIT_PX * FINER))
    return large.resize(size, Image.Resampling.LANCZOS)


def _draw_house(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], fill: str, edge: int) -> None:
    """Filled, and as wide an edge around it as in the SVG: Pillow's own edge of a polygon lies within it."""
    pen.polygon(points, fill=fill)
    if edge:
        pen.line([*points, points[0], points[1]], fill=fill, width=edge, joint="curve")


def _rings(path: str, pixels: float) -> list[list[tuple[float, float]]]:
    """The lines and rings of path data made of a start and steps, in pixels."""
    rings = []
    for part in path.split("M")[1:]:
        steps = np.array(_NUMBER.findall(part), dtype=np.int64).reshape(-1, 2)
        rings.append([(x, y) for x, y in (np.cumsum(steps, axis=0) * pixels).tolist()])
    return rings


def _draw(picture: Image.Image, shape: Text | Area | Disc) -> None:
    pen = ImageDraw.Draw(picture)
    if isinstance(shape, Text):
        place = (shape.x * UNIT_PX, shape.y * UNIT_PX)
        font = _font(shape.size * UNIT_PX, is_bold=shape.is_bold)
        pen.text(place, shape.text, fill=shape.colour, font=font, anchor=_ANCHORS[shape.anchor])
    elif isinstance(shape, Area):
        points = [(x * UNIT_PX, y * UNIT_PX) for x, y in shape.points]
        fill = None if shape.fill == "none" else shape.fill
        pen.polygon(points, fill=fill, outline=shape.edge, width=UNIT_PX - 1)
    else:
        _draw_disc(picture, shape)


def _draw_disc(picture: Image.Image, disc: Disc) -> None:
    """A circle with its white rim, drawn larger for a smooth edge."""
    radius = round((disc.radius + 0.5) * UNIT_PX)
    side, finer = 2 * radius + 1, 4
    mask = Image.new("L", (side * finer, side * finer), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, side * finer - 1, side * finer - 1), fill=255)
    inner = Image.new("L", mask.size, 0)
    rim = UNIT_PX * finer
    ImageDraw.Draw(inner).ellipse((rim, rim, side * finer - 1 - rim, side * finer - 1 - rim), fill=255)
    corner = (round(disc.x * UNIT_PX) - radius, round(disc.y * UNIT_PX) - radius)
    for shown, colour in ((mask, PAPER), (inner, disc.fill)):
        picture.paste(colour, corner, shown.resize((side, side), Image.Resampling.LANCZOS))


@cache
def _font(size: float, *, is_bold: bool) -> ImageFont.FreeTypeFont:
    for name, at in (*_BOLD, *_FONTS) if is_bold else _FONTS:
        try:
            return ImageFont.truetype(name, size, index=at)
        except OSError:
            continue
    raise RuleBroken(
        "NO_CHINESE_FONT", zh="服务器上没有中文字体，无法绘制 PNG 图片", status=406, rule="J20",
        en="the server has no font with Chinese characters: a PNG cannot be drawn",
        how_to_fix_zh="请改用 SVG，或请运维安装中文字体（fonts-noto-cjk）",
        how_to_fix_en="take the SVG, or have a Chinese font installed (fonts-noto-cjk)",
    )  # fmt: skip


def _check_font() -> None:
    _font(12.0, is_bold=False)
