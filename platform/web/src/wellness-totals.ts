import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/wellness.css";

import { API, latestAt, problemBox, read, readAll, show, write } from "./lib/api";
import { ask, nextDialog } from "./lib/dialog";
import { byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { count, day, today } from "./lib/numbers";
import { myRights } from "./lib/rights";
import { fromAddress, keepInAddress } from "./lib/tabs";
import { placeName, say } from "./lib/words";
import { actButton, chooser } from "./network/parts";
import { exampleNotice, told } from "./wellness/parts";
import { documentsShown } from "./wellness/standards";
import { GRADES, type StandardBrief, standardName, type StandardRow } from "./wellness/types";

interface Quarter {
  id: number;
  standard: StandardBrief;
  period: string;
  minimum_cell: number;
  published_at: string;
}

interface Row {
  unit_id: number;
  name: string;
  level: string;
  detail: "whole" | "total" | "nothing";
  cells: Record<string, number | null>;
  total: number | null;
}

interface Totals extends Quarter {
  policy_version: string;
  rows: Row[];
}

const LEVELS: [string, string][] = [
  ["county", say("区县", "counties")],
  ["town", say("街镇", "streets and towns")],
  ["village", say("社区（村）", "communities")],
];

/** Totals as they were published once a quarter; what is hidden is said to be so, with the reason. */
class TotalsPage {
  private quarters: Quarter[] = [];
  private level = fromAddress("level") || "county";
  private readonly choice = h("select", { id: "quarter" });
  private readonly levels = h("select", { id: "level" }, ...LEVELS.map(([value, name]) => h("option", { value }, name)));
  private readonly file = h("a", { class: "button button--small button--quiet", download: true, id: "export" }, say("导出 XLSX", "Export XLSX"));
  private totals: Totals | null = null;

  constructor(private readonly rights: Set<string>) {
    this.levels.value = this.level;
    this.levels.addEventListener("change", () => {
      this.level = this.levels.value;
      keepInAddress("level", this.level);
      this.table();
    });
    this.choice.addEventListener("change", () => {
      keepInAddress("quarter", this.choice.value);
      void this.one();
    });
    if (rights.has("wellness.standard")) fill(byId("actions"), actButton(say("生成季度统计…", "Publish a quarter…"), () => void this.publish(), { id: "publish" }));
    void this.all();
    void this.documents();
  }

  private async documents(words = ""): Promise<void> {
    await show(byId("documents"), () => documentsShown(this.rights.has("wellness.standard"), (loaded) => void this.documents(loaded)));
    told(byId("documents-said"), words);
  }

  private async all(): Promise<void> {
    const isLatest = latestAt(byId("totals"));
    try {
      const quarters = (await readAll<Quarter>("wellness/totals/quarters", 1000)).reverse();
      if (!isLatest()) return;
      this.quarters = quarters;
    } catch (fault) {
      if (isLatest()) fill(byId("totals"), problemBox(fault, () => void this.all()));
      return;
    }
    if (this.quarters.length === 0) return fill(byId("totals"), emptyBox(say("还没有公布过统计。", "Nothing was published yet."), say("每个季度结束十天后自动生成一次，以后不再更改。", "Ten days after a quarter's end it is made by itself, once, and does not change.")));
    const asked = fromAddress("quarter");
    fill(this.choice, ...this.quarters.map((one) => h("option", { value: one.id, selected: String(one.id) === asked }, `${one.period} · ${standardName(one.standard)}`)));
    fill(byId("tools"), h("label", {}, h("span", { class: "unseen" }, say("季度与标准", "Quarter and standard")), this.choice), h("label", {}, h("span", { class: "unseen" }, say("按哪一级", "By which level")), this.levels), this.file);
    await this.one();
  }

  private async one(): Promise<void> {
    const chosen = this.quarters.find((one) => String(one.id) === this.choice.value);
    if (!chosen) return;
    const query = `standard=${chosen.standard.id}&period=${chosen.period}`;
    this.file.href = `${API}wellness/totals/export?${query}`;
    this.totals = null;
    const outcome = await show(byId("totals"), async (isLatest) => {
      const totals = await read<Totals>(`wellness/totals?${query}`);
      if (isLatest()) this.totals = totals;
      return [];
    });
    if (outcome === "shown") this.table();
  }

  private table(): void {
    const { totals } = this;
    if (!totals) return;
    const top = totals.rows.filter((row) => row.level === "city");
    const rows = [...top, ...totals.rows.filter((row) => row.level === this.level)];
    const k = totals.minimum_cell;
    fill(
      byId("totals"),
      exampleNotice(totals.standard.is_example),
      h("p", { class: "muted" }, say(`${totals.period}，${day(totals.published_at)} 公布，每人计一次（取最后一次测试）。`, `${totals.period}, published ${day(totals.published_at)}; each person counts once, by the last test.`)),
      h("p", { class: "notice", id: "hidden-why" }, say(`“不公布”：少于 ${k} 人，或可由其推算出少于 ${k} 人的数字。没有测试的单位不列。`, `“hidden”: fewer than ${k} people, or a figure from which fewer than ${k} could be reckoned. Units without tests are left out.`)),
      rows.length ? this.figures(rows, k) : emptyBox(say("这一级没有数据。", "Nothing on this level.")),
    );
  }

  private figures(rows: Row[], k: number): HTMLElement {
    const cell = (number: number | null | undefined): HTMLElement => (number === null || number === undefined ? h("td", { class: "number is-hidden", title: say(`少于 ${k} 人或可推算`, `fewer than ${k}, or to be reckoned`) }, say("不公布", "hidden")) : h("td", { class: "number" }, count(number)));
    return h(
      "div",
      { class: "table-frame", tabindex: 0, role: "region", "aria-label": say("统计表", "table of totals") },
      h("table", { class: "fitness-totals" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("单位", "Unit")), ...GRADES.map(([, name]) => h("th", { scope: "col", class: "number" }, name)), h("th", { scope: "col", class: "number" }, say("合计", "Total")))), h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, placeName(row.name)), ...GRADES.map(([key]) => cell(row.cells[key])), cell(row.total))))),
    );
  }

  private async publish(): Promise<void> {
    const isWanted = nextDialog();
    try {
      const standards = await readAll<StandardRow>("wellness/standards", 400);
      if (!isWanted()) return;
      ask({
        title: say("生成季度统计", "Publish a quarter"),
        body: [h("p", {}, say("每个季度只生成一次，以后不再更改；之后补录的测试不计入。", "A quarter is made once and does not change; tests entered later are in no total.")), chooser("standard_id", say("测定标准", "Standard"), standards.map((one) => [one.id, standardName(one)])), chooser("period", say("季度", "Quarter"), quartersBefore(today()).map((name) => [name, name]))],
        confirm: say("生成并公布", "Publish"),
        showFault: problemBox,
        carryOut: async (form) => {
          await write("POST", "wellness/totals", { standard_id: Number(form.get("standard_id")), period: form.get("period") });
          await this.all();
        },
      });
    } catch (fault) {
      fill(byId("said"), problemBox(fault));
    }
  }
}

/** The four quarters that are over, the newest first. */
function quartersBefore(on: string): string[] {
  const index = Number(on.slice(0, 4)) * 4 + Math.floor((Number(on.slice(5, 7)) - 1) / 3);
  return [1, 2, 3, 4].map((back) => `${Math.floor((index - back) / 4)}Q${((index - back) % 4) + 1}`);
}

myRights()
  .then((rights) => new TotalsPage(rights))
  .catch((fault: unknown) => fill(byId("totals"), problemBox(fault, () => location.reload())));
