"""Drawing anew in a real Chromium: presets, parameters, refusals beside their fields; communities without homes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.looking import LOOKS, read, text_of

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser


# --- Drawing anew -----------------------------------------------------------------------------------------------


def _order(page: Any) -> None:
    page.wait_for_selector("#plans tbody tr")
    page.locator("#plans tbody tr", has_text="编制中").first.locator("button").click()
    page.click("dialog button:has-text('重新划分')")
    page.wait_for_selector(".presets")


def test_presets_are_told_in_plain_words_with_what_they_cost(reader: Callable[..., Any]) -> None:
    page = reader("gis").open("/gis")
    _order(page)
    words = text_of(page, ".presets")
    for said in ("快速", "标准（推荐）", "最优", "三分之二时间", "每万户约 1 秒", "六倍时间"):
        assert said in words
    assert page.locator("input[name=preset][value=standard]").is_checked()
    assert page.locator("details.more-numbers[open]").count() == 0


def test_every_number_says_unit_default_and_range(reader: Callable[..., Any]) -> None:
    page = reader("gis").open("/gis")
    _order(page)
    page.click("summary:has-text('更多参数')")
    page.wait_for_selector("input[name=alpha]")
    for option in read(page, "grid-plans/drawing-options")["options"]:
        field = text_of(page, f"[data-number={option['name']}]")
        usual, least, most = (f"{option[name]:.10g}" for name in ("default", "least", "most"))
        assert page.input_value(f"input[name={option['name']}]") == usual
        for said in (option["zh"], option["unit_zh"], option["help_zh"], f"默认 {usual}", f"{least}–{most}"):
            assert said in field
    assert page.evaluate(LOOKS) == []


def test_refusals_of_the_server_stand_beside_their_fields(reader: Callable[..., Any]) -> None:
    page = reader("gis").open("/gis")
    _order(page)
    page.click("summary:has-text('更多参数')")
    page.fill("input[name=alpha]", "1.5")
    page.fill("input[name=band]", "0.9")
    assert "已改 2 项" in text_of(page, "details.more-numbers summary")
    page.click("summary:has-text('更多参数')")  # folded again: what is refused opens it
    page.click("button:has-text('开始绘制')")
    page.wait_for_selector("[data-number=alpha] .field__fault")
    assert "应在 0 到 1 之间，现为 1.5" in text_of(page, "[data-number=alpha]")
    assert "应在 0.02 到 0.5 之间，现为 0.9" in text_of(page, "[data-number=band]")
    assert page.locator(".field__fault").count() == 2
    assert page.get_attribute("input[name=band]", "aria-invalid") == "true"
    described = page.get_attribute("input[name=band]", "aria-describedby").split()
    assert "fault-band" in described and "help-band" in described
    assert page.locator("dialog .notice--bad").count() == 0
    page.fill("input[name=band]", "十分之一")
    page.click("button:has-text('开始绘制')")
    expect(page.locator("[data-number=band] .field__fault")).to_contain_text("数字")
    assert page.locator("[data-number=alpha] .field__fault").count() == 0
    page.click("text=全部恢复默认")
    assert page.locator(".field__fault").count() == 0


def test_only_what_was_changed_is_sent_and_the_job_can_be_stopped(
    reader: Callable[..., Any], web_city: Any
) -> None:
    page = reader("gis").open("/gis")
    _order(page)
    page.check("input[name=preset][value=fast]")
    page.click("summary:has-text('更多参数')")
    page.fill("input[name=compound]", "2")
    page.fill("input[name=band]", "0.10")  # the default, written otherwise
    page.check("input[name=cross_for_balance]")
    with page.expect_request(lambda request: request.url.endswith("/grid-plans/partition")) as sent:
        page.click("button:has-text('开始绘制')")
    order = sent.value.post_data_json
    (community,) = order.pop("community_ids")
    assert order == {"preset": "fast", "compound": 2, "cross_for_balance": True}
    assert sent.value.headers["idempotency-key"]
    page.wait_for_selector("#jobs [role=progressbar]")
    assert page.locator("dialog[open]").count() == 0
    page.locator("#jobs .job").first.locator("button:has-text('停止')").click()
    web_city.run_jobs()
    expect(page.locator("#jobs .job").first).to_contain_text("已取消")
    plans = read(page, f"grid-plans?community={community}")["results"]
    assert [plan["number"] for plan in plans] == [1]


# --- Communities without homes, last: the town is emptied --------------------------------------------------------


@pytest.mark.parametrize("phone", [False, True])
def test_the_map_explains_a_community_where_nobody_lives(
    reader: Callable[..., Any], web_city: Any, phone: bool
) -> None:
    from django_tenants.utils import schema_context

    from gis.layers.models import Building
    from grids.units.models import GridPlan

    with schema_context(web_city.schema):
        community = GridPlan.objects.filter(state="draft").select_related("community").get().community
        Building.objects.filter(community=community).update(households=0)
    name = community.name.removesuffix("居民委员会")
    one = reader("leader", phone=phone)
    page = one.open("/map")
    assert "没有住户（整体一个网格，不看户数）" in text_of(page, ".key")
    page.click("summary:has-text('没有住户的社区（1）')")
    page.click(f".empty-communities button:has-text('{name}')")
    page.wait_for_selector("article[data-community]")
    card = text_of(page, "#pane-card")
    for said in (name, "没有住户", "不受上下限约束", "更正建筑的户数", "还没有已发布的网格"):
        assert said in card
    page.wait_for_timeout(900)  # the map glides there
    one.map_stands_still()
    page.click("#pane-card button:has-text('关闭')")
    if phone:
        page.evaluate("document.querySelector('#panel').dataset.stop = 'low'")
        page.wait_for_timeout(400)
        box = page.locator("#map").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.35)
    else:
        one.click_the_middle()
    page.wait_for_selector("article[data-community] .no-homes")
    assert page.evaluate(LOOKS) == []
