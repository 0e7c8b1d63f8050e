import "./lib/frame";

import { latestAt, problemBox, read, readLatest, show } from "./lib/api";
import { nextDialog } from "./lib/dialog";
import { byId, fill, h } from "./lib/dom";
import { downloads } from "./lib/downloads";
import { emptyBox, figures } from "./lib/figures";
import { follow, isOpen, type Job, jobRow, stop } from "./lib/jobs";
import { stateMark } from "./lib/marks";
import { clock, count } from "./lib/numbers";
import { myRights } from "./lib/rights";
import type { Finding, Summary } from "./lib/summary";
import { placeName, say } from "./lib/words";
import { askToDraw } from "./gis/drawing";
import { kindName, recentImports, uploadForm } from "./gis/imports";
import { openPlan } from "./gis/plan-detail";
import { PlansTable } from "./gis/plans";
import { featureBounds } from "./map/communities";
import type { LayerRow } from "./map/types";

/** First screen of GIS staff. Each part reads for itself, so that one that fails leaves the others. */
class GisPage {
  private readonly plans: PlansTable;
  private readonly followed = new Set<number>();

  constructor(private readonly rights: Set<string>) {
    this.plans = new PlansTable({
      place: byId("plans"),
      tools: byId("plans-tools"),
      rights,
      actions: ["validate", "submit"],
      waiting: ["returned", "draft", "validated"],
      empty: [say("没有等您校验或提交的方案。", "No plan waits for you."), say("导入社区与建筑后，点“绘制网格”得到草案。", "Import communities and buildings, then draw grids.")],
      changed: (report) => this.after(report),
      watch: (job) => void this.watch(job),
    });
    this.actions();
    this.upload();
    this.refresh();
    const asked = Number(new URLSearchParams(location.search).get("plan"));
    if (asked) this.open(asked);
  }

  /** Reads everything anew. */
  refresh(openImport?: number): void {
    void this.numbers(openImport);
    void this.plans.load();
    void this.jobs();
    void this.layers();
  }

  private after(report: HTMLElement): void {
    fill(byId("said"), report);
    report.focus();
    this.refresh();
  }

  private actions(): void {
    const draw = h("button", { class: "button button--main", type: "button" }, say("绘制网格…", "Draw grids…"));
    draw.addEventListener("click", () => void this.draw());
    fill(
      byId("actions"),
      this.rights.has("grid_plan.draft") ? draw : null,
      h("a", { class: "button", href: "/map?theme=plan" }, say("打开地图", "Open the map")),
    );
  }

  private async draw(): Promise<void> {
    const isWanted = nextDialog();
    const communities = await featureBounds();
    if (isWanted()) askToDraw({ title: say("绘制网格", "Draw grids"), communities, started: (job) => void this.watch(job) });
  }

  private upload(): void {
    const place = byId("upload");
    if (!this.rights.has("layer.import")) fill(place, emptyBox(say("您没有导入图层的权限，请联系管理员。", "You may not import layers; ask your administrator.")));
    else fill(place, uploadForm((importId) => this.refresh(importId)));
  }

  private async numbers(openImport?: number): Promise<void> {
    const isLatest = latestAt(byId("figures"));
    const [summary, imports] = await Promise.all([
      read<Summary>("grid-summary").catch((fault: unknown) => {
        if (isLatest()) fill(byId("findings"), problemBox(fault, () => void this.numbers()));
        return null;
      }),
      this.imports(openImport),
    ]);
    const refused = imports.filter((row) => row.status === "refused").length;
    if (!summary || !isLatest()) return;
    const findings = summary.findings.length;
    fill(
      byId("figures"),
      figures([
        { name: say("校验问题", "Findings"), value: count(findings), unit: say("条", ""), tone: findings ? "warn" : "good", note: say("见下方校验报告", "see the report below") },
        { name: say("未落格户数", "Unplaced households"), value: count(summary.unplaced_households), unit: say("户", ""), tone: summary.unplaced_households ? "bad" : "good", note: summary.unplaced_households ? say("建筑在所有社区之外", "buildings outside every community") : say("每户都在一个网格或社区内", "every household has its place") },
        { name: say("变更单位", "Changed units"), value: count(summary.changed_units.length), unit: say("个", ""), tone: summary.changed_units.length ? "warn" : "good", note: say("新方案与现行方案的差别", "new plans against those in force") },
        { name: say("未通过的导入", "Refused imports"), value: count(refused), unit: say("次", ""), tone: refused ? "bad" : "good", note: say("最近 15 次中", "among the last 15") },
      ]),
    );
    this.findings(summary.findings);
    this.changed(summary);
  }

  private findings(findings: Finding[]): void {
    if (findings.length === 0) {
      fill(byId("findings"), emptyBox(say("没有待处理的校验问题。", "Nothing to mend."), say("编制中的方案校验后，问题会列在这里。", "Findings appear here once drafts are validated.")));
      return;
    }
    const names = [say("程度", "Severity"), say("社区", "Community"), say("问题", "Finding")];
    fill(
      byId("findings"),
      h(
        "div",
        { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": say("校验报告", "Validation report") },
        h("table", {}, h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...findings.map((finding) => findingLine(finding, this.planLink(finding.plan_id, finding.community))))),
      ),
    );
  }

