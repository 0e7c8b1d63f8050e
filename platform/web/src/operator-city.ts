import "./lib/frame";

import { latestAt, problemBox, readTagged, show, write } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { isTouched } from "./lib/fields";
import { figures } from "./lib/figures";
import { ago, bytes, clock, count, day, isOlder } from "./lib/numbers";
import { say } from "./lib/words";
import { BACKUP_OLD_DAYS, type City, CONCERNS, stateMark, storageBar } from "./operator/cities";
import { actsOn } from "./operator/acts";
import { danger } from "./operator/danger";
import { hosts } from "./operator/hosts";
import { exportDialog } from "./operator/export";
import { busy } from "./operator/forms";
import { type Operation, Operations } from "./operator/operations";
import { quotas } from "./operator/quotas";

/** One city before its operator: figures, long work, quotas, hosts, what was done, and what is dangerous. */
class CityPage {
  readonly slug = byId("city").dataset["slug"] ?? "";
  private readonly operations = new Operations(byId("operations"), this.slug, () => void this.load());

  async start(): Promise<void> {
    if (location.search === "?opened") {
      history.replaceState(null, "", location.pathname);
      this.say(say("城市已开通。首位管理员可以登录了。", "The city is open. Its first administrator may sign in."));
    }
    await Promise.all([this.load(), this.operations.load()]);
  }

  say(text: string, tone = "good"): void {
    fill(byId("said"), h("div", { class: `notice notice--${tone}`, role: "status" }, h("p", {}, text)));
  }

  fault(fault: unknown): void {
    fill(byId("said"), problemBox(fault));
    byId("said").scrollIntoView({ block: "nearest" });
  }

  async load(): Promise<void> {
    void show(byId("audit"), () => actsOn(this.slug));
    const isLatest = latestAt(byId("figures"));
    try {
      const { value: city, etag } = await readTagged<City>(`cities/${this.slug}`);
      if (!isLatest()) return;
      this.head(city);
      this.figures(city);
      this.facts(city);
      // Long work that ends reads the city anew: a form that somebody is filling in keeps its values and their version.
      if (!isTouched(byId("quotas"))) quotas(byId("quotas"), city, etag, (told) => this.changed(told));
      hosts(byId("hosts"), city, (told) => this.changed(told));
      danger(byId("danger"), city, (told) => this.changed(told), (one) => this.operations.started(one));
    } catch (fault) {
      if (isLatest()) fill(byId("figures"), problemBox(fault, () => void this.load()));
    }
  }

  private changed(told: string): void {
    this.say(told);
    void this.load();
  }

  private head(city: City): void {
    fill(byId("name"), city.name);
    fill(byId("under"), stateMark(city), ` ${city.slug} · ${city.division_code} · ${city.hosts[0] ?? say("无域名", "no host")}`);
    const backup = h("button", { class: "button button--main", type: "button" }, say("立即备份", "Back up now"));
    backup.addEventListener("click", () => void busy(backup, () => this.begin("backup")));
    const move = h("button", { class: "button", type: "button" }, say("导出…", "Export…"));
    move.addEventListener("click", () => exportDialog(city, (body) => this.begin("export", body)));
    fill(byId("actions"), move, backup);
  }

  private async begin(what: "backup" | "export", body: unknown = {}): Promise<void> {
    try {
      this.operations.started(await write<Operation>("POST", `cities/${this.slug}/${what}`, body));
      this.say(say("已交给后台，进度见下方。", "Handed to the worker; see its progress below."), "info");
    } catch (fault) {
      if (what === "export") throw fault; // the dialog shows it
      this.fault(fault);
    }
  }

  private figures(city: City): void {
    const { figures: now } = city;
    const old = isOlder(city.backed_up_at, BACKUP_OLD_DAYS);
    fill(
      byId("figures"),
      figures([
        { name: say("存储", "Storage"), value: bytes(now.used_bytes), note: storageBar(city), tone: now.storage_state === "over" ? "bad" : now.storage_state === "warning" ? "warn" : "good" },
        { name: say("用户", "Users"), value: count(now.users), note: now.last_sign_in_at ? say(`最近登录 ${ago(now.last_sign_in_at)}`, `last signed in ${ago(now.last_sign_in_at)}`) : say("尚无人登录", "nobody has signed in yet") },
        { name: say("任务", "Jobs"), value: count(now.jobs_waiting), unit: say(`等待 / 配额 ${count(city.job_quota)}`, `waiting of ${count(city.job_quota)}`), note: say(`进行 ${count(now.jobs_running)} / ${count(city.job_slots)}，24 小时内失败 ${count(now.jobs_failed_24h)}`, `${count(now.jobs_running)} of ${count(city.job_slots)} running, ${count(now.jobs_failed_24h)} failed in 24 h`), tone: now.jobs_failed_24h ? "bad" : city.concerns.includes("jobs_stuck") ? "warn" : "good" },
        { name: say("最近备份", "Last backup"), value: ago(city.backed_up_at), note: city.backed_up_at ? clock(city.backed_up_at) : say("请立即备份", "back it up now"), tone: old ? "bad" : "good" },
        { name: say("最近迁移", "Last migration"), value: now.is_migrated ? ago(city.migrated_at) : say("落后", "behind"), note: clock(city.migrated_at), tone: now.is_migrated ? "good" : "bad" },
      ]),
    );
    fill(
      byId("concerns"),
      city.concerns.length
        ? h("ul", { class: "box plain-list concerns" }, ...city.concerns.map((concern) => h("li", {}, h("span", { class: `mark mark--${CONCERNS[concern].tone}` }, CONCERNS[concern].tone === "bad" ? "✕ " : "⚠ ", CONCERNS[concern].name, concern === "calendar_missing" ? ` ${now.calendar_years_missing.join(say("、", ", "))}` : ""), " ", h("span", { class: "small" }, CONCERNS[concern].remedy))))
        : null,
    );
  }

  private facts(city: City): void {
    const { figures: now } = city;
    const rows: [string, string][] = [
      [say("数据表", "Tables"), bytes(now.table_bytes)],
      [say("文件", "Files"), bytes(now.file_bytes)],
      [say("待发消息", "Messages waiting"), count(now.outbox_waiting)],
      [say("最久的等待", "Oldest waiting job"), now.oldest_waiting_at ? ago(now.oldest_waiting_at) : "—"],
      [say("最早未封存审计", "Oldest unsealed audit row"), now.unsealed_since ? ago(now.unsealed_since) : say("全部封存", "all sealed")],
      [say("缺日历年份", "Years without calendar"), now.calendar_years_missing.join(say("、", ", ")) || "—"],
      [say("投影带", "Map zone"), `EPSG:${city.gauss_kruger_epsg}`],
      [say("开通", "Opened"), day(city.created_at)],
    ];
    fill(byId("facts"), h("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
  }
}

void new CityPage().start();
