import { API, read, renew, show } from "../lib/api";
import { byId, type Child, fill, h } from "../lib/dom";
import { emptyBox, figures } from "../lib/figures";
import { count, share, today } from "../lib/numbers";
import { placeName, say, sayEither } from "../lib/words";

interface Indicators {
  id: number;
  name: string;
  code: string;
  organised: { base_grids: number; led_in_office: number; led_acting: number; without_leader: number; fitness_groups: number; interest_grids_active: number; interest_grids_dormant: number; members: number };
  served: { participants: number; first_timers: number; joined: number; demands_open: number; reached_share: number | null };
  active: { regular_interest_grids: number; occurrences: number; attendances: number; headcount: number; satisfaction: { ratings: number; share: number | null } };
  coverage: { communities: number; covered: number; share: number | null } | null;
  lacks: { code: string; zh: string; en: string }[];
}

interface IndicatorsPage {
  as_of: string;
  since: string;
  denominator: { communities: number; as_of: string };
  next: string | null;
  results: Indicators[];
}

const LEVELS: [string, string][] = [
  ["county", say("区县", "counties")],
  ["town", say("街镇", "streets and towns")],
  ["community", say("社区（村）", "communities")],
];

/** The running of the network, as of a day: organised, served, active; by county, town or community, and as a workbook. */
export class NetworkFigures {
  private level = "county";
  private asOf = today();
  private readonly table = h("div", {});
  private readonly top = h("div", {});
  private readonly file = h("a", { class: "button button--small button--quiet", download: true }, say("导出 XLSX", "Export XLSX"));

  constructor(place: HTMLElement) {
    const level = h("select", { "aria-label": say("按哪一级", "by which level") }, ...LEVELS.map(([value, name]) => h("option", { value }, name)));
    level.addEventListener("change", () => {
      this.level = level.value;
      void this.rows();
    });
    const day = h("input", { type: "date", value: this.asOf, max: today(), "aria-label": say("截至日期", "as of") });
    day.addEventListener("change", () => {
      this.asOf = day.value || today();
      void this.all();
    });
    fill(place, h("div", { class: "network-tools" }, level, day, this.file), this.top, this.table);
    void this.all();
  }

  private query(level: string, more = ""): string {
    return `indicators?level=${level}&as_of=${this.asOf}${more}`;
  }

  private async all(): Promise<void> {
    await Promise.all([this.city(), this.rows()]);
  }

  private async city(): Promise<void> {
    await renew(this.top, async () => {
      // Who sees one county or one town only gets the figures of that.
      for (const level of ["city", "county", "town"]) {
        const page = await read<IndicatorsPage>(this.query(level, "&limit=2"));
        const [one, other] = page.results;
        if (one && !other) return total(one, page);
        if (one) break;
      }
      return null;
    });
  }

  private async rows(): Promise<void> {
    this.file.href = `${API}indicators/export?level=${this.level}&as_of=${this.asOf}`;
    await show(this.table, () => this.page(this.query(this.level, "&limit=50"), []));
  }

  private async page(url: string, before: Indicators[]): Promise<Child[]> {
    const page = await read<IndicatorsPage>(url);
    const found = [...before, ...page.results];
    const { next } = page;
    const more = (to: string): void => void renew(this.table, () => this.page(to, found));
    return [...tableOf(found), next ? h("button", { class: "button", type: "button", onclick: () => more(next) }, say("再看 50 行", "50 more")) : null];
  }
}

function total(city: Indicators, page: IndicatorsPage): HTMLElement {
  const { organised, served, active, coverage } = city;
  return figures([
    { name: say("网格化覆盖率", "Network coverage"), value: share(coverage?.share ?? null), note: say(`有方案、网格长和兴趣网格的社区 ${count(coverage?.covered)} / ${count(page.denominator.communities)}（分母截至 ${page.denominator.as_of}）`, `${count(coverage?.covered)} of ${count(page.denominator.communities)} communities with plan, leaders and interest grids (as of ${page.denominator.as_of})`), tone: (coverage?.share ?? 0) >= 0.8 ? "good" : "warn" },
    { name: say("网格长在岗", "Grids led"), value: count(organised.led_in_office), unit: say(`/ ${count(organised.base_grids)}`, `/ ${count(organised.base_grids)}`), note: say(`代理 ${count(organised.led_acting)}，空缺 ${count(organised.without_leader)}`, `${count(organised.led_acting)} acting, ${count(organised.without_leader)} vacant`), tone: organised.without_leader ? "warn" : "good" },
    { name: say("活动中的兴趣网格", "Active interest grids"), value: count(organised.interest_grids_active), unit: say("个", ""), note: say(`休眠 ${count(organised.interest_grids_dormant)}，网格员 ${count(organised.members)} 人`, `${count(organised.interest_grids_dormant)} dormant, ${count(organised.members)} members`) },
    { name: say("经常开展活动的", "Regular"), value: count(active.regular_interest_grids), unit: say("个", ""), note: say(`${page.since} 起开展 ${count(active.occurrences)} 次`, `${count(active.occurrences)} meetings since ${page.since}`) },
    { name: say("参加的人", "People who came"), value: count(served.participants), unit: say("人", ""), note: say(`首次参加 ${count(served.first_timers)} 人，到场 ${count(active.attendances + active.headcount)} 人次`, `${count(served.first_timers)} for the first time, ${count(active.attendances + active.headcount)} attendances`) },
    { name: say("满意", "Satisfied"), value: active.satisfaction.share === null ? "—" : share(active.satisfaction.share), note: active.satisfaction.share === null ? say("评价人数太少，不显示", "too few ratings to show") : say(`${count(active.satisfaction.ratings)} 人评价`, `${count(active.satisfaction.ratings)} ratings`) },
  ]);
}

function tableOf(found: Indicators[]): Node[] {
  if (found.length === 0) return [emptyBox(say("这一天还没有数据。", "Nothing stood on that day."))];
  const heads = [say("单位", "Unit"), say("覆盖", "Covered"), say("网格长", "Led"), say("健身组织", "Groups"), say("兴趣网格", "Interest grids"), say("网格员", "Members"), say("参加人数", "People"), say("活动次数", "Meetings")];
  return [
    h(
      "div",
      { class: "table-frame" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...heads.map((name, at) => h("th", { scope: "col", class: at > 1 ? "number" : "" }, name)))),
        h("tbody", {}, ...found.map((one) => line(one))),
      ),
    ),
  ];
}

function line(one: Indicators): HTMLElement {
  const { organised, served, active, coverage } = one;
  const covered = coverage === null ? "—" : one.lacks.length ? `✕ ${one.lacks.map(sayEither).join(say("，", ", "))}` : `${share(coverage.share)}（${count(coverage.covered)}/${count(coverage.communities)}）`;
  const cells = [`${count(organised.led_in_office + organised.led_acting)} / ${count(organised.base_grids)}`, count(organised.fitness_groups), count(organised.interest_grids_active), count(organised.members), count(served.participants), count(active.occurrences)];
  return h("tr", {}, h("th", { scope: "row" }, placeName(one.name)), h("td", {}, covered), ...cells.map((text) => h("td", { class: "number" }, text)));
}

/** Shows the box to whoever may see indicators. */
export function showNetwork(rights: Set<string>): void {
  if (!rights.has("indicator.view")) return;
  byId("network-box").hidden = false;
  new NetworkFigures(byId("network"));
}
