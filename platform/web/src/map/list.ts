import { latestAt, type Page, problemBox, read } from "../lib/api";
import { byId, fill, h, whenQuiet } from "../lib/dom";
import { count } from "../lib/numbers";
import { placeName, say } from "../lib/words";
import { bandMark } from "./card";
import type { GridRow } from "./types";

/** The grids as a table, for those who cannot use a map and for looking through numbers. */
export class GridList {
  private readonly rows = h("tbody", {});
  private readonly more = h("button", { class: "button button--small", type: "button" }, say("显示更多", "Show more"));
  private readonly fault = h("div", {});
  private readonly said = h("p", { class: "muted small", role: "status" });
  private next: string | null = null;
  private shown = 0;
  private begun = false;
  private chosen = "";

  constructor(private readonly pick: (row: GridRow) => void) {
    const words = h("input", { type: "search", id: "list-words", placeholder: say("网格代码或社区名", "Grid code or community") });
    words.addEventListener("input", whenQuiet(() => void this.start(words.value.trim()), 250));
    this.more.addEventListener("click", () => void this.load());
    fill(
      byId("pane-list"),
      h("label", { class: "field" }, h("span", {}, say("筛选", "Filter")), words),
      this.fault,
      h(
        "div",
        { class: "table-frame grid-list" },
        h(
          "table",
          {},
          h("caption", { class: "unseen" }, say("网格列表", "Grids")),
          h("thead", {}, h("tr", {}, ...[say("网格", "Grid"), say("户数", "Households"), say("状态", "Band")].map((name) => h("th", { scope: "col" }, name)))),
          this.rows,
        ),
      ),
      this.said,
      this.more,
    );
  }

  /** Reads the first rows, once. */
  open(): void {
    if (!this.begun) void this.start("");
  }

  /** Marks the chosen grid's row. */
  choose(code: string): void {
    this.chosen = code;
    for (const row of this.rows.rows) row.setAttribute("aria-current", String(row.dataset["code"] === code));
  }

  private async start(words: string): Promise<void> {
    this.begun = true;
    this.rows.replaceChildren();
    this.shown = 0;
    this.next = `grids?limit=50${words ? `&q=${encodeURIComponent(words)}` : ""}`;
    await this.load();
  }

  private async load(): Promise<void> {
    if (!this.next) return;
    const isLatest = latestAt(this.rows);
    this.said.textContent = say("正在读取…", "Loading…");
    try {
      const page: Page<GridRow> = await read<Page<GridRow>>(this.next);
      if (!isLatest()) return;
      this.fault.replaceChildren();
      this.next = page.next;
      this.shown += page.results.length;
      this.rows.append(...page.results.map((row) => this.line(row)));
      this.said.textContent =
        this.shown === 0
          ? say("没有符合的网格。请换一个词；尚无已发布的网格时，请先在“图层与网格”绘制。", "No such grid. Try another word; if none is published yet, draw grids first.")
          : say(`已显示 ${count(this.shown)} 个网格`, `${count(this.shown)} grids shown`);
    } catch (fault) {
      if (!isLatest()) return;
      this.said.textContent = "";
      fill(this.fault, problemBox(fault, () => void this.load()));
    }
    this.more.hidden = !this.next;
  }

  private line(row: GridRow): HTMLTableRowElement {
    const line = h(
      "tr",
      { "data-code": row.code, "aria-current": String(row.code === this.chosen) },
      h("td", {}, h("button", { type: "button", class: "code" }, row.code), h("div", { class: "small muted" }, placeName(row.community.name))),
      h("td", { class: "number" }, count(row.households)),
      h("td", {}, bandMark(row.band, row.households)),
    );
    line.addEventListener("click", () => this.pick(row));
    return line;
  }
}
