import "./lib/frame";
import "./style/places.css";

import { API, latestAt, problemBox, read, type Page, readLatest, show } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { follow, type Job, jobRow, stop } from "./lib/jobs";
import { notToldBox } from "./lib/not-told";
import { clock, count } from "./lib/numbers";
import { myRights } from "./lib/rights";
import { fromAddress, keepInAddress, tabs } from "./lib/tabs";
import { say } from "./lib/words";
import { Gaps } from "./assignment/gaps";
import { changeText, runFigures } from "./assignment/figures";
import { askToAdopt, askToCompute, askToWithdraw } from "./assignment/orders";
import { PinList } from "./assignment/pins";
import { isComputed, runById, sitePanel } from "./assignment/site-panel";
import { type Run, type RunSite, runState, type RunWhole } from "./assignment/types";
import { discPicture, type Look, PointMap } from "./map/point-map";

const LISTED = 80;
const LOOKS: [Look, string][] = [
  ["served", say("全部有人", "all served")],
  ["partly", say("部分空缺", "partly empty")],
  ["unserved", say("全部空缺", "nobody serves")],
];

/** The dispatcher's first screen: one run at a time, its sites on the map, and what can be done with it. */
class AssignmentPage {
  private runs: Run[] = [];
  private run: RunWhole | null = null;
  private standing: RunWhole | null = null;
  private sites: RunSite[] = [];
  private site: number | null = Number(fromAddress("site")) || null;
  private look: Look | "" = "";
  private map: PointMap | null = null;
  private readonly pins: PinList;

  constructor(private readonly rights: Set<string>) {
    this.pins = new PinList(rights.has("assignment.run"), () => {
      if (this.site) void this.pick(this.site);
    });
    const gaps = new Gaps(rights);
    const open = tabs(["runs", "gaps"], (name) => {
      keepInAddress("tab", name === "runs" ? null : name);
      if (name === "gaps") gaps.open();
    });
    if (fromAddress("tab") === "gaps") open("gaps");
    void this.load(Number(fromAddress("run")) || null);
  }

  /** Reads the runs and shows the one asked for, else the latest. */
  private async load(wanted: number | null = null): Promise<void> {
    const isLatest = latestAt(byId("run"));
    // What is in sight is being read anew: nobody adopts or takes back the run that was shown before.
    for (const button of byId("actions").querySelectorAll("button")) button.disabled = true;
    try {
      const [runs, adopted] = await Promise.all([readLatest<Run>("assignment-runs", 20), read<Page<Run>>("assignment-runs?state=adopted&limit=1")]);
      const inForce = adopted.results[0];
      const standing = inForce ? await runById<RunWhole>(inForce.id) : null;
      const chosen = wanted ?? runs.find((run) => run.state !== "cancelled" && run.state !== "failed")?.id ?? runs[0]?.id;
      const run = chosen ? await runById<RunWhole>(chosen) : null;
      if (!isLatest()) return;
      [this.runs, this.standing, this.run] = [runs, standing, run];
    } catch (fault) {
      if (isLatest()) fill(byId("run"), problemBox(fault, () => void this.load(wanted)));
      return;
    }
    this.actions();
    this.head();
    void this.pins.load();
    await this.readSites();
    if (this.run?.job_id && this.run.state === "computing") void this.watch(this.run.job_id, this.run.id);
  }

  private actions(): void {
    const compute = h("button", { class: "button button--main", type: "button", id: "compute", onclick: () => askToCompute((run, job) => void this.started(run, job)) }, say("重新计算…", "Compute anew…"));
    const { run } = this;
    const adopt = run?.state === "ready" && this.rights.has("assignment.adopt") ? h("button", { class: "button button--main", type: "button", id: "adopt", onclick: () => this.adopt(run) }, say("采用…", "Adopt…")) : null;
    const withdraw = run?.state === "adopted" && this.rights.has("assignment.adopt") ? h("button", { class: "button button--quiet", type: "button", id: "withdraw", onclick: () => this.withdraw(run) }, say("撤回…", "Take back…")) : null;
    if (adopt) compute.classList.remove("button--main");
    fill(byId("actions"), adopt, this.rights.has("assignment.run") ? compute : null, withdraw);
  }

