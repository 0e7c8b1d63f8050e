import { announce, fill, h, whenQuiet } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count } from "../lib/numbers";
import { english, say } from "../lib/words";
import { backupCell, calendarCell, type City, cityAddress, type Concern, CONCERNS, jobsCell, migrationCell, STATE_NAMES, stateMark, storageBar, usersCell } from "./cities";

type Order = (city: City) => number | string;

interface Column {
  key: string;
  name: string;
  order: Order;
  cell: (city: City) => HTMLElement | string;
  /** Which way the first click sorts: most readers want the largest number and the oldest day first. */
  first: "ascending" | "descending";
}

const time = (text: string | null): number => (text ? Date.parse(text) : 0);

const COLUMNS: Column[] = [
  { key: "state", name: say("状态", "State"), order: (city) => STATE_NAMES.findIndex(([state]) => state === city.state), cell: stateMark, first: "descending" },
  { key: "storage", name: say("存储 / 配额", "Storage / quota"), order: (city) => city.figures.used_bytes, cell: storageBar, first: "descending" },
  { key: "users", name: say("用户", "Users"), order: (city) => city.figures.users ?? -1, cell: usersCell, first: "descending" },
  { key: "jobs", name: say("任务", "Jobs"), order: (city) => city.figures.jobs_failed_24h * 1e6 + city.figures.jobs_waiting, cell: jobsCell, first: "descending" },
  { key: "migration", name: say("最近迁移", "Last migration"), order: (city) => (city.figures.is_migrated ? time(city.migrated_at) : 0), cell: migrationCell, first: "ascending" },
  { key: "backup", name: say("最近备份", "Last backup"), order: (city) => time(city.backed_up_at), cell: backupCell, first: "ascending" },
  { key: "calendar", name: say("工作日历", "Calendar"), order: (city) => city.figures.calendar_years_missing.length, cell: calendarCell, first: "descending" },
];
const BY_NAME: Column = { key: "name", name: say("城市", "City"), order: (city) => city.name, cell: cityCell, first: "ascending" };
const ALL = [BY_NAME, ...COLUMNS];
const collator = new Intl.Collator(english ? "en" : "zh-CN", { numeric: true });

function cityCell(city: City): HTMLElement {
  return h(
    "div",
    { class: "city-cell" },
    h("a", { href: cityAddress(city) }, city.name),
    h("div", { class: "muted small" }, `${city.slug} · ${city.hosts[0] ?? say("无域名", "no host")}${city.hosts.length > 1 ? ` +${city.hosts.length - 1}` : ""}`),
  );
}

function compare(one: number | string, other: number | string): number {
  return typeof one === "number" && typeof other === "number" ? one - other : collator.compare(String(one), String(other));
}

interface Wanted {
  text: string;
  state: string;
  concern: string;
  sort: string;
  down: boolean;
}

/** What is wanted stands in the address, so that going back from a city finds the list as it was left. */
function fromAddress(): Wanted {
  const given = new URLSearchParams(location.search);
  const sort = given.get("sort") ?? "name";
  const key = sort.replace(/^-/, "");
  return {
    text: given.get("text") ?? "",
    state: given.get("state") ?? "",
    concern: given.get("concern") ?? "",
    sort: ALL.some((column) => column.key === key) ? key : "name",
    down: sort.startsWith("-"),
  };
}

function toAddress(wanted: Wanted): void {
  const query = new URLSearchParams();
  if (wanted.text) query.set("text", wanted.text);
  if (wanted.state) query.set("state", wanted.state);
  if (wanted.concern) query.set("concern", wanted.concern);
  const sort = (wanted.down ? "-" : "") + wanted.sort;
  if (sort !== "name") query.set("sort", sort);
  history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
}

/** The list of cities: a table where there is room, cards on a phone; searched, filtered and sorted in the page. */
export class CityList {
  private wanted = fromAddress();
  private cities: City[] = [];
  private readonly narrow = window.matchMedia("(max-width: 47.99rem)");
  private readonly concernSelect: HTMLSelectElement;
  private readonly sortSelect: HTMLSelectElement;
  private readonly search: HTMLInputElement;
  private readonly stateSelect: HTMLSelectElement;

  constructor(
    tools: Element,
    private readonly place: Element,
  ) {
    this.search = h("input", { type: "search", id: "search", value: this.wanted.text, placeholder: say("名称、简称、区划代码或域名", "name, short name, code or host"), autocomplete: "off" });
    this.search.addEventListener("input", whenQuiet(() => this.change({ text: this.search.value.trim() }), 150));
    this.stateSelect = this.select("state", [["", say("全部状态", "every state")], ...STATE_NAMES], this.wanted.state, (state) => this.change({ state }));
    this.concernSelect = this.select("concern", [], this.wanted.concern, (concern) => this.change({ concern }));
    this.sortSelect = this.select("sort", this.sortOptions(), this.sortValue(), (value) => this.change({ sort: value.replace(/^-/, ""), down: value.startsWith("-") }));
    fill(
      tools,
      this.labelled("search", say("查找", "Find"), this.search, "tool--wide"),
      this.labelled("state", say("状态", "State"), this.stateSelect),
      this.labelled("concern", say("待处理", "Concern"), this.concernSelect),
      this.labelled("sort", say("排序", "Order"), this.sortSelect, "tool--narrow-only"),
    );
    this.narrow.addEventListener("change", () => this.render());
  }

  show(cities: City[]): void {
    this.cities = cities;
    this.concernOptions();
    this.render();
  }

