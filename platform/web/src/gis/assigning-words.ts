import { type Child, h } from "../lib/dom";
import { clock, count, signed } from "../lib/numbers";
import { say } from "../lib/words";
import { type GridChange, type Land, type Limits, sizeClass } from "./land";

export interface PlanEvent {
  id: number;
  action: string;
  actor: string;
  organisation: string;
  reason: string;
  before: { buildings?: Record<string, unknown> };
  after: { buildings?: number; sequence?: number | null; undoes?: number };
  at: string;
}

/** The name of a grid by its place in the plan. */
export function gridName(land: Land, sequence: number): string {
  return land.grids.features.find((grid) => grid.properties.sequence === sequence)?.properties.label.slice(-3) ?? String(sequence).padStart(3, "0");
}

/** Where a number of households lies against the limits, with a word and a shape. */
export function sizeMark(households: number, limits: Limits): HTMLElement {
  const few = households < limits.target;
  const [words, tone] = {
    band: [say("✓ 达标", "✓ in band"), "mark--good"],
    soft: [say("● 可接受", "● acceptable"), "mark--info"],
    hard: [few ? say("▼ 偏少", "▼ few") : say("▲ 偏多", "▲ many"), "mark--warn"],
    outside: [few ? say("✕ 过少", "✕ too few") : say("✕ 过多", "✕ too many"), "mark--bad"],
  }[sizeClass(households, limits)];
  return h("span", { class: `mark ${tone}` }, words);
}

function connected(change: GridChange, fault: boolean): Child {
  const { piecesBefore, piecesAfter } = change;
  if (piecesAfter === null) return h("span", { class: "muted small" }, fault ? say("未能检查", "not checked") : say("正在检查…", "checking…"));
  if (piecesAfter <= 1) return h("span", { class: "mark mark--good" }, say("✓ 连片", "✓ one piece"));
  const worse = piecesAfter > (piecesBefore ?? 1);
  return h("span", { class: `mark ${worse ? "mark--bad" : "mark--warn"}` }, worse ? say(`✕ 分为 ${piecesAfter} 片`, `✕ ${piecesAfter} pieces`) : say(`⚠ 原已 ${piecesAfter} 片`, `⚠ ${piecesAfter} pieces before too`));
}

/** What saving would make of every grid touched. */
export function changeTable(changes: GridChange[], limits: Limits, checkFailed: boolean): HTMLElement {
  const heads = [say("网格", "Grid"), say("现在", "Now"), say("之后", "After"), say("户数", "Size"), say("连片", "One piece")];
  return h(
    "div",
    { class: "table-frame", tabindex: 0, role: "region", "aria-label": say("指定前后对比", "Before and after") },
    h(
      "table",
      { class: "changes" },
      h("thead", {}, h("tr", {}, ...heads.map((name, index) => h("th", { scope: "col", class: index === 1 || index === 2 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        ...changes.map((change) =>
          h(
            "tr",
            { "data-change": change.grid.sequence },
            h("th", { scope: "row" }, change.grid.label.slice(-3), change.grid.is_locked ? h("span", { class: "mark mark--info" }, say("已锁定", "locked")) : null),
            h("td", { class: "number" }, count(change.before)),
            h("td", { class: "number" }, h("strong", {}, count(change.after)), h("div", { class: "muted small" }, signed(change.after - change.before))),
            h("td", {}, sizeMark(change.after, limits)),
            h("td", {}, connected(change, checkFailed)),
          ),
        ),
      ),
    ),
  );
}

/** Who assigned what and when, newest first; what was taken back is said so. */
export function historyList(land: Land, events: PlanEvent[]): HTMLElement {
  const deeds = events.filter((event) => event.action === "assign" || event.action === "undo_assign").reverse();
  if (deeds.length === 0) return h("p", { class: "muted" }, say("还没有手工指定。", "Nothing was assigned by hand yet."));
  const undone = new Set(deeds.map((event) => event.after.undoes));
  return h("ol", { class: "plain-list assigned" }, ...deeds.map((event) => deedLine(land, event, undone.has(event.id))));
}

function deedLine(land: Land, event: PlanEvent, undone: boolean): HTMLElement {
  const refs = Object.keys(event.before.buildings ?? {});
  const many = event.after.buildings ?? refs.length;
  const { sequence } = event.after;
  const what =
    event.action === "undo_assign"
      ? say(`撤销：${count(many)} 栋回到原来的网格`, `undone: ${count(many)} back to their grids`)
      : sequence
        ? say(`${count(many)} 栋 → 网格 ${gridName(land, sequence)}`, `${count(many)} → grid ${gridName(land, sequence)}`)
        : say(`${count(many)} 栋恢复到所在位置`, `${count(many)} back to where they stand`);
  return h(
    "li",
    { "data-event": event.id },
    h("div", { class: "job__line" }, h("strong", {}, what), undone ? h("span", { class: "mark" }, say("已撤销", "taken back")) : null),
    h("div", { class: "muted small" }, `${clock(event.at)} · ${event.actor}${event.organisation ? `（${event.organisation}）` : ""}`),
    event.reason ? h("div", { class: "small" }, event.reason) : null,
    refs.length ? h("details", { class: "small" }, h("summary", {}, say("哪些建筑", "Which buildings")), h("p", {}, refs.slice(0, 30).join("、"), refs.length > 30 ? say(` 等 ${refs.length} 栋`, ` and more, ${refs.length} in all`) : "")) : null,
  );
}
