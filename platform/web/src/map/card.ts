import { h } from "../lib/dom";
import { count, hectares, metres, share, signed, today } from "../lib/numbers";
import { stateMark } from "../lib/marks";
import { placeName, say } from "../lib/words";
import { bandOf, BANDS } from "./colours";
import type { DraftGrid, GridCard } from "./types";

const METHODS: Record<string, string> = {
  network: say("按街道网络步行 15 分钟", "15 minutes on foot along the streets"),
  radius: say("按半径估算（此处缺街道数据）", "by radius (no streets known here)"),
  mixed: say("部分按街道网络、部分按半径", "partly along the streets, partly by radius"),
};

/** A grid of villager groups is as large as they are: in band whatever its number. */
function isRural(band: string, households: number): boolean {
  return band === "ok" && (households < 300 || households > 500);
}

/** Which side of the band, in words and with a shape. */
export function bandMark(band: string, households: number): HTMLElement {
  if (households === 0) return h("span", { class: "mark" }, say("○ 没有住户", "○ no homes"));
  if (isRural(band, households)) return h("span", { class: "mark" }, say("● 按村民小组", "● villager groups"));
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
function gauge(households: number): HTMLElement {
  const part = Math.max(0, Math.min(1, households / 800));
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
  const acting = card.leader.ends_on ? say(`代理，至 ${card.leader.ends_on}`, `acting until ${card.leader.ends_on}`) : say("代理", "acting");
  return [h("span", {}, card.leader.display_name), ...(card.leader.acting ? [document.createTextNode(" "), h("span", { class: "mark" }, acting)] : [])];
}

function coverage(card: GridCard): Node[] {
  const found = card.coverage;
  if (!found || found.share === null) return [h("span", { class: "muted" }, say("尚未计算", "not computed yet"))];
  return [
    h("strong", {}, share(found.share)),
    document.createTextNode(say(`（${count(found.covered_households)} 户）`, ` (${count(found.covered_households)} households)`)),
    h("div", { class: "muted small" }, METHODS[found.method] ?? found.method),
    h("div", { class: "muted small" }, say(`站点 ${share(found.site_share)}，经常性活动 ${share(found.activity_share)}`, `sites ${share(found.site_share)}, regular activities ${share(found.activity_share)}`)),
  ];
}

function sites(card: GridCard): Node {
  if (!card.coverage) return h("p", { class: "muted" }, say("尚未计算覆盖率。", "Coverage was not computed yet."));
  if (card.sites_in_reach.length === 0) {
    return h("p", { class: "muted" }, say("15 分钟内没有健身站点，可作为新建站点的依据。", "No fitness site within 15 minutes: a case for a new one."));
  }
  return h(
    "ul",
    { class: "site-list" },
    ...card.sites_in_reach.map((site) => h("li", {}, h("span", {}, site.name || say("健身站点", "fitness site")), h("span", { class: "muted" }, metres(site.distance_m)))),
  );
}

/** Households against the target; `deviation` is a share, people think in households. */
function numbers(card: { households: number; target: number; band: string; sizes: boolean }, isEmpty: boolean): HTMLElement[] {
  const off = card.households - card.target;
  return [
    h(
      "div",
      { class: "card__households" },
      h("b", {}, count(card.households)),
      h("span", {}, say("户", "households")),
      card.sizes && card.households > 0 && !isRural(card.band, card.households) ? h("span", { class: "muted" }, say(`目标 ${card.target}，偏差 ${signed(off)}`, `target ${card.target}, deviation ${signed(off)}`)) : null,
      bandMark(card.band, card.households),
    ),
    ...(isEmpty && card.households === 0 ? [noHomes()] : isRural(card.band, card.households) ? [] : [gauge(card.households)]),
  ];
}

function head(title: string, below: string, close: () => void): HTMLElement {
  return h(
    "div",
    { class: "card__head" },
    h("div", {}, h("h2", { class: "card__code" }, title), h("div", {}, below)),
    h("button", { class: "button button--small button--quiet", type: "button", onclick: close }, say("关闭", "Close")),
  );
}

/** The card of a grid, as the grid leader and the bureau read it; `isEmpty`: nobody lives in its community. */
export function renderCard(card: GridCard, reader: { rights: Set<string>; isEmpty: boolean }, close: () => void): HTMLElement {
  const { rights, isEmpty } = reader;
  const ended = card.households === undefined || (card.valid_to !== null && card.valid_to < today());
  const rows: [string, Node[]][] = [];
  if (rights.has("leader.view")) rows.push([say("网格长", "Leader"), leader(card)]);
  rows.push([say("15 分钟覆盖", "15-minute coverage"), coverage(card)]);
  if (card.area_m2 !== undefined) rows.push([say("面积", "Area"), [document.createTextNode(hectares(card.area_m2))]]);
  if (card.buildings !== undefined) rows.push([say("建筑", "Buildings"), [document.createTextNode(say(`${count(card.buildings)} 栋`, count(card.buildings)))]]);
  rows.push([say("生效日期", "In force from"), [document.createTextNode(card.valid_from + (card.valid_to ? say(` 至 ${card.valid_to}`, ` to ${card.valid_to}`) : ""))]]);
  if (card.external_grid_code) rows.push([say("治理网格代码", "Governance grid"), [document.createTextNode(card.external_grid_code)]]);
  if (card.size_reason) rows.push([say("户数说明", "Reason for its size"), [document.createTextNode(card.size_reason)]]);
  return h(
    "article",
    { class: "card", "data-grid": card.code },
    head(card.code, card.name, close),
    ended ? h("p", { class: "notice notice--warn" }, say("这个网格已停用，以下为停用前的情况。", "This grid has ended; this is how it was.")) : null,
    ...(card.households === undefined ? [] : numbers({ households: card.households, target: card.target ?? 400, band: card.band ?? "ok", sizes: true }, isEmpty)),
    h("dl", { class: "facts" }, ...rows.flatMap(([name, said]) => [h("dt", {}, name), h("dd", {}, ...said)])),
    h("h3", {}, say("15 分钟步行可达的健身站点", "Fitness sites within a 15-minute walk")),
    sites(card),
    card.data_label ? h("p", { class: "muted small", style: "margin-top:1rem" }, "ⓘ ", card.data_label) : null,
  );
}

/** Why a community without homes looks as it does, and what to do when somebody lives there after all. */
export function noHomes(): HTMLElement {
  return h(
    "div",
    { class: "notice no-homes" },
    h("p", {}, say("本社区的建筑里没有住户，整体为一个网格；单独一个网格的户数不受上下限约束，不算偏少。", "Nobody lives in this community's buildings: it is one grid as a whole. The sole grid of a community may have any size and counts as no miss.")),
    h("p", { class: "fix" }, say("如果实际有人居住：请地理信息人员在“图层与网格”更正建筑的户数，再重新划分。", "If people live there after all: GIS staff correct the households of its buildings under “Layers and grids”, then draw again.")),
  );
}

/** What is known of a community where no grid is in force. */
export function renderCommunity(name: string, isEmpty: boolean, close: () => void): HTMLElement {
  return h(
    "article",
    { class: "card", "data-community": name },
    head(placeName(name), say("社区", "community"), close),
    isEmpty ? noHomes() : null,
    h("p", {}, say("这里还没有已发布的网格。方案发布后，网格显示在这里。", "No grid is in force here; grids appear once a plan is published.")),
  );
}

/** The little that is known of a grid whose plan is not in force. */
export function renderDraft(draft: DraftGrid, mayDraft: boolean, close: () => void): HTMLElement {
  return h(
    "article",
    { class: "card" },
    head(`${draft.community} ${String(draft.sequence).padStart(3, "0")}`, say(`未发布方案中的网格（方案编号 ${draft.plan}）`, `a grid of a plan not in force (plan ${draft.plan})`), close),
    h("p", {}, stateMark(draft.state ?? "draft")),
    ...numbers({ households: draft.households, target: 400, band: draft.band, sizes: false }, false),
    h("p", { class: "muted" }, say("发布后才有正式代码、网格长与覆盖率。", "Code, leader and coverage come with publication.")),
    mayDraft ? h("p", {}, h("a", { class: "button button--small", href: `/gis?plan=${draft.plan}` }, say("打开方案：重新划分、手工指定", "Open the plan: draw anew, assign"))) : null,
  );
}
