import "./lib/frame";
import "./style/map.css";

import { latestAt, Problem, problemBox, read, readAll, show } from "./lib/api";
import type { PlanRow } from "./lib/plans";
import { myCity } from "./lib/rights";
import { announce, byId, type Child, fill, h } from "./lib/dom";
import { count } from "./lib/numbers";
import type { Summary } from "./lib/summary";
import { say } from "./lib/words";
import { renderCard, renderCommunity, renderDraft } from "./map/card";
import { CityMap, type PickedCommunity, type PickedGrid } from "./map/city-map";
import { type Theme, THEMES } from "./map/colours";
import { boundsOf, featureBounds } from "./map/communities";
import { Finder, type FoundCommunity } from "./map/find";
import { Legend } from "./map/legend";
import { GridList } from "./map/list";
import { Sheet } from "./map/sheet";
import type { Bounds, DraftGrid, GridCard, GridRow, LayerRow } from "./map/types";

const CHINA: Bounds = [100, 22, 122, 42];

/** What is shown before there is any layer: some 20 km around the middle of the city, else the country. */
function around(centre: [number, number] | null): Bounds {
  if (!centre) return CHINA;
  const [lon, lat] = centre;
  return [lon - 0.1, lat - 0.09, lon + 0.1, lat + 0.09];
}

/** The page's address says which grid is open and what the colours mean, so that it can be sent to a colleague. */
function keepInAddress(name: string, value: string | null): void {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}

function themeInAddress(): Theme {
  const wanted = new URLSearchParams(location.search).get("theme");
  return THEMES.find(({ theme }) => theme === wanted)?.theme ?? "households";
}

class MapPage {
  private readonly map: CityMap;
  private readonly sheet: Sheet;
  private readonly list: GridList;
  private communities: Promise<FoundCommunity[]> | null = null;
  private readonly planStates = new Map<number, string>();
  /** Whether the address named a place; the map writes its own there as soon as it is made. */
  private readonly cameToPlace = location.hash.includes("at=");

  constructor(layers: LayerRow[], private readonly summary: Summary | null, private readonly rights: Set<string>, centre: [number, number] | null) {
    const theme = themeInAddress();
    const home = layers.find((layer) => layer.kind === "communities" && layer.bounds) ?? layers.find((layer) => layer.bounds);
    this.list = new GridList((row) => void this.open(`grids/${row.id}`, row, true));
    this.sheet = new Sheet((pane) => pane === "list" && this.list.open());
    this.map = new CityMap(byId("map"), home?.bounds ?? around(centre), this.sheet.covered_px, theme, {
      pick: (grid) => void this.open(`grids/${grid.id}`, grid),
      draft: (draft) => this.openDraft(draft),
      community: (community) => this.openCommunity(community),
      fault: (text) => byId("map").append(h("p", { class: "map__fault notice notice--warn", role: "alert" }, text)),
    });
    new Legend(theme, summary, rights.has("grid_plan.view"), {
      theme: (wanted) => {
        this.map.whenReady(() => this.map.showTheme(wanted));
        keepInAddress("theme", wanted === "households" ? null : wanted);
      },
      part: (part, shown) => {
        this.map.whenReady(() => this.map.showPart(part, shown));
        if (part === "drafts" && shown) void this.readPlanStates();
      },
      community: (id, name) => void this.visit(id, name),
    });
    new Finder(() => this.readCommunities(), {
      grid: (grid) => void this.open(`grids/${grid.id}`, grid, true),
      community: (community) => this.map.goTo(community.bounds, this.sheet.covered_px),
    });
    this.map.whenReady(() => this.map.showEmpty(this.empty().map(({ id }) => id)));
    this.noCard();
    if (!home) this.sayEmpty();
    void this.openFromAddress();
  }

  private sayEmpty(): void {
    byId("map").append(
      h("p", { class: "map__fault notice", role: "status" }, say("本市还没有图层。请由地理信息人员在“图层与网格”导入社区界线。", "This city has no layers yet. GIS staff import community borders under “Layers and grids”.")),
    );
  }

  private async readPlanStates(): Promise<void> {
    const plans = await readAll<PlanRow>("grid-plans", 5000).catch(() => []);
    for (const plan of plans) this.planStates.set(plan.id, plan.state);
    this.map.whenReady(() => this.map.showPlanStates(this.planStates));
  }

