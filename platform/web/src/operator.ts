import "./lib/frame";

import { problemBox, read, readAll } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { figures } from "./lib/figures";
import { bytes, clock, count, isOlder } from "./lib/numbers";
import { say } from "./lib/words";
import { BACKUP_OLD_DAYS, type City } from "./operator/cities";
import { CityList } from "./operator/list";

interface Installation {
  version: string;
  postgresql_version: string;
  postgis_version: string;
  migrations_missing: string[];
  database_bytes: number;
  workers: { id: number; last_heartbeat: string; is_alive: boolean }[];
  jobs_waiting: number;
  receiving_key: string;
}

/** The operator's first screen: how all cities are, and below it every one of them. */
class OperatorPage {
  private readonly list = new CityList(byId("tools"), byId("cities"));

  async load(): Promise<void> {
    void this.installation();
    if (!byId("cities").childElementCount) fill(byId("cities"), h("p", { class: "loading", role: "status" }, say("正在读取…", "Loading…")));
    try {
      const cities = await readAll<City>("cities");
      this.totals(cities);
      this.list.show(cities);
    } catch (fault) {
      fill(byId("cities"), problemBox(fault, () => void this.load()));
    }
  }

  private totals(cities: City[]): void {
    const sum = (of: (city: City) => number): number => cities.reduce((total, city) => total + of(city), 0);
    const having = (concern: City["concerns"][number]): number => cities.filter((city) => city.concerns.includes(concern)).length;
    const active = cities.filter((city) => city.state === "active").length;
    const [suspended, dropping] = (["suspended", "to_be_dropped"] as const).map((state) => cities.filter((city) => city.state === state).length);
    const failed = sum((city) => city.figures.jobs_failed_24h);
    const full = having("storage_over") + having("storage_warning");
    const old = cities.filter((city) => isOlder(city.backed_up_at, BACKUP_OLD_DAYS)).length;
    byId("as-of").textContent = say(`数据截至 ${clock(new Date().toISOString())}`, `as of ${clock(new Date().toISOString())}`);
    fill(
      byId("figures"),
      figures([
        { name: say("城市", "Cities"), value: count(cities.length), note: say(`运行 ${count(active)}，暂停 ${count(suspended)}，待注销 ${count(dropping)}`, `${count(active)} active, ${count(suspended)} suspended, ${count(dropping)} to be dropped`), tone: dropping ? "bad" : suspended ? "warn" : "good" },
        { name: say("存储合计", "Storage"), value: bytes(sum((city) => city.figures.used_bytes)), note: full ? this.filter(say(`${count(full)} 个城市超过配额的 80%`, `${count(full)} past 80 % of their quota`), having("storage_over") ? "storage_over" : "storage_warning") : say("都在配额的 80% 以内", "all below 80 % of their quota"), tone: having("storage_over") ? "bad" : full ? "warn" : "good" },
        { name: say("24 小时内失败的任务", "Jobs failed in 24 h"), value: count(failed), note: failed ? this.filter(say(`${count(having("jobs_failed"))} 个城市，点此列出`, `in ${count(having("jobs_failed"))} cities: list them`), "jobs_failed") : say(`等待 ${count(sum((city) => city.figures.jobs_waiting))} 个`, `${count(sum((city) => city.figures.jobs_waiting))} waiting`), tone: failed ? "bad" : "good" },
        { name: say("7 天内无备份", "No backup for 7 days"), value: count(old), unit: say("个城市", "cities"), note: old ? this.filter(say("点此列出", "list them"), "backup_old") : say("都有", "all have one"), tone: old ? "bad" : "good" },
        { name: say("缺工作日历", "Calendar missing"), value: count(having("calendar_missing")), unit: say("个城市", "cities"), note: having("calendar_missing") ? this.filter(say("点此列出", "list them"), "calendar_missing") : say("今明两年都有正式通知", "this year and next are official"), tone: having("calendar_missing") ? "warn" : "good" },
      ]),
    );
    const behind = having("behind") + having("unreadable");
    const box = h("div", { class: "notice notice--bad" }, h("p", {}, say(`${count(behind)} 个城市的迁移落后或读不出。`, `${count(behind)} cities are behind in their migrations or cannot be read.`)), h("p", { class: "fix" }, say("怎么办：运行 ./dev manage prepare_database；各城市逐个补齐，互不影响。", "What to do: run ./dev manage prepare_database; each city is brought up by itself.")));
    fill(byId("said"), behind ? box : null);
  }

  private filter(text: string, concern: City["concerns"][number]): HTMLElement {
    return h("button", { class: "link", type: "button", onclick: () => this.list.filterBy({ concern }) }, text);
  }

  private async installation(): Promise<void> {
    try {
      const now = await read<Installation>("installation");
      const alive = now.workers.filter((worker) => worker.is_alive).length;
      fill(
        byId("installation"),
        h("span", { class: `mark ${alive ? "mark--good" : "mark--bad"}` }, alive ? say(`✓ 工作进程 ${count(alive)}`, `✓ ${count(alive)} workers`) : say("✕ 没有工作进程", "✕ no worker")),
        " ",
        now.migrations_missing.length ? h("span", { class: "mark mark--bad", title: now.migrations_missing.join(", ") }, say(`✕ 缺 ${count(now.migrations_missing.length)} 个迁移`, `✕ ${count(now.migrations_missing.length)} migrations missing`)) : h("span", { class: "mark mark--good" }, say("✓ 迁移齐", "✓ migrated")),
        " ",
        h("span", { class: "muted small" }, say(`网格 ${now.version} · PostgreSQL ${now.postgresql_version.split(" ")[0]} · PostGIS ${now.postgis_version} · 数据库 ${bytes(now.database_bytes)}`, `Wangge ${now.version} · PostgreSQL ${now.postgresql_version.split(" ")[0]} · PostGIS ${now.postgis_version} · database ${bytes(now.database_bytes)}`)),
        h("details", { class: "small" }, h("summary", {}, say("接收密钥", "Receiving key")), h("p", {}, say("别处的运维导出城市给本平台时用它，可公开：", "What another operator exports a city for; it may be told:")), h("code", { class: "key-text" }, now.receiving_key)),
      );
    } catch (fault) {
      fill(byId("installation"), problemBox(fault));
    }
  }
}

const page = new OperatorPage();
byId("reload").addEventListener("click", () => void page.load());
void page.load();
