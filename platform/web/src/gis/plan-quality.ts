import { API } from "../lib/api";
import { h } from "../lib/dom";
import { type Figure, figures } from "../lib/figures";
import { count } from "../lib/numbers";
import { say } from "../lib/words";

export interface GridRow {
  sequence: number;
  code: string;
  households: number;
  size_reason: string;
  size_reason_accepted: boolean;
  is_locked: boolean;
  lock_reason: string;
  villager_groups: string[];
  quality: { size_class?: string; deviation?: number | null };
}

interface ZoneRow {
  zone: number;
  k: number;
  grids_in_band: number;
  in_band_at_most?: number | null;
  verdict?: string;
  told_zh?: string;
  told_en?: string;
}

export interface PlanQuality {
  zones?: ZoneRow[];
  notes?: string[];
  kept?: { locked: number; assigned: number; moved_households: number };
}

const VERDICTS: Record<string, [string, string]> = {
  optimal: [say("✓ 已证明最优", "✓ proven optimal"), "mark--good"],
  optimal_if_as_near: [say("✓ 最大偏差不变时最优", "✓ optimal for its worst deviation"), "mark--good"],
  optimal_if_soft: [say("✓ 软限制内最优", "✓ optimal within soft limits"), "mark--good"],
  within: [say("接近上限", "near the bound"), "mark--info"],
  unproven: [say("未证明", "unproven"), ""],
};

/** What people call a grid of a plan. */
export function nameOf(grid: { code: string; sequence: number }): string {
  return grid.code || String(grid.sequence).padStart(3, "0");
}

/** The numbers of a plan as its grids stand now, what is proven of each zone, what drawing kept, and the report. */
export function qualityOf(id: number, grids: GridRow[], quality: PlanQuality): HTMLElement {
  return h(
    "section",
    { class: "plan-quality", "aria-label": say("方案质量", "Quality of the plan") },
    figures(numbers(grids, quality)),
    zones(quality.zones ?? []),
    notes(quality.notes ?? []),
    h(
      "p",
      { class: "buttons" },
      say("质量报告：", "Quality report: "),
      ...["html", "json"].map((form) => h("a", { class: "button button--small button--quiet", href: `${API}grid-plans/${id}/report?format=${form}`, download: true }, form === "html" ? say("网页", "Page") : "JSON")),
    ),
  );
}

function numbers(grids: GridRow[], quality: PlanQuality): Figure[] {
  const inBand = grids.filter((grid) => grid.quality.size_class === "band").length;
  const worst = grids.reduce((most, grid) => Math.max(most, Math.abs(grid.quality.deviation ?? 0)), 0);
  const locked = grids.filter((grid) => grid.is_locked).length;
  const rows: Figure[] = [
    { name: say("户数达标", "In band"), value: `${count(inBand)} / ${count(grids.length)}`, unit: say("个网格", "grids"), tone: inBand === grids.length ? "good" : "" },
    { name: say("最大偏差", "Worst deviation"), value: `${(worst * 100).toFixed(1)}%` },
    { name: say("已锁定", "Locked"), value: count(locked) },
  ];
  if (quality.kept) rows.push({ name: say("换了网格的户数", "Households that moved"), value: count(quality.kept.moved_households), note: quality.kept.assigned ? say(`手工指定 ${count(quality.kept.assigned)} 栋`, `${count(quality.kept.assigned)} buildings by hand`) : undefined });
  return rows;
}

function zones(rows: ZoneRow[]): HTMLElement | null {
  const told = rows.filter((row) => row.verdict);
  if (told.length === 0) return null;
  return h(
    "details",
    {},
    h("summary", {}, say(`分区结论（${told.length}）`, `Zones (${told.length})`)),
    h(
      "ul",
      { class: "plain-list" },
      ...told.map((row) => {
        const [words, tone] = VERDICTS[row.verdict ?? ""] ?? [row.verdict ?? "", ""];
        return h(
          "li",
          {},
          h("strong", {}, say(`分区 ${row.zone + 1}`, `Zone ${row.zone + 1}`)),
          ` ${say("达标", "in band")} ${count(row.grids_in_band)} / ${count(row.k)} `,
          h("span", { class: `mark ${tone}` }, words),
          h("div", { class: "muted small" }, say(row.told_zh ?? "", row.told_en ?? "")),
        );
      }),
    ),
  );
}

function notes(rows: string[]): HTMLElement | null {
  if (rows.length === 0) return null;
  return h("details", {}, h("summary", {}, say(`说明（${rows.length}）`, `Notes (${rows.length})`)), h("ul", { class: "plain-list small" }, ...rows.map((row) => h("li", {}, row))));
}
