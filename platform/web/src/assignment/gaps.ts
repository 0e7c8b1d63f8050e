import { API, latestAt, problemBox, read, readLatest, show, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { byId, fill, h } from "../lib/dom";
import { emptyBox, figures } from "../lib/figures";
import { follow, type Job, jobRow, stop } from "../lib/jobs";
import { clock, count, metres, share } from "../lib/numbers";
import { placeName, say } from "../lib/words";
import { discPicture, type Dot, type Look, PointMap } from "../map/point-map";
import type { SitePoint } from "../sites/types";
import { field } from "./orders";

interface Staffing {
  on: string;
  counted_on: string | null;
  source: string;
  target_per_1000: string;
  units: StaffingRow[];
}

interface StaffingRow {
  unit_id: number;
  name: string;
  residents: number | null;
  certified: number;
  registered: number;
  active: number;
  sites: number;
  certified_per_1000: string | null;
  registered_per_1000: string | null;
  active_per_1000: string | null;
  sites_per_10000: string | null;
  short_of_target: number | null;
}

interface StudyBrief {
  id: number;
  state: string;
  places: number;
  as_of: string;
  created_at: string;
}

interface StudyFigures {
  households: number;
  covered_today: number;
  covered_then: number;
  bound: number;
  proof: string;
  households_by_method: Record<string, number>;
  sites: number;
  walk_minutes: number;
  reach_m: number;
  radius_m: number;
}

interface Study extends StudyBrief {
  figures: Partial<StudyFigures>;
  steps: { step: number; lon: number; lat: number; near: string; gained: number; covered: number; share: number }[];
  towns: { town: string; households: number; covered: number }[];
}

function levels(): HTMLSelectElement {
  return h("select", { "aria-label": say("按哪一级", "which level") }, h("option", { value: "city" }, say("全市", "whole city")), h("option", { value: "county", selected: true }, say("按区县", "by county")), h("option", { value: "town" }, say("按街镇", "by street or town")));
}

/** Among so many of the newest studies the last one that succeeded is looked for. */
const LATEST = 200;

/** The tab of gaps: people and sites against the target, and where the next sites would reach most. */
export class Gaps {
  private opened = false;
  private readonly level = levels();
  private map: PointMap | null = null;

  constructor(private readonly rights: Set<string>) {}

  /** Reads when the tab is first opened. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    this.staffingTools();
    void this.staffing();
    this.studyTools();
    void this.study();
  }

  private staffingTools(): void {
    this.level.addEventListener("change", () => void this.staffing());
    fill(byId("staffing-tools"), this.level);
  }

  private async staffing(): Promise<void> {
    if (!this.rights.has("instructor.view")) return fill(byId("staffing"), h("p", { class: "muted" }, say("您没有查看指导员的权限。", "You may not see instructors.")));
    await show(byId("staffing"), async (isLatest) => {
      const told = await read<Staffing>(`staffing?level=${this.level.value}`);
      if (told.units.length === 0 && this.level.value === "county" && isLatest()) {
        this.level.value = "town"; // a street's clerk has no county in reach
        return this.staffingShown(await read<Staffing>("staffing?level=town"));
      }
      return this.staffingShown(told);
    });
  }

  private staffingShown(told: Staffing): Node[] {
    return [staffingTable(told), basis(told), files(say("配备", "staffing"), `${API}staffing?level=${this.level.value}`, ["xlsx", "geojson", "json"])];
  }

  private studyTools(): void {
    if (!this.rights.has("assignment.run")) return;
    fill(byId("study-tools"), h("button", { class: "button", type: "button", id: "start-study", onclick: () => this.askToStudy() }, say("分析缺口…", "Study gaps…")));
  }

  private askToStudy(): void {
    ask({
      title: say("分析站点缺口", "Study where sites are missing"),
      body: [h("p", {}, say("算出多少户在 15 分钟步行范围内，以及新增站点放在哪里覆盖的户数最多。", "How many households live within a 15-minute walk of a site, and where new sites would reach most.")), field(say("新增几个站点", "How many new sites"), h("input", { type: "number", name: "places", value: 10, min: 1, max: 50, required: true }))],
      confirm: say("开始分析", "Study"),
      showFault: (fault) => problemBox(fault),
      carryOut: async (form) => {
        const { job } = await write<{ job: Job }>("POST", "gap-studies", { places: Number(form.get("places")) });
        void this.watch(job.id);
      },
    });
  }

  private async watch(id: number): Promise<void> {
    const place = byId("study-said");
    const isLatest = latestAt(place);
    const told = (words: HTMLElement | null): void => void (isLatest() && fill(place, words));
    try {
      const job = await follow(id, (now) => told(jobRow(now, (open) => void stop(open))));
      if (job.state === "succeeded") told(null);
      await this.study();
    } catch (fault) {
      told(problemBox(fault));
    }
  }

  private async study(): Promise<void> {
    this.map?.destroy();
    this.map = null;
    const outcome = await show(byId("study"), async () => {
      const studies = await readLatest<StudyBrief>("gap-studies", LATEST);
      const ready = studies.find((row) => row.state === "ready");
      if (!ready) return emptyBox(say("还没有缺口分析。", "There is no study yet."), this.rights.has("assignment.run") ? say("点“分析缺口”开始。", "Start one with “Study gaps”.") : say("由协会调度员或市局发起。", "The dispatcher or the bureau starts one."));
      return studyShown(await read<Study>(`gap-studies/${ready.id}`));
    });
    const frame = document.getElementById("gap-map");
    if (outcome !== "shown" || !frame) return;
    const steps = JSON.parse(frame.dataset["steps"] ?? "[]") as Study["steps"];
    const proposed: Dot[] = steps.map((step) => ({ id: step.step, lon: step.lon, lat: step.lat, name: "", look: "step", mark: String(step.step) }));
    const today = await sitesOfToday();
    if (!frame.isConnected) return;
    const legend: [Look, string][] = [["step", say(`新站点 ${proposed.length} 个`, `${proposed.length} new sites`)], ["site", today ? say(`现有站点 ${today.length} 个`, `${today.length} sites of today`) : say("现有站点未能读取", "the sites of today could not be read")]];
    fill(byId("gap-legend"), h("ul", { class: "discs" }, ...legend.map(([look, name]) => h("li", {}, discPicture(look), name))));
    this.map = new PointMap(frame, [...(today ?? []), ...proposed], (id) => {
      this.map?.choose(id);
      if (id < 0) return;
      document.getElementById(`step-${id}`)?.scrollIntoView({ block: "nearest" });
      document.querySelectorAll("#study tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
      document.getElementById(`step-${id}`)?.setAttribute("aria-current", "true");
    });
  }
}

/** The sites that stand, under ids below zero, so that none is taken for a step; null when they cannot be read. */
async function sitesOfToday(): Promise<Dot[] | null> {
  try {
    const { features } = await read<{ features: SitePoint[] }>("sites/export");
    return features.map(({ id, geometry, properties }) => ({ id: -id, lon: geometry.coordinates[0], lat: geometry.coordinates[1], name: properties.name, look: "site" }));
  } catch {
    return null;
  }
}

/** What each form of a file is good for. */
const FORMS = {
  xlsx: say("表格 XLSX", "Table XLSX"),
  geojson: say("地图数据 GeoJSON", "Map data GeoJSON"),
  png: say("图片 PNG", "Picture PNG"),
  svg: say("可缩放图片 SVG", "Scalable picture SVG"),
  json: say("数据 JSON", "Data JSON"),
};

/** Links to all forms of one thing, by name. */
function files(what: string, address: string, forms: (keyof typeof FORMS)[]): HTMLElement {
  const joined = address.includes("?") ? "&" : "?";
  return h(
    "p",
    { class: "buttons" },
    h("span", { class: "muted" }, say(`导出${what}：`, `Export ${what}:`)),
    ...forms.map((form) => h("a", { class: "button button--small button--quiet", href: `${address}${joined}form=${form}`, download: true, "aria-label": say(`导出${what}：${FORMS[form]}`, `Export ${what}: ${FORMS[form]}`) }, FORMS[form])),
  );
}

function per(value: string | null): string {
  return value === null ? "—" : Number(value).toFixed(2);
}

/** The column with words instead of a number. */
const SHORT = 8;

function staffingTable({ units, target_per_1000 }: Staffing): HTMLElement {
  const target = Number(target_per_1000);
  const columns = [say("单位", "Unit"), say("常住人口", "Residents"), say("持证", "Certified"), say("已注册", "Registered"), say("在岗", "Active"), say("持证/千人", "Certified per 1,000"), say("注册/千人", "Registered per 1,000"), say("在岗/千人", "Active per 1,000"), say("距目标", "Short of target"), say("站点", "Sites"), say("站点/万人", "Sites per 10,000")];
  const rows = units.map((row) => {
    const met = row.certified_per_1000 === null ? null : Number(row.certified_per_1000) >= target;
    const short = met === null ? "—" : met ? h("span", { class: "mark mark--good" }, say("✓ 达标", "✓ met")) : h("span", { class: "mark mark--bad" }, say(`差 ${count(row.short_of_target)} 人`, `${count(row.short_of_target)} short`));
    const cells = [count(row.residents), count(row.certified), count(row.registered), count(row.active), per(row.certified_per_1000), per(row.registered_per_1000), per(row.active_per_1000)];
    return h("tr", {}, h("th", { scope: "row" }, row.name), ...cells.map((cell) => h("td", { class: "number" }, cell)), h("td", {}, short), h("td", { class: "number" }, count(row.sites)), h("td", { class: "number" }, per(row.sites_per_10000)));
  });
  if (rows.length === 0) return emptyBox(say("没有可列的单位。", "There is no unit to list."));
  return h("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": say("配备表", "Staffing") }, h("table", {}, h("thead", {}, h("tr", {}, ...columns.map((name, at) => h("th", { scope: "col", class: at > 0 && at !== SHORT ? "number" : null }, name)))), h("tbody", {}, ...rows)));
}

function basis(told: Staffing): HTMLElement {
  const residents = told.source ? say(`常住人口来源：${told.source}（${told.counted_on ?? "—"}）`, `Residents: ${told.source} (${told.counted_on ?? "—"})`) : say("尚未登记常住人口，按人口的比例无法计算。请由管理员登记。", "Residents are not recorded: no shares per head. An administrator records them.");
  return h("p", { class: "muted" }, say(`目标：每千人 ${told.target_per_1000} 名持证指导员。${residents}。统计日：${told.on}。`, `Target: ${told.target_per_1000} certified instructors per 1,000. ${residents}. Day: ${told.on}.`));
}

function studyShown(study: Study): Node[] {
  const told = study.figures as StudyFigures;
  const today = told.households ? told.covered_today / told.households : null;
  const then = told.households ? told.covered_then / told.households : null;
  const proven = told.covered_then >= told.bound;
  const picture = `${API}gap-studies/${study.id}/export?form=svg`;
  return [
    figures([
      { name: say("现在步行可达", "Within reach today"), value: share(today), note: say(`${count(told.covered_today)} / ${count(told.households)} 户，${count(told.sites)} 个站点`, `${count(told.covered_today)} of ${count(told.households)} households, ${count(told.sites)} sites`) },
      { name: say(`新增 ${study.steps.length} 个后`, `With ${study.steps.length} more`), value: share(then), tone: "good", note: say(`${count(told.covered_then)} 户`, `${count(told.covered_then)} households`) },
      { name: say("结果质量", "Quality"), value: proven ? say("最优", "optimal") : say("上界", "bound"), note: proven ? say("✓ 已证明没有更好的选址", "✓ proven: no better places") : say(`最多可达 ${count(told.bound)} 户`, `at most ${count(told.bound)} households`), tone: proven ? "good" : "warn" },
      { name: say("怎么量的", "How measured"), value: say(`${told.walk_minutes} 分钟`, `${told.walk_minutes} min`), note: methodText(told) },
    ]),
    h("p", { class: "muted" }, say(`第 ${study.id} 次分析，${clock(study.created_at)}`, `study #${study.id}, ${clock(study.created_at)}`)),
    files(say("缺口", "gaps"), `${API}gap-studies/${study.id}/export`, ["xlsx", "geojson", "png", "svg", "json"]),
    h(
      "div",
      { class: "halves" },
      h("div", {}, h("h3", {}, say("新站点放在哪里", "Where the next sites go")), h("div", { class: "point-map", id: "gap-map", role: "region", "aria-label": say("新站点地图；下方有同样内容的表", "map of new sites; the table says the same"), "data-steps": JSON.stringify(study.steps) }), h("div", { id: "gap-legend" })),
      h("div", {}, h("h3", {}, say("逐步覆盖", "Step by step")), stepsTable(study), h("details", {}, h("summary", {}, say("各街镇现状", "Streets and towns today")), townsTable(study))),
    ),
    h("details", { class: "picture" }, h("summary", {}, say("全图", "Whole picture")), h("img", { src: picture, loading: "lazy", alt: say("缺口图：可达与不可达的住户、现有站点和编号的新站点", "homes within and beyond reach, sites of today, new places by number") })),
  ];
}

function methodText(told: StudyFigures): string {
  const { network = 0, radius = 0 } = told.households_by_method;
  if (!radius) return say(`沿道路 ${metres(told.reach_m)} 以内`, `within ${metres(told.reach_m)} along streets`);
  if (!network) return say(`直线 ${metres(told.radius_m)} 以内（没有道路图层）`, `within ${metres(told.radius_m)} as the crow flies (no streets)`);
  return say(`沿道路 ${count(network)} 户，直线 ${count(radius)} 户`, `${count(network)} households along streets, ${count(radius)} as the crow flies`);
}

function stepsTable(study: Study): HTMLElement {
  const names = [say("步", "Step"), say("在", "In"), say("新覆盖户数", "Gained"), say("累计覆盖", "Covered then")];
  const rows = study.steps.map((step) => h("tr", { id: `step-${step.step}` }, h("th", { scope: "row" }, step.step), h("td", {}, placeName(step.near) || "—"), h("td", { class: "number" }, `+${count(step.gained)}`), h("td", { class: "number" }, `${count(step.covered)}（${share(step.share)}）`)));
  return h("div", { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": say("逐步覆盖", "step by step") }, h("table", {}, h("thead", {}, h("tr", {}, ...names.map((name, at) => h("th", { scope: "col", class: at > 1 ? "number" : null }, name)))), h("tbody", {}, ...rows)));
}

function townsTable(study: Study): HTMLElement {
  const rows = study.towns.map((row) => h("tr", {}, h("th", { scope: "row" }, row.town || say("（社区之外）", "(outside communities)")), h("td", { class: "number" }, count(row.households)), h("td", { class: "number" }, share(row.households ? row.covered / row.households : null))));
  return h("div", { class: "table-frame" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("街镇", "Street or town")), h("th", { scope: "col" }, say("户数", "Households")), h("th", { scope: "col" }, say("可达", "Within reach")))), h("tbody", {}, ...rows)));
}