  private adopt(run: RunWhole): void {
    askToAdopt(run, changeText(run, this.standing), (job, warnings) => {
      fill(byId("not-told"), notToldBox(warnings));
      void this.load(run.id);
      if (job) void this.watch(job.id, run.id);
    });
  }

  private withdraw(run: RunWhole): void {
    askToWithdraw(run, (warnings) => {
      fill(byId("not-told"), notToldBox(warnings));
      void this.load();
    });
  }

  private async started(run: Run, job: Job): Promise<void> {
    keepInAddress("run", null);
    await this.load(run.id);
    if (this.run?.state !== "computing") void this.watch(job.id, run.id);
  }

  private readonly watched = new Set<number>();

  private async watch(jobId: number, runId: number): Promise<void> {
    if (this.watched.has(jobId)) return;
    this.watched.add(jobId);
    const place = byId("said");
    const isLatest = latestAt(place);
    const told = (words: HTMLElement | null): void => void (isLatest() && fill(place, words));
    try {
      const job = await follow(jobId, (now) => told(h("div", { class: "box" }, jobRow(now, (open) => void stop(open)))));
      if (job.state === "succeeded") told(null);
      await this.load(job.state === "succeeded" ? runId : null);
    } catch (fault) {
      told(problemBox(fault));
    }
  }

  private head(): void {
    const { run } = this;
    if (!run) {
      fill(byId("run"), emptyBox(say("还没有计算过分配。", "Nothing has been computed yet."), this.rights.has("assignment.run") ? say("先在站点登记每周需求，再点“重新计算”。", "Record what sites ask for each week, then compute.") : say("由协会调度员计算。", "The association's dispatcher computes it.")));
      return;
    }
    const select = h("select", { id: "run-choice" }, ...this.listed(run).map((row) => h("option", { value: row.id, selected: row.id === run.id }, `#${row.id} ${clock(row.created_at)} ${runState(row.state)[0]}`)));
    select.addEventListener("change", () => {
      keepInAddress("run", select.value);
      void this.load(Number(select.value));
    });
    const [name, tone] = runState(run.state);
    const done = isComputed(run) && run.figures.asked_places !== undefined;
    fill(
      byId("run"),
      h("div", { class: "run-line" }, h("label", { class: "field" }, h("span", {}, say("哪一次分配", "Which assignment")), select), h("p", {}, h("span", { class: `mark ${tone}` }, name), " ", h("span", { class: "muted" }, say(`按 ${run.as_of} 的资料`, `as of ${run.as_of}`)))),
      done ? runFigures(run) : null,
      done && run.state === "replaced" && !this.standing ? h("p", { class: "notice notice--warn", id: "none-in-force" }, say("现在没有执行中的分配，站点都没有排定的指导员。请重新计算并采用。", "No assignment is in force and nobody is set for any site. Compute anew and adopt it.")) : null,
      done && run.state === "ready" ? h("p", { class: "notice", id: "change" }, changeText(run, this.standing)) : null,
      done ? exports(run) : null,
    );
  }

  private listed(run: Run): Run[] {
    return this.runs.some((row) => row.id === run.id) ? this.runs : [...this.runs, run];
  }

  private async readSites(): Promise<void> {
    const { run } = this;
    if (!run || !isComputed(run)) {
      this.sites = [];
      latestAt(byId("sites"));
      latestAt(byId("chosen"));
      byId("chosen-box").hidden = true;
      fill(byId("sites"), h("p", { class: "muted" }, run ? say("计算完成后，站点列在这里。", "Sites appear here once it is computed.") : say("没有可列的站点。", "There is nothing to list.")));
      this.map?.show([]);
      return;
    }
    const outcome = await show(byId("sites"), async (isLatest) => {
      const { features } = await read<{ features: RunSite[] }>(`assignment-runs/${run.id}/export?format=geojson`);
      if (isLatest()) this.sites = features;
      return [];
    });
    if (outcome !== "shown") return;
    this.draw(true);
    if (this.site) void this.pick(this.site, true);
  }

