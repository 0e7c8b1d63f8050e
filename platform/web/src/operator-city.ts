import "./lib/frame";

import { problemBox, readLatest, readTagged, show, write } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { emptyBox, figures } from "./lib/figures";
import { ago, bytes, clock, count, day, isOlder } from "./lib/numbers";
import { say } from "./lib/words";
import { BACKUP_OLD_DAYS, type City, CONCERNS, stateMark, storageBar } from "./operator/cities";
import { danger } from "./operator/danger";
import { hosts } from "./operator/hosts";
import { exportDialog } from "./operator/export";
import { busy } from "./operator/forms";
import { type Operation, Operations } from "./operator/operations";
import { quotas } from "./operator/quotas";

interface AuditRow {
  id: number;
  at: string;
  actor_label: string;
  action: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string;
}

const ACTS: Record<string, string> = {
  "city.create": say("建立", "created"),
  "city.open": say("开通", "opened"),
  "city.describe": say("改名称或标注", "renamed or labelled"),
  "city.set_quotas": say("改配额", "set quotas"),
  "city.suspend": say("暂停", "suspended"),
  "city.resume": say("恢复服务", "resumed"),
  "city.schedule_drop": say("申请注销", "asked to drop"),
  "city.cancel_drop": say("撤销注销", "drop cancelled"),
  "city.restore": say("恢复", "restored"),
  "city.drop": say("注销", "dropped"),
  "city.make_primary_domain": say("换主域名", "primary host changed"),
  "city.add_domain": say("加域名", "host added"),
  "city.rename_domain": say("改域名", "host renamed"),
  "city.remove_domain": say("去域名", "host removed"),
  "city.backup": say("备份", "backed up"),
  "city.export": say("导出", "exported"),
  "city.download": say("下载文件", "downloaded a file"),
};

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
    void this.audit();
    try {
      const { value: city, etag } = await readTagged<City>(`cities/${this.slug}`);
      this.head(city);
      this.figures(city);
      this.facts(city);
      quotas(byId("quotas"), city, etag, (told) => this.changed(told));
      hosts(byId("hosts"), city, (told) => this.changed(told));
      danger(byId("danger"), city, (told) => this.changed(told));
    } catch (fault) {
      fill(byId("figures"), problemBox(fault, () => void this.load()));
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
        { name: say("用户", "Users"), value: count(now.users), note: say(`最近登录 ${ago(now.last_sign_in_at)}`, `last signed in ${ago(now.last_sign_in_at)}`) },
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

  private async audit(): Promise<void> {
    await show(byId("audit"), async () => {
      const rows = await readLatest<AuditRow>(`cities/${this.slug}/audit-events`, 20);
      if (!rows.length) return emptyBox(say("还没有记录。", "Nothing yet."));
      return h("ul", { class: "plain-list" }, ...rows.map((row) => this.act(row)));
    });
  }

  private act(row: AuditRow): HTMLElement {
    const changed = Object.entries(row.after ?? {}).filter(([name, value]) => JSON.stringify(row.before?.[name]) !== JSON.stringify(value));
    const told = changed.map(([name, value]) => `${name}: ${row.before && name in row.before ? `${said(row.before[name])} → ` : ""}${said(value)}`).join("；");
    return h("li", { class: "act" }, h("div", { class: "job__line" }, h("span", {}, h("strong", {}, ACTS[row.action] ?? row.action), " · ", row.actor_label), h("span", { class: "muted small" }, clock(row.at))), told || row.reason ? h("div", { class: "muted small act__told" }, [told, row.reason].filter(Boolean).join(" · ")) : null);
  }
}

function said(value: unknown): string {
  return typeof value === "string" ? value || "—" : JSON.stringify(value);
}

void new CityPage().start();