  private changed(summary: Summary): void {
    const units = summary.changed_units;
    if (units.length === 0) {
      fill(byId("changed"), emptyBox(say("没有方案改动现行网格。", "No plan changes the grids in force."), say("重绘已发布的社区后，新增、撤销与变化的网格会列在这里。", "Redraw a published community, and what changes is listed here.")));
      return;
    }
    const heads = [say("社区", "Community"), say("状态", "State"), say("新增", "New"), say("撤销", "Gone"), say("变化", "Changed"), say("迁移户数", "Moved households")];
    fill(
      byId("changed"),
      h(
        "div",
        { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": say("变更单位", "Changed units") },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, ...heads.map((name, index) => h("th", { scope: "col", class: index > 1 ? "number" : "" }, name)))),
          h(
            "tbody",
            {},
            ...units.map((unit) => h("tr", {}, h("td", {}, this.planLink(unit.plan_id, unit.community)), h("td", {}, stateMark(unit.state)), ...[unit.new.length, unit.gone.length, unit.changed.length, unit.moved_households].map((number) => h("td", { class: "number" }, count(number))))),
          ),
        ),
      ),
    );
  }

  private open(id: number): void {
    openPlan(id, { rights: this.rights, changed: () => this.refresh(), watch: (job) => void this.watch(job) });
  }

  private planLink(id: number, name: string): HTMLElement {
    return h("button", { class: "link", type: "button", onclick: () => this.open(id) }, placeName(name));
  }

  private async imports(openId?: number): Promise<{ status: string }[]> {
    let rows: { status: string }[] = [];
    await show(byId("imports"), async () => {
      const recent = await recentImports(this.rights.has("layer.import"), () => this.refresh(), openId);
      rows = recent.rows;
      return recent.shown;
    });
    return rows;
  }

  private async jobs(): Promise<void> {
    await show(byId("jobs"), async () => {
      // Work on layers and grids is theirs to mend; what leaders and dispatchers bring in is not.
      const jobs = await readLatest<Job>("jobs?subject=layers,units", 6);
      jobs.filter((job) => isOpen(job) && !this.followed.has(job.id)).forEach((job) => void this.watch(job));
      return jobs.length ? jobs.map((job) => jobRow(job, (open) => void stop(open))) : emptyBox(say("还没有后台任务。", "No jobs yet."));
    });
  }

  /** Follows a job in its row, and reads everything anew when it ends. */
  private async watch(job: Job): Promise<void> {
    if (this.followed.has(job.id)) return;
    this.followed.add(job.id);
    await follow(job.id, (now) => this.drawJob(now));
    this.refresh();
  }

  private drawJob(job: Job): void {
    const place = byId("jobs");
    const row = jobRow(job, (open) => void stop(open));
    const old = place.querySelector(`[data-job="${job.id}"]`);
    if (old) old.replaceWith(row);
    else if (place.querySelector(".job")) place.prepend(row);
    else fill(place, row);
  }

  private async layers(): Promise<void> {
    const mayExport = this.rights.has("layer.export");
    await show(byId("layers"), async () => {
      const rows = await read<LayerRow[]>("layers");
      return h(
        "ul",
        { class: "plain-list" },
        ...rows.map((row) =>
          h(
            "li",
            {},
            h("div", { class: "job__line" }, h("strong", {}, kindName(row.kind)), h("span", {}, count(row.feature_count), say(" 个", ""))),
            h("div", { class: "muted small" }, row.last_import ? `${row.last_import.file_name} · ${clock(row.last_import.imported_at)}${unlikeCity(row.last_import.label)}` : say("尚未导入", "not imported yet")),
            mayExport && row.feature_count ? h("div", { style: "margin-top:.25rem" }, downloads(`layers/${row.kind}/export`, kindName(row.kind))) : null,
          ),
        ),
      );
    });
  }
}

/** What the layer says of itself beyond what the page's head says already. */
function unlikeCity(label: string): string {
  const ofCity = document.querySelector<HTMLMetaElement>('meta[name="data-label"]')?.content;
  return label && label !== ofCity ? ` · ${label}` : "";
}

function findingLine(finding: Finding, where: HTMLElement): HTMLElement {
  const hard = finding.level === "refusal";
  const fix = say(finding.how_to_fix_zh ?? "", finding.how_to_fix_en ?? "");
  return h(
    "tr",
    {},
    h("td", {}, h("span", { class: `mark ${hard ? "mark--bad" : "mark--warn"}` }, hard ? say("✕ 须改", "✕ must") : say("⚠ 提示", "⚠ hint"))),
    h("td", {}, where),
    h("td", {}, say(finding.zh, finding.en), fix ? h("div", { class: "muted small" }, fix) : null),
  );
}

myRights()
  .then((rights) => new GisPage(rights))
  .catch((fault: unknown) => fill(byId("said"), problemBox(fault, () => location.reload())));
