import { type Page, read, readAll, renew } from "../lib/api";
import { type Child, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import type { Job } from "../lib/jobs";
import { clock, count } from "../lib/numbers";
import { stateMark } from "../lib/marks";
import { type Action, carryOut, DEEDS, type PlanRow } from "../lib/plans";
import { placeName, say } from "../lib/words";
import { openPlan } from "./plan-detail";
import { PLAN_STATES } from "../map/colours";

const COLUMNS = ["", "wide-only", "", "number", "number wide-only", "number", "number wide-only"];

interface PlansTableOptions {
  place: HTMLElement;
  tools: HTMLElement;
  rights: Set<string>;
  actions: Action[];
  /** The states that wait for this reader: what is listed at first. */
  waiting: string[];
  empty: [string, string];
  changed: (report: HTMLElement) => void;
  /** Follows a drawing that was started from a plan; without it plans cannot be drawn anew from here. */
  watch?: (job: Job) => void;
}

const WAITING = "waiting";

/** The plans table with its state filter, its choice of rows and what may be done to them. */
export class PlansTable {
  private rows: PlanRow[] = [];
  private readonly chosen = new Set<number>();
  private next: string | null = null;
  private state = WAITING;
  private readonly acts = h("span", { class: "buttons" });

  constructor(private readonly options: PlansTableOptions) {}

  /** Reads the plans anew and shows them; of what was chosen, what is still listed stays chosen. */
  async load(): Promise<void> {
    const { state } = this;
    const outcome = await renew(this.options.place, async (isLatest) => {
      if (state !== WAITING) return this.taken(await read<Page<PlanRow>>(`grid-plans?limit=100${state ? `&state=${state}` : ""}`), [], isLatest);
      const found = await Promise.all(this.options.waiting.map((each) => readAll<PlanRow>(`grid-plans?state=${each}`, 1000)));
      return this.taken({ results: found.flat(), next: null, previous: null }, [], isLatest);
    });
    if (outcome === "failed") this.forget();
  }

  /** Nothing is listed: nothing can be done to it. */
  private forget(): void {
    this.chosen.clear();
    this.rows = [];
    this.next = null;
    this.drawTools();
  }

  private async more(path: string): Promise<void> {
    const before = this.rows;
    await renew(this.options.place, async (isLatest) => this.taken(await read<Page<PlanRow>>(path), before, isLatest));
  }

  private taken(page: Page<PlanRow>, before: PlanRow[], isLatest: () => boolean): Child[] {
    if (!isLatest()) return [];
    this.rows = [...before, ...page.results];
    for (const id of this.chosen) if (!this.rows.some((row) => row.id === id)) this.chosen.delete(id);
    this.next = page.next;
    this.drawTools();
    return this.table();
  }

  private draw(): void {
    this.drawTools();
    fill(this.options.place, ...this.table());
  }

  private table(): Child[] {
    if (this.rows.length === 0) return [emptyBox(...(this.state === WAITING ? this.options.empty : [say("没有这个状态的方案。", "No plan in this state.")]))];
    const all = h("input", { type: "checkbox", "aria-label": say("全选", "Choose all") });
    all.checked = this.chosen.size === this.rows.length;
    all.addEventListener("change", () => {
      this.rows.forEach((row) => (all.checked ? this.chosen.add(row.id) : this.chosen.delete(row.id)));
      this.draw();
    });
    const names = [say("社区", "Community"), say("方案", "Plan"), say("状态", "State"), say("网格", "Grids"), say("户数", "Households"), say("问题", "Findings"), say("更新", "Changed")];
    const table = h(
      "div",
      { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": say("网格方案", "Grid plans") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, all), ...names.map((name, index) => h("th", { scope: "col", class: COLUMNS[index] ?? "" }, name)))), h("tbody", {}, ...this.rows.map((row) => this.line(row)))),
    );
    const next = this.next;
    return [table, next ? h("p", { style: "margin-top:.75rem" }, h("button", { class: "button button--small", type: "button", onclick: () => void this.more(next) }, say("显示更多", "Show more"))) : null];
  }

  private line(row: PlanRow): HTMLElement {
    const box = h("input", { type: "checkbox", "aria-label": say(`选择 ${row.community.name}`, `choose ${row.community.name}`) });
    box.checked = this.chosen.has(row.id);
    box.addEventListener("change", () => {
      if (box.checked) this.chosen.add(row.id);
      else this.chosen.delete(row.id);
      this.drawTools();
    });
    return h(
      "tr",
      { "data-plan": row.id },
      h("td", {}, box),
      h("td", {}, h("button", { class: "link", type: "button", onclick: () => openPlan(row.id, { rights: this.options.rights, changed: () => void this.load(), watch: this.options.watch }) }, placeName(row.community.name))),
      h("td", { class: "wide-only" }, `#${row.number}`),
      h("td", {}, stateMark(row.state)),
      h("td", { class: "number" }, count(row.grid_count)),
      h("td", { class: "number wide-only" }, count(row.household_sum)),
      h("td", { class: "number" }, row.findings_count ? h("span", { class: "mark mark--warn" }, `⚠ ${count(row.findings_count)}`) : "0"),
      h("td", { class: "number muted wide-only" }, clock(row.changed_at)),
    );
  }

  private drawTools(): void {
    if (!this.acts.isConnected) fill(this.options.tools, this.filter(), this.acts);
    fill(this.acts, ...this.buttons());
  }

  private filter(): Child {
    const select = h("select", { "aria-label": say("按状态筛选", "Filter by state"), style: "width:auto;min-height:2.125rem;padding-block:0" }, h("option", { value: WAITING, selected: this.state === WAITING }, say("待办", "waiting")), h("option", { value: "", selected: this.state === "" }, say("全部状态", "all states")), ...PLAN_STATES.map((state) => h("option", { value: state.key, selected: state.key === this.state }, state.label)));
    select.addEventListener("change", () => {
      this.state = select.value;
      this.forget();
      fill(this.options.place);
      void this.load();
    });
    return select;
  }

  private buttons(): Child[] {
    return this.options.actions
      .filter((action) => this.options.rights.has(DEEDS[action].right))
      .map((action) => {
        const { name, from } = DEEDS[action];
        const some = this.chosen.size > 0;
        const fit = this.rows.filter((row) => from.includes(row.state) && (!some || this.chosen.has(row.id)));
        // Sending everything back at once is nobody's wish: it asks for chosen plans.
        const possible = fit.length > 0 && (some || action !== "return");
        const said = !possible ? name : some ? `${name}（${count(fit.length)}）` : say(`全部${name}（${count(fit.length)}）`, `${name} all (${count(fit.length)})`);
        return h("button", { class: "button button--small", type: "button", "data-action": action, disabled: !possible, onclick: () => this.carryOut(action, fit) }, said);
      });
  }

  /** What was done to is no longer chosen for it. */
  private carryOut(action: Action, plans: PlanRow[]): void {
    carryOut(action, plans, (report) => {
      for (const plan of plans) this.chosen.delete(plan.id);
      this.options.changed(report);
    });
  }
}
