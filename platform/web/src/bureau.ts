import "./lib/frame";
import "./style/network.css";
import "./style/offices.css";

import { problemBox, read, readLatest, show, write } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { downloads } from "./lib/downloads";
import { emptyBox, figures } from "./lib/figures";
import { follow, isOpen, type Job, jobRow, stop } from "./lib/jobs";
import { clock, count, share } from "./lib/numbers";
import { type Action, DEEDS } from "./lib/plans";
import { myRights } from "./lib/rights";
import type { Summary } from "./lib/summary";
import { say } from "./lib/words";
import { countyProgress, stateBar, stateKey } from "./bureau/progress";
import { PlansTable } from "./gis/plans";
import { showNetwork } from "./bureau/network";
import { issuesInShort, readIssues } from "./network/issues";
import { showStorage } from "./bureau/storage";

const METHODS: Record<string, string> = {
  network: say("按街道网络步行", "on foot along the streets"),
  radius: say("按半径估算", "by radius"),
  mixed: say("部分网络、部分半径", "partly streets, partly radius"),
};

const ACTIONS: Action[] = ["review", "approve", "publish", "return"];

/** First screen of the bureau: one page of figures, progress, what waits for a decision, risks. */
class BureauPage {
  private readonly plans: PlansTable;
  private readonly followed = new Set<number>();

  constructor(private readonly rights: Set<string>) {
    const tools = h("div", { class: "buttons", style: "margin-bottom:.75rem" });
    const table = h("div", {});
    fill(byId("decide"), tools, table);
    const mine = ACTIONS.filter((action) => rights.has(DEEDS[action].right));
    this.plans = new PlansTable({
      place: table,
      tools,
      rights,
      actions: mine,
      waiting: ["approved", "county_reviewed", "submitted"].filter((state) => mine.some((action) => action !== "return" && DEEDS[action].from.includes(state))),
      empty: [say("没有等您办理的方案。", "No plan waits for you."), say("提交、审核或批准后的方案会出现在这里。", "Plans appear here once submitted, reviewed or approved.")],
      changed: (report) => {
        fill(byId("said"), report);
        report.focus();
        this.refresh();
      },
    });
    this.exports();
    showNetwork(rights);
    if (rights.has("job.view")) void showStorage(byId("storage-box"), byId("storage"));
    this.refresh();
  }

  private refresh(): void {
    void this.summary();
    void this.jobs();
    void this.hotline();
    void this.plans.load();
  }

  private async hotline(): Promise<void> {
    if (!this.rights.has("hotline.view")) return;
    byId("hotline-box").hidden = false;
    await show(byId("hotline"), async () => issuesInShort(await readIssues(), this.rights.has("demand.edit"), () => void this.hotline()));
  }

  private async summary(): Promise<void> {
    await show(byId("figures"), async (isLatest) => {
      const summary = await read<Summary>("grid-summary");
      if (!isLatest()) return [];
      byId("as-of").textContent = say(`数据截至 ${clock(new Date().toISOString())}`, `as of ${clock(new Date().toISOString())}`);
      this.states(summary);
      this.risks(summary);
      const published = `${count(summary.communities_published)} / ${count(summary.communities_total)}`;
      return figures([
        { name: say("15 分钟健身圈覆盖率", "15-minute coverage"), value: share(summary.coverage?.share ?? null), note: coverageNote(summary), tone: summary.coverage?.share == null ? "" : summary.coverage.share >= 0.8 ? "good" : "warn" },
        { name: say("基础网格", "Base grids"), value: count(summary.grids), unit: say("个", ""), note: say(`网格内 ${count(summary.grid_households)} 户，全市 ${count(summary.households)} 户`, `${count(summary.grid_households)} of ${count(summary.households)} households`) },
        { name: say("300–500 户的网格", "Grids of 300–500"), value: count(summary.in_band + summary.soft_range), unit: say("个", ""), note: say(`其中 ${count(summary.in_band)} 个在 400 户 ±10% 内${rural(summary)}`, `${count(summary.in_band)} of them within 10 % of 400${rural(summary)}`), tone: "good" },
        { name: say("偏离的网格", "Grids out of band"), value: count(summary.outside_soft + summary.beyond_hard), unit: say("个", ""), note: say(`其中超出 100–800 户 ${count(summary.beyond_hard)} 个`, `${count(summary.beyond_hard)} outside 100–800`), tone: summary.beyond_hard ? "bad" : summary.outside_soft ? "warn" : "good" },
        { name: say("已发布社区", "Communities published"), value: published, tone: summary.communities_published === summary.communities_total ? "good" : "warn" },
        { name: say("网格长空缺", "Leaders missing"), value: count(summary.leaders_missing), unit: say("个网格", "grids"), tone: summary.leaders_missing ? "warn" : "good" },
      ]);
    });
    this.actions();
  }

  private actions(): void {
    const run = h("button", { class: "button", type: "button" }, say("重新计算覆盖率", "Compute coverage"));
    run.addEventListener("click", () => void this.coverage(run));
    fill(byId("actions"), this.rights.has("coverage.run") ? run : null, h("a", { class: "button button--main", href: "/map?theme=coverage" }, say("在地图上看", "See the map")));
  }