  /** Shows in the card's place what needs no answer; the answer about a grid that is on its way comes too late. */
  private card(...shown: Child[]): void {
    latestAt(byId("pane-card"));
    fill(byId("pane-card"), ...shown);
  }

  private noCard(): void {
    this.card(h("p", { class: "empty" }, say("在地图上点一个网格，或在“列表”中选一个，即可查看网格卡片。", "Click a grid on the map, or choose one in the list, to see its card.")));
  }

  /** Names and places of the communities, read when somebody first searches. */
  private readCommunities(): Promise<FoundCommunity[]> {
    this.communities ??= featureBounds();
    return this.communities;
  }

  private async openFromAddress(): Promise<void> {
    const code = new URLSearchParams(location.search).get("grid");
    if (!code) return;
    if (/^[0-9]{15}$/.test(code)) return this.open(`grids/by-code/${code}`, { id: -1, code }, !this.cameToPlace);
    this.card(h("div", { class: "notice notice--warn" }, h("p", {}, say(`“${code}”不是网格代码：网格代码为 15 位数字。`, `“${code}” is no grid code: those have 15 digits.`))));
    this.sheet.open("card");
  }

  /** Shows a grid's card; `travel` also moves the map to it. */
  private async open(path: string, grid: PickedGrid | GridRow, travel = false): Promise<void> {
    this.sheet.open("card");
    this.map.whenReady(() => this.map.choose(grid.id));
    this.list.choose(grid.code);
    await show(byId("pane-card"), async (isLatest) => {
      const card = await readCard(path, grid.code);
      if (!isLatest()) return [];
      keepInAddress("grid", card.code);
      this.map.whenReady(() => this.map.choose(card.id));
      const households = card.households === undefined ? "" : count(card.households);
      announce(say(`${card.name}，${households} 户`, `${card.name}, ${households} households`));
      if (travel) this.travelTo(card);
      return renderCard(card, { rights: this.rights, isEmpty: this.isEmpty(card.community.id) }, () => this.close());
    });
  }

  private openDraft(draft: DraftGrid): void {
    this.map.choose(null, draft.id);
    this.list.choose("");
    keepInAddress("grid", null);
    this.card(renderDraft({ ...draft, state: this.planStates.get(draft.plan) ?? "draft" }, this.rights.has("grid_plan.draft"), () => this.close()));
    this.sheet.open("card");
  }

  private empty(): { id: number }[] {
    return this.summary?.communities_without_homes ?? [];
  }

  private isEmpty(id: number): boolean {
    return this.empty().some((community) => community.id === id);
  }

  /** Shows what is known of land without a grid in force. */
  private openCommunity({ id, name }: PickedCommunity): void {
    this.map.choose(null);
    this.list.choose("");
    keepInAddress("grid", null);
    this.card(renderCommunity(name, this.isEmpty(id), () => this.close()));
    this.sheet.open("card");
  }

  /** Goes to a community and says what is known of it. */
  private async visit(id: number, name: string): Promise<void> {
    this.openCommunity({ id, name });
    const isLatest = latestAt(byId("pane-card"));
    const place = (await this.readCommunities().catch(() => [])).find((community) => community.id === id);
    if (place && isLatest()) this.map.whenReady(() => this.map.goTo(place.bounds, this.sheet.covered_px));
  }

  private travelTo(card: GridCard): void {
    const bounds = boundsOf(card.geometry?.coordinates);
    if (bounds) this.map.whenReady(() => this.map.goTo(bounds, this.sheet.covered_px));
  }

  private close(): void {
    this.map.choose(null);
    this.list.choose("");
    keepInAddress("grid", null);
    this.noCard();
    this.sheet.open("legend", true);
  }
}

async function readCard(path: string, code: string): Promise<GridCard> {
  try {
    return await read<GridCard>(path);
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.status !== 404) throw fault;
    throw new Problem({
      code: "NO_SUCH_GRID",
      status: 404,
      detail: say(`没有找到网格 ${code}`, `grid ${code} was not found`),
      how_to_fix: { zh: "它可能不在您的辖区，或代码有误；请在“列表”中查找", en: "it may lie outside your area, or the code is wrong; look in the list" },
    });
  }
}

async function start(): Promise<void> {
  const [layers, summary, city] = await Promise.all([read<LayerRow[]>("layers"), read<Summary>("grid-summary").catch(() => null), myCity()]);
  new MapPage(layers, summary, city.rights, city.centre);
}

start().catch((fault: unknown) => fill(byId("pane-legend"), problemBox(fault, () => location.reload())));
