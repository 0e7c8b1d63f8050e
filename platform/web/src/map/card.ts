import { read } from "../lib/api";
import { h } from "../lib/dom";
import { count, hectares, metres, share, signed } from "../lib/numbers";
import { say } from "../lib/words";
import { bandOf, BANDS } from "./colours";
import type { GridCard } from "./types";

const METHODS: Record<string, string> = {
  network: say("按街道网络步行 15 分钟", "15 minutes on foot along the streets"),
  radius: say("按半径估算（此处缺街道数据）", "by radius (no streets known here)"),
  mixed: say("部分按街道网络、部分按半径", "partly along the streets, partly by radius"),
};

/** Which side of the band, in words and with a shape. */
export function bandMark(band: string): HTMLElement {
  const known = bandOf(band);
  const shape = band.startsWith("below") ? "▼" : band.startsWith("above") ? "▲" : "●";
  const tone = band === "ok" ? "mark--good" : band.endsWith("hard") ? "mark--bad" : "mark--warn";
  const word = {
    ok: say("适中", "in band"),
    below_soft: say("偏少", "few"),
    below_hard: say("过少", "too few"),
    above_soft: say("偏多", "many"),
    above_hard: say("过多", "too many"),
  }[band];
  return h("span", { class: `mark ${tone}`, title: known?.label }, `${shape} ${word ?? band}`);
}

/** Where the number stands between 0 and 800, over the bands of the rule. */
function gauge(card: GridCard): HTMLElement {
  const part = Math.max(0, Math.min(1, card.households / 800));
  const colours = BANDS.map((band) => band.colour);
  const scale = h("div", {
    class: "gauge",
    "aria-hidden": "true",
    style: `--g-low-hard:${colours[0]};--g-low:${colours[1]};--g-ok:${colours[2]};--g-high:${colours[3]}`,
  });
  for (const at of [0, 100, 300, 500, 800]) scale.append(h("span", { style: `left:${(at / 8).toFixed(1)}%` }, at));
  scale.append(h("i", { style: `left:${(part * 100).toFixed(1)}%` }));
  return scale;
}

function leader(card: GridCard): Node[] {
  if (!card.leader) return [h("span", { class: "mark mark--warn" }, say("⚠ 网格长空缺", "⚠ no leader"))];
  const acting = card.leader.is_acting ?? card.leader.acting;
  return [h("span", {}, card.leader.display_name), ...(acting ? [document.createTextNode(" "), h("span", { class: "mark" }, say("代理", "acting"))] : [])];
}

function coverage(card: GridCard): Node[] {
  const found = card.coverage;
  if (!found || found.share === null) return [h("span", { class: "muted" }, say("尚未计算", "not computed yet"))];
  return [
    h("strong", {}, share(found.share)),
    document.createTextNode(say(`（${count(found.covered_households)} 户）`, ` (${count(found.covered_households)} households)`)),
    h("div", { class: "muted small" }, METHODS[found.method] ?? found.method),
  ];
}

function sites(card: GridCard): Node {
  if (card.sites_in_reach.length === 0) {
    return h("p", { class: "muted" }, say("15 分钟内没有健身站点，可作为新建站点的依据。", "No fitness site within 15 minutes: a case for a new one."));
  }
  return h(
    "ul",
    { class: "site-list" },
    ...card.sites_in_reach.map((site) => h("li", {}, h("span", {}, site.name || say("健身站点", "fitness site")), h("span", { class: "muted" }, metres(site.distance_m)))),
  );
}

/** The card of a grid, as the grid leader and the bureau read it. */
export function renderCard(card: GridCard, close: () => void): HTMLElement {
  const target = card.target || 400;
  return h(
    "article",
    { class: "card", "data-grid": card.code },
    h(
      "div",
      { class: "card__head" },
      h("div", {}, h("h2", { class: "card__code" }, card.code), h("div", {}, card.community.name, card.name ? ` · ${card.name}` : "")),
      h("button", { class: "button button--small button--quiet", type: "button", onclick: close }, say("关闭", "Close")),
    ),
    h(
      "div",
      { class: "card__households" },
      h("b", {}, count(card.households)),
      h("span", {}, say("户", "households")),
      h("span", { class: "muted" }, say(`目标 ${target}，偏差 ${signed(card.deviation)}`, `target ${target}, deviation ${signed(card.deviation)}`)),
      bandMark(card.band),
    ),
    gauge(card),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, say("网格长", "Leader")),
      h("dd", {}, ...leader(card)),
      h("dt", {}, say("15 分钟覆盖", "15-minute coverage")),
      h("dd", {}, ...coverage(card)),
      h("dt", {}, say("面积", "Area")),
      h("dd", {}, hectares(card.area_m2)),
      h("dt", {}, say("生效日期", "In force from")),
      h("dd", {}, card.valid_from ?? say("尚未生效", "not yet")),
    ),
    h("h3", {}, say("15 分钟步行可达的健身站点", "Fitness sites within a 15-minute walk")),
    sites(card),
    card.data_label ? h("p", { class: "muted small", style: "margin-top:1rem" }, "ⓘ ", card.data_label) : null,
  );
}

export function readCard(id: number): Promise<GridCard> {
  return read<GridCard>(`grids/${id}`);
}
