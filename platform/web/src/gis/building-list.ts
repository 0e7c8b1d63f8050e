import { fill, h, whenQuiet } from "../lib/dom";
import { count } from "../lib/numbers";
import { say } from "../lib/words";
import { gridName } from "./assigning-words";
import { buildingName, type Land } from "./land";

const ROWS = 40;

/** The plan's buildings as a list with boxes to tick, for who does not use the map, and for finding one by its name. */
export class BuildingList {
  readonly place = h("div", {});
  private readonly words = h("input", { type: "search", id: "building-words", placeholder: say("建筑名、编号或小区", "Name, number or compound") });
  private readonly grid = h("select", { id: "building-grid" });
  private readonly rows = h("tbody", {});
  private readonly said = h("p", { class: "muted small", role: "status" });
  private readonly more = h("button", { class: "button button--small button--quiet", type: "button" }, say("显示更多", "Show more"));
  private shown = ROWS;
  private land: Land | null = null;
  private chosen = new Set<string>();

  constructor(
    private readonly toggle: (ref: string) => void,
    private readonly locate: (ref: string) => void,
  ) {
    this.words.addEventListener("input", whenQuiet(() => this.anew(), 150));
    this.grid.addEventListener("change", () => this.anew());
    this.more.addEventListener("click", () => {
      this.shown += ROWS;
      this.draw();
    });
    fill(
      this.place,
      h("div", { class: "building-filter" }, h("label", { class: "field" }, h("span", {}, say("查找建筑", "Find buildings")), this.words), h("label", { class: "field" }, h("span", {}, say("在网格", "In grid")), this.grid)),
      h("div", { class: "table-frame table-frame--short", tabindex: 0, role: "region", "aria-label": say("建筑列表", "Buildings") }, h("table", { class: "building-rows" }, h("thead", { class: "unseen" }, h("tr", {}, ...[say("选择", "Choose"), say("建筑", "Building"), say("网格", "Grid"), say("户数", "Households"), say("地图", "Map")].map((name) => h("th", { scope: "col" }, name)))), this.rows)),
      this.said,
      this.more,
    );
  }

  /** Shows the land's buildings with what is chosen of them. */
  show(land: Land, chosen: Set<string>): void {
    if (this.land?.version !== land.version) {
      const before = this.grid.value;
      fill(this.grid, h("option", { value: "" }, say("全部", "all")), ...land.grids.features.map(({ properties }) => h("option", { value: properties.sequence, selected: String(properties.sequence) === before }, gridName(land, properties.sequence))), h("option", { value: "hand", selected: before === "hand" }, say("手工指定的", "by hand")));
    }
    this.land = land;
    this.chosen = chosen;
    this.draw();
  }

  private anew(): void {
    this.shown = ROWS;
    this.draw();
  }

  private draw(): void {
    const { land } = this;
    if (!land) return;
    const words = this.words.value.trim().toLowerCase();
    const found = land.buildings.features.filter(({ properties: facts }) => {
      const inGrid = !this.grid.value || (this.grid.value === "hand" ? facts.by_hand : String(facts.sequence) === this.grid.value);
      return inGrid && (!words || [facts.building, facts.name, facts.compound].some((text) => text.toLowerCase().includes(words)));
    });
    const focused = document.activeElement instanceof HTMLElement && this.rows.contains(document.activeElement) ? document.activeElement.dataset["keep"] : undefined;
    this.rows.replaceChildren(...found.slice(0, this.shown).map((house) => this.line(land, house)));
    if (focused) this.rows.querySelector<HTMLElement>(`[data-keep="${CSS.escape(focused)}"]`)?.focus();
    this.said.textContent = found.length ? say(`共 ${count(found.length)} 栋`, `${count(found.length)} buildings`) : say("没有符合的建筑，请换一个词。", "No such building; try another word.");
    this.more.hidden = found.length <= this.shown;
  }

  private line(land: Land, { properties: facts, geometry }: Land["buildings"]["features"][number]): HTMLElement {
    const name = buildingName(facts);
    const box = h("input", { type: "checkbox", checked: this.chosen.has(facts.building), "aria-label": say(`选择 ${name}`, `choose ${name}`), "data-building": facts.building, "data-keep": `b-${facts.building}` });
    box.addEventListener("change", () => this.toggle(facts.building));
    const where = h("button", { class: "button button--small button--quiet", type: "button", disabled: !geometry, "aria-label": say(`在地图上找到 ${name}`, `find ${name} on the map`), "data-keep": `l-${facts.building}` }, say("定位", "Locate"));
    where.addEventListener("click", () => this.locate(facts.building));
    return h("tr", {}, h("td", {}, box), h("td", {}, h("div", { class: "building-name" }, name), h("div", { class: "muted small" }, [facts.compound, facts.by_hand ? say("手工指定", "by hand") : ""].filter(Boolean).join(" · "))), h("td", {}, gridName(land, facts.sequence)), h("td", { class: "number" }, count(facts.households)), h("td", {}, where));
  }
}
