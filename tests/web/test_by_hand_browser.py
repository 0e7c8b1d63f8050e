"""Assigning by hand in a real Chromium: map, list, keyboard, refusals, undo, phone."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from PIL import Image
from playwright.sync_api import expect

from tests.web.looking import LOOKS, read, text_of

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
MARGIN_PX = 28  # as the map keeps around the plan


def write(page: Any, path: str, body: dict[str, Any], version: int) -> int:
    """The status of a write beside the page, as another window of the same person would send it."""
    return int(
        page.evaluate(
            """([path, body, tag]) => fetch('/api/v1/' + path, {method: 'POST', body: JSON.stringify(body), headers: {
              'Content-Type': 'application/json', 'If-Match': tag,
              'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content}}).then(answer => answer.status)""",
            [path, body, f'"{version}"'],
        )
    )


class Assigner:
    """Somebody before the map on which buildings are assigned, and where things lie on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.plan = read(page, "grid-plans?state=draft")["results"][0]["id"]
        page.goto(page.url.split("/gis")[0] + f"/gis?plan={self.plan}")
        page.click("dialog button:has-text('手工指定建筑')")
        page.wait_for_selector("#assign-map[data-state=idle]")
        page.wait_for_selector("#assign-to optgroup", state="attached")
        self.land = self.read_land()

    def read_land(self) -> Any:
        return read(self.page, f"grid-plans/{self.plan}/land")

    def shape_of(self, feature: Any) -> shapely.Geometry:
        import json

        return shapely.from_geojson(json.dumps(feature["geometry"]))

    def houses(self, sequence: int, *, lived: bool = True) -> list[Any]:
        return [
            row for row in self.land["buildings"]["features"]
            if row["properties"]["sequence"] == sequence and (row["properties"]["households"] > 0) is lived
        ]  # fmt: skip

    def households(self) -> dict[int, int]:
        rows = self.read_land()["grids"]["features"]
        return {row["properties"]["sequence"]: row["properties"]["households"] for row in rows}

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """The pixel of a place while the map still shows the whole plan."""
        box = self.page.locator("#assign-map").bounding_box()
        every = shapely.union_all([self.shape_of(row) for row in self.land["grids"]["features"]])
        west, south, east, north = every.bounds
        left, top = _mercator(west, north)
        right, bottom = _mercator(east, south)
        scale = min(
            (box["width"] - 2 * MARGIN_PX) / (right - left), (box["height"] - 2 * MARGIN_PX) / (bottom - top)
        )
        x, y = _mercator(lon, lat)
        return (
            box["x"] + box["width"] / 2 + (x - (left + right) / 2) * scale,
            box["y"] + box["height"] / 2 + (y - (top + bottom) / 2) * scale,
        )

    def click(self, shape: shapely.Geometry) -> None:
        point = shape.point_on_surface()
        self.page.mouse.click(*self.at(point.x, point.y))

    def is_dark_at(self, shape: shapely.Geometry) -> bool:
        """Whether the map shows that building as chosen: all but black instead of its grid's colour."""
        point = shape.point_on_surface()
        x, y = self.at(point.x, point.y)
        picture = self.page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
        return sum(Image.open(io.BytesIO(picture)).convert("RGB").getpixel((0, 0))) < 150

    def turns_dark_at(self, shape: shapely.Geometry) -> None:
        """Hold that the map comes to show that building as chosen."""
        for _ in range(100):  # a frame takes its time on two busy cores
            if self.is_dark_at(shape):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("the map does not show what was chosen")

    def open_land(self, sequence: int) -> shapely.Geometry:
        """The middle of the widest land of a grid that no building covers."""
        (grid,) = [row for row in self.land["grids"]["features"] if row["id"] == sequence]
        built = shapely.union_all([self.shape_of(row) for row in self.land["buildings"]["features"]])
        return shapely.maximum_inscribed_circle(self.shape_of(grid).difference(built.buffer(1e-4))).centroid

    def pair_at_a_border(self) -> tuple[Any, int]:
        """A home and a neighbouring grid that it could go to, as the API's neighbours tell."""
        told = read(self.page, f"grid-plans/{self.plan}/neighbours")
        rows = {
            told["unit_of"][row["properties"]["building"]]: row for row in self.land["buildings"]["features"]
        }
        for one, other in told["pairs"]:
            if one not in rows or other not in rows:
                continue
            here, there = rows[one]["properties"], rows[other]["properties"]
            if here["sequence"] != there["sequence"] and here["households"] and there["households"]:
                return rows[one], there["sequence"]
        raise AssertionError("no two grids touch at homes")


def _mercator(lon: float, lat: float) -> tuple[float, float]:
    return lon, -math.degrees(math.asinh(math.tan(math.radians(lat))))


@pytest.fixture
def assigner(reader: Callable[..., Any]) -> Callable[..., Assigner]:
    def open_one(**more: Any) -> Assigner:
        return Assigner(reader("gis", **more).open("/gis"))

    return open_one


# --- Assigning by hand ------------------------------------------------------------------------------------------


def test_a_building_is_clicked_its_grid_is_clicked_and_the_numbers_come_true(
    assigner: Callable[..., Assigner],
) -> None:
    one = assigner()
    page, before = one.page, one.households()
    house, target = one.pair_at_a_border()
    home, moved = house["properties"]["sequence"], house["properties"]["households"]
    assert not one.is_dark_at(one.shape_of(house))
    one.click(one.shape_of(house))
    expect(page.locator("#chosen")).to_contain_text(f"1 栋，{moved} 户")
    one.turns_dark_at(one.shape_of(house))
    one.click(one.open_land(target))
    expect(page.locator("#assign-to")).to_have_value(str(target))
    assert page.locator(f"#assign-to optgroup[label='相邻网格'] option[value='{target}']").count() == 1
    after = {home: before[home] - moved, target: before[target] + moved}
    for sequence, households in after.items():
        row = page.locator(f"[data-change='{sequence}']")
        expect(row).to_contain_text(str(before[sequence]))
        expect(row).to_contain_text(str(households))
        expect(row).to_contain_text(re.compile("连片|片"))
        expect(row.locator(".mark").first).to_contain_text(re.compile("达标|可接受|偏少|偏多|过少|过多"))
    page.fill("#assign-reason", "同一小区")
    with page.expect_request(lambda request: request.url.endswith("/assignments")) as sent:
        page.click("#assign-save")
    assert sent.value.headers["if-match"] == f'"{one.land["version"]}"'
    assert sent.value.headers["idempotency-key"]
    page.wait_for_selector("#assign-fault .notice--good")
    assert one.households() == before | after
    line = text_of(page, "#assigned li >> nth=0")
    assert f"1 栋 → 网格 {target:03d}" in line
    assert "gis" in line and "同一小区" in line and re.search(r"\d+/\d+ \d\d:\d\d", line)
    page.click("#assign-undo")
    expect(page.locator("#assigned li").first).to_contain_text("撤销")
    expect(page.locator("#assigned li").nth(1)).to_contain_text("已撤销")
    assert one.households() == before
    expect(page.locator("#assign-undo")).to_be_disabled()
    page.click(".assigning__head button")
    page.wait_for_selector("dialog.assigning", state="detached")


def test_a_grid_torn_apart_is_told_before_it_is_saved(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    building, target = _far_from_a_grid(one)
    page = one.page
    page.fill("#building-words", building)
    page.check(f"[data-building='{building}']")
    assert page.locator("#assign-to optgroup[label='相邻网格'] option").count() > 0
    page.select_option("#assign-to", str(target))
    expect(page.locator(f"[data-change='{target}']")).to_contain_text("✕ 分为 2 片")


def _far_from_a_grid(one: Assigner) -> tuple[str, int]:
    """A home and a grid whose homes it reaches only through the homes of others."""
    told = read(one.page, f"grid-plans/{one.plan}/neighbours")
    rows = [row["properties"] for row in one.land["buildings"]["features"]]
    owner = {told["unit_of"][row["building"]]: row["sequence"] for row in rows if row["households"]}
    beside: dict[int, set[int]] = {}
    for left, right in told["pairs"]:
        beside.setdefault(left, set()).add(right)
        beside.setdefault(right, set()).add(left)
    for row in rows:
        start = told["unit_of"][row["building"]]
        for target in {1, 2, 3, 4} - {row["sequence"]}:
            seen, waiting = {start}, [start]
            while waiting:
                new = {unit for unit in beside.get(waiting.pop(), ()) if owner.get(unit, target) == target}
                waiting.extend(new - seen)
                seen |= new
            if row["households"] and not any(owner.get(unit) == target for unit in seen - {start}):
                return str(row["building"]), target
    raise AssertionError("every home touches every grid")


def test_all_of_it_works_by_keyboard(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    page, before = one.page, one.households()
    house = one.houses(1)[0]["properties"]
    page.focus("#building-words")
    page.keyboard.type(house["building"])
    expect(page.locator(".building-rows tbody tr")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.dataset.building ?? ''") != house["building"]:
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(f"[data-building='{house['building']}']")).to_be_focused()
    expect(page.locator("#chosen")).to_contain_text("1 栋")
    page.keyboard.press("Escape")  # gives up what is chosen, not the work
    expect(page.locator("#chosen")).to_contain_text("还没有选中")
    page.keyboard.press("Space")
    page.focus("#assign-to")
    page.keyboard.press("ArrowDown")
    target = int(page.input_value("#assign-to"))
    page.focus("#assign-save")
    page.keyboard.press("Enter")
    page.wait_for_selector("#assign-fault .notice--good")
    if target != 1:
        assert one.households()[target] == before[target] + house["households"]
    page.focus("#assign-undo")
    page.keyboard.press("Enter")
    expect(page.locator("#assigned li").first).to_contain_text("撤销")
    assert one.households() == before
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.assigning", state="detached")


def test_several_buildings_are_encircled_at_once(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    page = one.page
    grid = one.shape_of(next(row for row in one.land["grids"]["features"] if row["id"] == 1))
    inside = [
        row for row in one.land["buildings"]["features"]
        if grid.contains(shapely.Point(_middle(one.shape_of(row))))
    ]  # fmt: skip
    page.click("#encircle")
    expect(page.locator("#encircle")).to_have_attribute("aria-pressed", "true")
    corners = [one.at(*corner) for corner in shapely.get_parts(grid)[0].exterior.coords]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    expect(page.locator("#chosen")).to_contain_text(f"{len(inside)} 栋")
    expect(page.locator("#encircle")).to_have_attribute("aria-pressed", "false")
    page.click("text=全部取消")
    expect(page.locator("#chosen")).to_contain_text("还没有选中")


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    corners = list(shape.exterior.coords if shape.geom_type == "Polygon" else shape.geoms[0].exterior.coords)[
        :-1
    ]
    return sum(x for x, *_ in corners) / len(corners), sum(y for _, y, *_ in corners) / len(corners)


def test_a_locked_grid_refuses_in_the_servers_words(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    page, path = one.page, f"grid-plans/{one.plan}/locks"
    assert write(page, path, {"sequences": [2], "locked": True}, one.land["version"]) == 200
    again = Assigner(page)
    house = again.houses(1)[0]["properties"]["building"]
    page.fill("#building-words", house)
    page.check(f"[data-building='{house}']")
    page.select_option("#assign-to", "2")
    expect(page.locator("[data-change='2']")).to_contain_text("已锁定")
    page.click("#assign-save")
    expect(page.locator("#assign-fault")).to_contain_text("网格002已锁定，不能手工指定建筑")
    expect(page.locator("#assign-fault")).to_contain_text("怎么办：请先解除锁定")
    expect(page.locator("#chosen")).to_contain_text("1 栋")  # what was chosen is not lost
    assert write(page, path, {"sequences": [2], "locked": False}, again.read_land()["version"]) == 200


def test_a_building_of_another_community_is_refused_in_the_servers_words(
    assigner: Callable[..., Assigner],
) -> None:
    one = assigner()
    page = one.page
    foreign = _foreign_house(one)
    page.mouse.click(*foreign)
    expect(page.locator("#chosen")).to_contain_text("1 栋不在本方案的社区内")
    page.select_option("#assign-to", "1")
    page.click("#assign-save")
    expect(page.locator("#assign-fault .notice--bad")).to_contain_text("未找到该建筑")


def _foreign_house(one: Assigner) -> tuple[float, float]:
    """The pixel of a building of another community that the map shows."""
    box = one.page.locator("#assign-map").bounding_box()
    own = {row["properties"]["building"] for row in one.land["buildings"]["features"]}
    path: str | None = "layers/buildings/features?limit=200"
    while path:
        page = read(one.page, path)
        for row in page["features"]:
            shape = one.shape_of(row)
            if row["properties"]["ref"] in own or shape.geom_type != "Polygon":
                continue
            point = shape.point_on_surface()
            x, y = one.at(point.x, point.y)
            inside = 120 < x - box["x"] < box["width"] - 80 and 60 < y - box["y"] < box["height"] - 30
            if inside and shape.area > 5e-8:
                return x, y
        path = page.get("next") and page["next"].split("/api/v1/")[1]
    raise AssertionError("no building of another community is in sight")


def test_a_plan_that_somebody_changed_meanwhile_is_not_overwritten(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    page, (first, second) = one.page, [row["properties"]["building"] for row in one.houses(1)[:2]]
    body = {"buildings": [first], "sequence": 1}
    assert write(page, f"grid-plans/{one.plan}/assignments", body, one.land["version"]) == 200
    page.fill("#building-words", second)
    page.check(f"[data-building='{second}']")
    page.select_option("#assign-to", "2")
    page.click("#assign-save")
    page.wait_for_selector("#assign-fault .notice--bad")
    page.click("text=读取最新的方案")
    expect(page.locator("#assign-fault")).to_be_empty()
    expect(page.locator("#assigned li").first).to_contain_text("1 栋 → 网格 001")
    page.click("#assign-save")
    page.wait_for_selector("#assign-fault .notice--good")
    for _ in range(2):
        page.click("#assign-undo")
        page.wait_for_selector("#assign-fault .notice--good")
    expect(page.locator("#assign-undo")).to_be_disabled()


def test_what_is_chosen_while_an_order_is_saved_waits_for_the_next(assigner: Callable[..., Assigner]) -> None:
    one = assigner()
    page, (sent, meanwhile) = one.page, [row["properties"]["building"] for row in one.houses(1)[:2]]
    held: list[Any] = []
    page.route("**/assignments", lambda route: held.append(route))
    page.check(f"[data-building='{sent}']")
    page.select_option("#assign-to", "1")
    page.fill("#assign-reason", "同一小区")
    with page.expect_request("**/assignments"):
        page.click("#assign-save")
    expect(page.locator("#chosen")).to_contain_text("正在保存")
    page.check(f"[data-building='{meanwhile}']")
    expect(page.locator("#chosen")).to_contain_text("其中 1 栋正在保存；其余留到下一次保存")
    page.select_option("#assign-to", "2")
    page.fill("#assign-reason", "另一小区")
    expect(page.locator("#assign-save")).to_be_disabled()  # one order at a time
    expect(page.locator("#assign-undo")).to_be_disabled()
    held[0].continue_()
    page.wait_for_selector("#assign-fault .notice--good")
    expect(page.locator("#chosen")).to_contain_text("1 栋")
    expect(page.locator("#chosen")).not_to_contain_text("正在保存")
    expect(page.locator(f"[data-building='{meanwhile}']")).to_be_checked()
    expect(page.locator(f"[data-building='{sent}']")).not_to_be_checked()
    expect(page.locator("#assign-to")).to_have_value("2")
    expect(page.locator("#assign-reason")).to_have_value("另一小区")
    page.click("#assign-undo")  # what is chosen for the next order is no part of the last
    expect(page.locator("#assigned li").first).to_contain_text("撤销")
    expect(page.locator(f"[data-building='{meanwhile}']")).to_be_checked()
    expect(page.locator("#assign-reason")).to_have_value("另一小区")
    expect(page.locator("#assign-undo")).to_be_disabled()


def test_what_is_saved_is_no_longer_chosen(assigner: Callable[..., Assigner]) -> None:
    one = assigner(phone=True)
    page, building = one.page, one.houses(1)[0]["properties"]["building"]
    page.click("summary:has-text('建筑列表')")
    page.check(f"[data-building='{building}']")
    page.select_option("#assign-to", "1")
    page.click("#assign-save")
    page.wait_for_selector("#assign-fault .notice--good")
    expect(page.locator("#chosen")).to_contain_text("还没有选中建筑")
    expect(page.locator("#assign-to")).to_have_value("")
    expect(page.locator("#assign-save")).to_be_disabled()
    page.click("#assign-undo")
    expect(page.locator("#assign-undo")).to_be_disabled()


@pytest.mark.parametrize("phone", [False, True])
def test_the_work_can_be_read_by_everybody_and_never_scrolls_sideways(
    assigner: Callable[..., Assigner], phone: bool
) -> None:
    one = assigner(phone=phone)
    page = one.page
    if phone:
        page.click("summary:has-text('建筑列表')")
    page.locator("[data-building]").first.check()
    page.select_option("#assign-to", "2")
    page.wait_for_selector("[data-change]")
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.querySelector('.assigning').scrollWidth <= innerWidth")
    panel = ".assigning__panel"
    assert page.evaluate(f"(p => p.scrollWidth <= p.clientWidth)(document.querySelector('{panel}'))")
    assert page.locator("#assign-map").bounding_box()["height"] > 250


def test_who_may_not_draft_finds_no_way_to_change(reader: Callable[..., Any]) -> None:
    page = reader("bureau").open("/gis")
    if "/gis" not in page.url:
        return
    page.wait_for_selector("#plans")
    assert page.locator("button:has-text('重新划分')").count() == 0


def test_the_map_leads_from_a_draft_to_its_plan(
    reader: Callable[..., Any], assigner: Callable[..., Assigner]
) -> None:
    plan = read(reader("gis").open("/gis"), "grid-plans?state=draft")["results"][0]["id"]
    one = assigner()
    point = one.open_land(1)
    other = reader("gis")
    page = other.open(f"/map?theme=plan#at=17/{point.y:.6f}/{point.x:.6f}")
    page.wait_for_timeout(500)
    other.map_stands_still()
    other.click_the_middle()
    page.click("a:has-text('打开方案')")
    page.wait_for_selector("dialog .plan-work")
    assert page.url.endswith(f"/gis?plan={plan}")