  private async coverage(button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const answer = await write<{ job: Job }>("POST", "coverage-runs", {});
      await this.watch(answer.job);
    } catch (fault) {
      fill(byId("said"), problemBox(fault));
    }
    button.disabled = false;
  }

  private states(summary: Summary): void {
    const total = Object.values(summary.plans_by_state).reduce((sum, number) => sum + number, 0);
    const counties = h("div", {});
    fill(
      byId("states"),
      ...(total === 0
        ? [emptyBox(say("还没有网格方案。", "No grid plans yet."), say("地理信息人员导入社区与建筑后即可绘制。", "GIS staff draw them once communities and buildings are imported."))]
        : [stateBar(summary.plans_by_state), stateKey(summary.plans_by_state), counties]),
    );
    if (total > 0) void show(counties, () => countyProgress());
  }

  private risks(summary: Summary): void {
    const risks: [number, string, string, string][] = [
      [summary.unplaced_households, say("户在所有社区之外", "households outside every community"), say("请地理信息人员核对建筑位置", "GIS staff check the buildings"), "bad"],
      [summary.beyond_hard, say("个网格超出硬界（100–800 户）", "grids past the hard limits (100–800)"), say("须有区县批准的理由", "need a reason approved by the county"), "bad"],
      [summary.leaders_missing, say("个网格没有网格长", "grids without a leader"), say("由社区分管文体负责人担任", "the community's official in charge takes it"), "warn"],
      [summary.acting_ending_soon, say("个网格的代理网格长两周内到期", "acting leaders whose term ends within two weeks"), say("请任命正式网格长或延长代理", "appoint a leader in time"), "warn"],
      [refusals(summary), say("条校验问题必须改正", "findings that must be mended"), say("由地理信息人员处理", "GIS staff mend them"), "warn"],
      [summary.communities_total - summary.communities_published, say("个社区尚未发布网格", "communities without published grids"), say("见“待您办理”", "see what waits for a decision"), "warn"],
    ];
    const present = risks.filter(([number]) => number > 0);
    fill(
      byId("risks"),
      present.length === 0
        ? emptyBox(say("目前没有风险。", "No risks now."))
        : h("ul", { class: "plain-list" }, ...present.map(([number, what, next, tone]) => h("li", {}, h("span", { class: `mark mark--${tone}` }, tone === "bad" ? "✕" : "⚠", ` ${count(number)}`), ` ${what}`, h("div", { class: "muted small" }, next)))),
    );
  }

  private async jobs(): Promise<void> {
    await show(byId("jobs"), async () => {
      const jobs = await readLatest<Job>("jobs", 5);
      jobs.filter((job) => isOpen(job) && !this.followed.has(job.id)).forEach((job) => void this.watch(job));
      return jobs.length ? jobs.map((job) => jobRow(job, (open) => void stop(open))) : emptyBox(say("还没有后台任务。", "No jobs yet."));
    });
  }

  private async watch(job: Job): Promise<void> {
    this.followed.add(job.id);
    await follow(job.id, (now) => {
      const row = jobRow(now, (open) => void stop(open));
      const place = byId("jobs");
      const old = place.querySelector(`[data-job="${job.id}"]`);
      if (old) old.replaceWith(row);
      else if (place.querySelector(".job")) place.prepend(row);
      else fill(place, row);
    });
    this.refresh();
  }

  private exports(): void {
    fill(
      byId("exports"),
      h(
        "ul",
        { class: "plain-list" },
        h("li", {}, h("strong", {}, say("已发布网格", "Published grids")), h("div", {}, downloads("grids/export", say("已发布网格", "Published grids")))),
        this.rights.has("layer.export") ? h("li", {}, h("strong", {}, say("健身站点", "Fitness sites")), h("div", {}, downloads("layers/fitness_sites/export", say("健身站点", "Fitness sites")))) : null,
        this.rights.has("layer.export") ? h("li", {}, h("strong", {}, say("社区界线", "Communities")), h("div", {}, downloads("layers/communities/export", say("社区界线", "Communities")))) : null,
      ),
    );
  }
}

function refusals(summary: Summary): number {
  return summary.findings.filter((finding) => finding.level === "refusal").length;
}

/** How it was measured, and what sites and regular activities reach each by themselves. */
function coverageNote({ coverage }: Summary): string {
  if (!coverage) return say("请先计算覆盖率", "compute it first");
  const parts = say(`站点 ${share(coverage.site_share)}，经常性活动 ${share(coverage.activity_share)}（${coverage.as_of}，${count(coverage.households)} 户）`, `sites ${share(coverage.site_share)}, regular activities ${share(coverage.activity_share)} (${coverage.as_of}, of ${count(coverage.households)} households)`);
  return `${METHODS[coverage.method] ?? coverage.method}；${parts}`;
}

function rural(summary: Summary): string {
  return summary.rural_grids ? say(`；农村按村民小组 ${count(summary.rural_grids)} 个`, `; ${count(summary.rural_grids)} rural by villager group`) : "";
}

myRights()
  .then((rights) => new BureauPage(rights))
  .catch((fault: unknown) => fill(byId("said"), problemBox(fault, () => location.reload())));