  private labelled(id: string, name: string, field: HTMLElement, more = ""): HTMLElement {
    return h("div", { class: `tool ${more}` }, h("label", { for: id }, name), field);
  }

  private select(id: string, options: [string, string][], value: string, chosen: (value: string) => void): HTMLSelectElement {
    const select = h("select", { id }, ...options.map(([key, name]) => h("option", { value: key }, name)));
    select.value = value;
    select.addEventListener("change", () => chosen(select.value));
    return select;
  }

  private sortOptions(): [string, string][] {
    return ALL.flatMap((column): [string, string][] => {
      const down = column.first === "descending";
      const both: [string, string][] = [
        [column.key, `${column.name} ↑`],
        [`-${column.key}`, `${column.name} ↓`],
      ];
      return down ? both.reverse() : both;
    });
  }

  private sortValue(): string {
    return (this.wanted.down ? "-" : "") + this.wanted.sort;
  }

  private concernOptions(): void {
    const present = (Object.keys(CONCERNS) as Concern[]).map((concern) => [concern, this.cities.filter((city) => city.concerns.includes(concern)).length] as const).filter(([concern, number]) => number > 0 || concern === this.wanted.concern);
    fill(
      this.concernSelect,
      h("option", { value: "" }, say("不限", "any")),
      ...present.map(([concern, number]) => h("option", { value: concern }, `${CONCERNS[concern].name}（${count(number)}）`)),
    );
    this.concernSelect.value = this.wanted.concern;
  }

  /** Filters by one concern; the figures at the top call it. */
  filterBy(change: Partial<Pick<Wanted, "state" | "concern">>): void {
    this.change({ state: "", concern: "", text: "", ...change });
    this.search.value = "";
    this.stateSelect.value = this.wanted.state;
    this.concernSelect.value = this.wanted.concern;
  }

  private change(change: Partial<Wanted>): void {
    this.wanted = { ...this.wanted, ...change };
    this.sortSelect.value = this.sortValue();
    toAddress(this.wanted);
    this.render();
    announce(say(`列出 ${this.rows().length} 个城市`, `${this.rows().length} cities listed`));
  }

  private rows(): City[] {
    const words = this.wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.cities.filter((city) => {
      const text = [city.name, city.slug, city.division_code, ...city.hosts].join(" ").toLowerCase();
      return words.every((word) => text.includes(word)) && (!this.wanted.state || city.state === this.wanted.state) && (!this.wanted.concern || city.concerns.includes(this.wanted.concern as Concern));
    });
    const { order } = ALL.find((column) => column.key === this.wanted.sort) ?? BY_NAME;
    const sign = this.wanted.down ? -1 : 1;
    return found.sort((one, other) => sign * compare(order(one), order(other)) || collator.compare(one.slug, other.slug));
  }

  private render(): void {
    const rows = this.rows();
    if (!this.cities.length) {
      fill(this.place, emptyBox(say("还没有城市。", "No cities yet."), say("点“开通城市”新建第一个。", "Open the first one.")));
    } else if (!rows.length) {
      const all = h("button", { class: "button button--small", type: "button", onclick: () => this.filterBy({}) }, say("清除筛选", "Clear the filters"));
      fill(this.place, h("div", { class: "empty" }, h("p", {}, say("没有符合条件的城市。", "No city matches.")), all));
    } else {
      fill(this.place, this.narrow.matches ? this.cards(rows) : this.table(rows));
    }
  }

  private caption(rows: City[]): string {
    const all = this.cities.length;
    return rows.length === all ? say(`共 ${count(all)} 个城市`, `${count(all)} cities`) : say(`${count(all)} 个城市中的 ${count(rows.length)} 个`, `${count(rows.length)} of ${count(all)} cities`);
  }

  private table(rows: City[]): HTMLElement {
    return h(
      "div",
      { class: "table-frame table-frame--cities" },
      h(
        "table",
        { class: "cities" },
        h("caption", {}, this.caption(rows)),
        h("thead", {}, h("tr", {}, ...ALL.map((column) => this.heading(column)))),
        h("tbody", {}, ...rows.map((city) => h("tr", { "data-city": city.slug }, h("th", { scope: "row" }, cityCell(city)), ...COLUMNS.map((column) => h("td", {}, column.cell(city)))))),
      ),
    );
  }

  private heading(column: Column): HTMLElement {
    const current = this.wanted.sort === column.key;
    const button = h("button", { type: "button", class: "sort" }, column.name, h("span", { "aria-hidden": "true" }, current ? (this.wanted.down ? " ↓" : " ↑") : " ↕"));
    button.addEventListener("click", () => {
      this.change({ sort: column.key, down: current ? !this.wanted.down : column.first === "descending" });
      this.place.querySelectorAll<HTMLButtonElement>("button.sort")[ALL.indexOf(column)]?.focus();
    });
    return h("th", { scope: "col", "aria-sort": current ? (this.wanted.down ? "descending" : "ascending") : undefined }, button);
  }

  private cards(rows: City[]): HTMLElement {
    return h(
      "div",
      {},
      h("p", { class: "muted small" }, this.caption(rows)),
      h("ul", { class: "city-cards" }, ...rows.map((city) => this.card(city))),
    );
  }

  private card(city: City): HTMLElement {
    const facts = COLUMNS.filter((column) => column.key !== "state").flatMap((column) => [h("dt", {}, column.name), h("dd", {}, column.cell(city))]);
    return h("li", { class: "box city-card", "data-city": city.slug }, h("div", { class: "city-card__head" }, cityCell(city), stateMark(city)), h("dl", { class: "facts" }, ...facts));
  }
}
