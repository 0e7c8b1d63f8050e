import "./lib/frame";
import "./style/places.css";

import { problemBox, read, readAll, show } from "./lib/api";
import { byId, fill, h, whenQuiet } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { count } from "./lib/numbers";
import { fromAddress, keepInAddress } from "./lib/tabs";
import { placeName, say } from "./lib/words";
import { PointMap } from "./map/point-map";
import { type Item, KINDS, kindName, type SitePoint } from "./sites/types";

const AT_ONCE = 60;
const WORDS = ["q", "kind", "town", "item"] as const;
type Word = (typeof WORDS)[number];

/** All sites of one's reach, narrowed without leaving the page; what is chosen stays in the address. */
class SitesPage {
  private points: SitePoint[] = [];
  private map: PointMap | null = null;
  private shown = AT_ONCE;
  private readonly asked: Record<Word, string> = { q: fromAddress("q"), kind: fromAddress("kind"), town: fromAddress("town"), item: fromAddress("item") };
  private readonly towns = h("select", { name: "town" });

  constructor(items: Item[]) {
    this.form(items);
    void this.load();
  }

  private form(items: Item[]): void {
    const search = h("input", { type: "search", name: "q", value: this.asked.q, autocomplete: "off", placeholder: say("站点名、社区或地址", "name, community or address") });
    search.addEventListener("input", whenQuiet(() => this.narrow("q", search.value.trim()), 200));
    const kind = this.choices("kind", say("全部类型", "all kinds"), KINDS);
    const item = this.choices("item", say("不限项目", "any item"), items.filter((row) => row.is_active !== false).map((row) => [row.code, row.name]));
    this.towns.addEventListener("change", () => this.narrow("town", this.towns.value));
    const field = (name: string, input: HTMLElement): HTMLElement => h("label", { class: "field" }, h("span", {}, name), input);
    const form = byId<HTMLFormElement>("narrowing");
    form.addEventListener("submit", (event) => event.preventDefault());
    fill(form, field(say("查找", "Find"), search), field(say("类型", "Kind"), kind), field(say("街镇", "Street or town"), this.towns), field(say("需求项目", "Asks for"), item));
  }

  private choices(name: Word, all: string, rows: [string, string][]): HTMLSelectElement {
    const select = h("select", { name });
    fillChoices(select, all, rows, this.asked[name]);
    select.addEventListener("change", () => this.narrow(name, select.value));
    return select;
  }

  private narrow(name: Word, value: string): void {
    this.asked[name] = value;
    this.shown = AT_ONCE;
    keepInAddress(name, value);
    if (name === "item") void this.load();
    else this.render(true);
  }

  private async load(): Promise<void> {
    const { item } = this.asked;
    const outcome = await show(byId("list"), async (isLatest) => {
      const found = await read<{ features: SitePoint[] }>(`sites/export${item ? `?item=${encodeURIComponent(item)}` : ""}`);
      if (!isLatest()) return [];
      this.points = found.features;
      const towns = [...new Set(this.points.map((point) => point.properties.town))].sort((a, b) => a.localeCompare(b, "zh"));
      if (this.asked.town && !towns.includes(this.asked.town)) towns.push(this.asked.town);
      fillChoices(this.towns, say("全部街镇", "all"), towns.map((town) => [town, town]), this.asked.town);
      return [];
    });
    if (outcome === "shown") this.render(true);
  }

  private kept(): SitePoint[] {
    const { q, kind, town } = this.asked;
    return this.points.filter(({ properties: site }) => (!kind || site.kind === kind) && (!town || site.town === town) && (!q || [site.name, site.unit, site.address].some((text) => text.includes(q))));
  }

  private render(fit = false): void {
    const kept = this.kept();
    byId("found").textContent = say(`共 ${count(kept.length)} 个站点`, `${count(kept.length)} sites`);
    const dots = kept.map(({ id, geometry, properties }) => ({ id, lon: geometry.coordinates[0], lat: geometry.coordinates[1], name: properties.name, look: "site" as const }));
    if (this.map) this.map.show(dots, fit);
    else this.map = new PointMap(byId("map"), dots, (id) => this.pick(id));
    if (byId("list").querySelector(".notice--bad")) return;
    if (kept.length === 0) {
      fill(byId("list"), this.points.length ? emptyBox(say("没有符合条件的站点。", "No site fits."), say("请放宽筛选条件。", "Ask for less.")) : emptyBox(say("还没有健身站点。", "There are no sites yet."), say("请由地理信息人员在“图层与网格”导入健身站点图层。", "GIS staff import the layer of sites under “Layers and grids”.")));
      return;
    }
    const more = kept.length - this.shown;
    fill(
      byId("list"),
      h("ul", { class: "plain-list", tabindex: -1 }, ...kept.slice(0, this.shown).map((point) => this.row(point))),
      more > 0 ? h("button", { class: "button button--quiet", type: "button", onclick: () => this.more() }, say(`再显示 ${Math.min(more, AT_ONCE)} 个（余 ${count(more)} 个）`, `${Math.min(more, AT_ONCE)} more of ${count(more)}`)) : null,
    );
  }

  private more(): void {
    this.shown += AT_ONCE;
    this.render();
  }

  private row({ id, properties: site }: SitePoint): HTMLElement {
    return h(
      "li",
      { "data-id": id },
      h("a", { href: `/sites/${id}` }, site.name || say("（未命名站点）", "(unnamed site)")),
      h("p", { class: "muted small" }, [kindName(site.kind), placeName(site.unit), site.capacity === null ? "" : say(`容纳 ${count(site.capacity)} 人`, `${count(site.capacity)} people`), site.needs ? say(`每周需求 ${site.needs} 项`, `${site.needs} weekly needs`) : say("未登记需求", "asks for nobody")].filter(Boolean).join(" · ")),
    );
  }

  /** A click on the map brings its row up; a second one opens the site. */
  private pick(id: number): void {
    this.map?.choose(id);
    const at = this.kept().findIndex((point) => point.id === id);
    if (at >= this.shown) {
      this.shown = at + 1;
      this.render();
    }
    const list = byId("list");
    list.querySelectorAll("li[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    const row = list.querySelector<HTMLElement>(`li[data-id="${id}"]`);
    row?.setAttribute("aria-current", "true");
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector("a")?.focus({ preventScroll: true });
  }
}

function fillChoices(select: HTMLSelectElement, all: string, rows: [string, string][], chosen: string): void {
  fill(select, h("option", { value: "" }, all), ...rows.map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
}

readAll<Item>("activity-items")
  .then((items) => new SitesPage(items))
  .catch((fault: unknown) => fill(byId("list"), problemBox(fault, () => location.reload())));