  private draw(fit = false): void {
    const dots = this.sites.map(({ id, geometry, properties }) => ({ id, lon: geometry.coordinates[0], lat: geometry.coordinates[1], name: properties.name, look: lookOf(properties) }));
    if (this.map) this.map.show(dots, fit);
    else this.map = new PointMap(byId("map"), dots, (id) => void this.pick(id));
    fill(byId("legend"), h("ul", { class: "discs" }, ...LOOKS.map(([look, name]) => h("li", {}, discPicture(look), `${name} ${count(dots.filter((dot) => dot.look === look).length)}`))));
    this.list();
  }

  private list(): void {
    const kept = this.sites.filter((row) => !this.look || lookOf(row.properties) === this.look).sort((a, b) => b.properties.empty_places - a.properties.empty_places || a.id - b.id);
    const filter = h("select", {}, h("option", { value: "" }, say("全部站点", "all sites")), ...LOOKS.map(([look, name]) => h("option", { value: look, selected: look === this.look }, name)));
    filter.addEventListener("change", () => {
      this.look = filter.value as Look | "";
      this.list();
    });
    fill(
      byId("sites"),
      h("label", { class: "field" }, h("span", {}, say("显示", "Show")), filter),
      kept.length ? h("ul", { class: "plain-list scrolled" }, ...kept.slice(0, LISTED).map((row) => this.row(row))) : emptyBox(say("没有这样的站点。", "No such site.")),
      kept.length > LISTED ? h("p", { class: "muted" }, say(`另有 ${count(kept.length - LISTED)} 个，请在地图上点选或导出。`, `${count(kept.length - LISTED)} more: click on the map, or export.`)) : null,
    );
  }

  private row({ id, properties }: RunSite): HTMLElement {
    return h(
      "li",
      { "data-id": id, "aria-current": id === this.site ? "true" : null },
      h("div", { class: "place" }, discPicture(lookOf(properties)), h("div", {}, h("button", { class: "link", type: "button", onclick: () => void this.pick(id, true) }, properties.name), h("p", {}, h("small", {}, say(`${properties.town} · 有人 ${properties.served_places} · 空缺 ${properties.empty_places}`, `${properties.town} · ${properties.served_places} filled · ${properties.empty_places} empty`))))),
    );
  }

  private async pick(id: number, travel = false): Promise<void> {
    const { run } = this;
    const found = this.sites.find((row) => row.id === id);
    if (!run || !found) return;
    this.site = id;
    keepInAddress("site", id);
    this.map?.choose(id, travel);
    this.list();
    byId("chosen-box").hidden = false;
    byId("chosen-title").textContent = found.properties.name;
    const again = (): void => {
      void this.pick(id);
      void this.pins.load();
    };
    const outcome = await show(byId("chosen"), () => sitePanel(run, id, this.rights.has("assignment.run"), again));
    if (outcome !== "late") byId("chosen-title").focus({ preventScroll: matchMedia("(min-width: 62rem)").matches });
  }
}

function lookOf(site: RunSite["properties"]): Look {
  return site.empty_places === 0 ? "served" : site.served_places === 0 ? "unserved" : "partly";
}

function exports(run: Run): HTMLElement {
  return h(
    "p",
    { class: "buttons" },
    h("span", { class: "muted" }, say("导出：", "Export:")),
    ...["xlsx", "csv", "json", "geojson"].map((format) => h("a", { class: "button button--small button--quiet", href: `${API}assignment-runs/${run.id}/export?format=${format}`, download: true, "aria-label": say(`导出分配 ${format.toUpperCase()}`, `export as ${format.toUpperCase()}`) }, format === "geojson" ? "GeoJSON" : format.toUpperCase())),
  );
}

myRights()
  .then((rights) => new AssignmentPage(rights))
  .catch((fault: unknown) => fill(byId("run"), problemBox(fault, () => location.reload())));
