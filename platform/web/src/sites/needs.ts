import { problemBox, readAll, write } from "../lib/api";
import { ask, nextDialog } from "../lib/dialog";
import { byId, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { type NotTold, notToldBox } from "../lib/not-told";
import { metres, today } from "../lib/numbers";
import { minuteOf, WEEKDAYS, weekdayName, whenText } from "../lib/week";
import { say, sayEither } from "../lib/words";
import { Problem } from "../lib/api";
import type { Item, Need, Pair, Site, Unserved } from "./types";

/** What serves the needs of a site in the assignment in force; null where the reader may not see assignments. */
export interface Served {
  run: number | null;
  pairs: Pair[];
  unserved: Unserved[];
}

function isEnded(need: Need): boolean {
  return need.valid_to !== null && need.valid_to < today();
}

/** The weekly needs with who serves each, and what is empty and why. */
export function needList(needs: Need[], served: Served | null, mayEdit: boolean, changed: () => void): Node {
  const standing = needs.filter((need) => !isEnded(need)).sort((a, b) => a.weekday - b.weekday || a.from_minute - b.from_minute || a.id - b.id);
  if (standing.length === 0) return emptyBox(say("本站点还没有登记每周需求。", "This site asks for nobody yet."), mayEdit ? say("点“添加需求”，写明项目、星期和时间。", "Add a need: item, weekday and time.") : say("由街镇工作人员登记。", "Street or town staff record it."));
  const list = h("div", {});
  for (const need of standing) list.append(needRow(need, served, mayEdit, changed));
  return list;
}

function needRow(need: Need, served: Served | null, mayEdit: boolean, changed: () => void): HTMLElement {
  const pairs = served?.pairs.filter((pair) => pair.need.id === need.id) ?? [];
  const empty = served?.unserved.filter((row) => row.need.id === need.id) ?? [];
  return h(
    "article",
    { class: "need", "data-need": need.id },
    h(
      "div",
      { class: "need__head" },
      h("h3", {}, `${whenText(need)} ${need.item.name}`),
      h(
        "span",
        { class: "buttons" },
        h("span", { class: "mark" }, say(`需 ${need.wanted} 人`, `${need.wanted} wanted`)),
        mayEdit && !need.valid_to ? h("button", { class: "button button--small button--quiet", type: "button", "aria-label": say(`结束需求 ${whenText(need)} ${need.item.name}`, `end ${whenText(need)} ${need.item.name}`), onclick: () => endNeed(need, changed) }, say("结束", "End")) : null,
      ),
    ),
    need.is_within_hours ? null : h("p", {}, h("span", { class: "mark mark--warn" }, say("▲ 不在开放时间内", "▲ outside the opening hours"))),
    need.valid_to ? h("p", { class: "muted" }, say(`至 ${need.valid_to} 为止`, `until ${need.valid_to}`)) : null,
    ...pairs.map((pair) => h("p", { class: "person" }, h("span", {}, h("strong", {}, pair.instructor.name), " ", h("small", {}, say(`路程约 ${metres(pair.travel_m)}`, `some ${metres(pair.travel_m)} away`))), pair.is_pinned ? h("span", { class: "mark mark--info" }, say("◆ 固定", "◆ pinned")) : null)),
    ...empty.map((row) => h("p", { class: "empty-place" }, sayEither(row.reason))),
    served && served.run === null ? h("p", { class: "muted" }, say("还没有采用的分配", "no assignment is in force")) : null,
    served && served.run !== null && pairs.length === 0 && empty.length === 0 ? h("p", { class: "muted" }, say("执行中的分配算出后才添加，下次计算时安排", "added after the assignment in force was computed; the next one looks at it")) : null,
  );
}

function endNeed(need: Need, changed: () => void): void {
  ask({
    title: say(`结束需求：${whenText(need)} ${need.item.name}`, `End: ${whenText(need)} ${need.item.name}`),
    body: [
      h("label", { class: "field" }, h("span", {}, say("最后一天", "Last day")), h("input", { type: "date", name: "ends_on", value: today(), required: true }), h("small", {}, say("此后已登记的值守随之取消，担任的指导员会收到通知。", "Duties booked for later days are given back, and whoever serves it is told."))),
    ],
    confirm: say("结束", "End it"),
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      const { warnings } = await write<{ warnings: NotTold[] }>("POST", `site-needs/${need.id}/end`, { ends_on: form.get("ends_on") });
      fill(byId("not-told"), notToldBox(warnings));
      changed();
    },
  });
}

/** Asks what the site wants each week. */
export async function addNeed(site: Site, changed: () => void): Promise<void> {
  const isWanted = nextDialog();
  const items = (await readAll<Item>("activity-items")).filter((item) => item.is_active !== false);
  if (!isWanted()) return;
  const first = site.opening_hours[0];
  const wide = h("div", {});
  fill(
    wide,
    h("label", { class: "field" }, h("span", {}, say("项目", "Item")), h("select", { name: "item", required: true }, ...items.map((item) => h("option", { value: item.code }, item.name)))),
    h("label", { class: "field" }, h("span", {}, say("星期", "Weekday")), h("select", { name: "weekday" }, ...WEEKDAYS.map((day) => h("option", { value: day, selected: day === first?.weekday }, weekdayName(day))))),
    h("label", { class: "field" }, h("span", {}, say("开始", "From")), h("input", { type: "time", name: "from_minute", required: true, step: 300 })),
    h("label", { class: "field" }, h("span", {}, say("结束", "To")), h("input", { type: "time", name: "to_minute", required: true, step: 300 })),
    h("label", { class: "field" }, h("span", {}, say("需要几人", "How many")), h("input", { type: "number", name: "wanted", min: 1, max: 20, value: 1, required: true })),
    h("label", { class: "field" }, h("span", {}, say("服务户数", "Households")), h("input", { type: "number", name: "weight", min: 0, max: 10000000 }), h("small", {}, say("留空：按步行可达范围内的户数计算。", "Empty: the households within reach."))),
  );
  wide.className = "pair-fields";
  ask({
    title: say("添加每周需求", "Add a weekly need"),
    body: [wide],
    confirm: say("添加", "Add"),
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      await write("POST", `sites/${site.id}/needs`, needOf(form));
      changed();
    },
  });
}

function needOf(form: FormData): Record<string, unknown> {
  const from = minuteOf(String(form.get("from_minute")));
  const to = minuteOf(String(form.get("to_minute")));
  if (from === null || to === null) {
    throw new Problem({ code: "NO_TIME", status: 422, detail: say("请填写开始和结束时间", "say from when to when"), how_to_fix: { zh: "例如 06:30 到 07:30", en: "such as 06:30 to 07:30" } });
  }
  const weight = String(form.get("weight") ?? "");
  return { item: form.get("item"), weekday: Number(form.get("weekday")), from_minute: from, to_minute: to || 1440, wanted: Number(form.get("wanted")), weight: weight === "" ? null : Number(weight) };
}
