import { h } from "../lib/dom";
import { ago, bytes, clock, count, isOlder } from "../lib/numbers";
import { say } from "../lib/words";

export interface City {
  slug: string;
  name: string;
  division_code: string;
  gauss_kruger_epsg: number;
  data_label: string;
  hosts: string[];
  state: "active" | "suspended" | "to_be_dropped";
  suspended_at: string | null;
  suspension_message: string;
  drop_after: string | null;
  created_at: string;
  migrated_at: string;
  backed_up_at: string | null;
  storage_quota_bytes: number;
  job_slots: number;
  job_quota: number;
  concerns: Concern[];
  taken_at: string;
  figures: {
    table_bytes: number;
    file_bytes: number;
    used_bytes: number;
    storage_state: "free" | "warning" | "over";
    users: number | null;
    last_sign_in_at: string | null;
    jobs_waiting: number;
    jobs_running: number;
    jobs_failed_24h: number;
    oldest_waiting_at: string | null;
    outbox_waiting: number | null;
    calendar_years_missing: number[];
    unsealed_since: string | null;
    is_migrated: boolean;
    is_readable: boolean;
  };
}

export type Concern = "unreadable" | "behind" | "backup_old" | "storage_over" | "storage_warning" | "jobs_failed" | "jobs_stuck" | "calendar_missing";

export const BACKUP_OLD_DAYS = 7;

/** What is the matter, and what to do about it. */
export const CONCERNS: Record<Concern, { name: string; remedy: string; tone: "bad" | "warn" }> = {
  unreadable: { name: say("读不出", "unreadable"), remedy: say("请运行 ./dev manage prepare_database，再查看日志", "run ./dev manage prepare_database, then look into the log"), tone: "bad" },
  behind: { name: say("迁移落后", "migrations behind"), remedy: say("请运行 ./dev manage prepare_database", "run ./dev manage prepare_database"), tone: "bad" },
  backup_old: { name: say("备份超过 7 天", "no backup for 7 days"), remedy: say("请点“立即备份”，并检查定时备份", "press “Back up now” and check the timed backup"), tone: "bad" },
  storage_over: { name: say("存储已满", "storage full"), remedy: say("请提高存储配额，或请该市清理", "raise the quota, or ask the city to tidy up"), tone: "bad" },
  storage_warning: { name: say("存储超过 80%", "storage past 80 %"), remedy: say("请与该市商定配额", "agree on a quota with the city"), tone: "warn" },
  jobs_failed: { name: say("有任务失败", "failed jobs"), remedy: say("请按任务编号查看日志；不必查看业务数据", "look the job up in the log; its data need not be read"), tone: "warn" },
  jobs_stuck: { name: say("任务久等", "jobs stuck"), remedy: say("请检查工作进程，或提高该市并行数", "check the workers, or raise the city's slots"), tone: "warn" },
  calendar_missing: { name: say("缺工作日历", "calendar missing"), remedy: say("国务院办公厅通知发布后，由该市录入", "the city enters it once the State Council's notice is out"), tone: "warn" },
};

const STATES: Record<City["state"], [string, string]> = {
  active: [say("● 运行", "● active"), "mark--good"],
  suspended: [say("❚❚ 暂停", "❚❚ suspended"), "mark--warn"],
  to_be_dropped: [say("✕ 待注销", "✕ to be dropped"), "mark--bad"],
};

export const STATE_NAMES: [City["state"], string][] = [
  ["active", say("运行", "active")],
  ["suspended", say("暂停", "suspended")],
  ["to_be_dropped", say("待注销", "to be dropped")],
];

export function stateMark(city: City): HTMLElement {
  const [name, tone] = STATES[city.state];
  return h("span", { class: `mark ${tone}` }, name);
}

/** Used part of the quota as a bar with its numbers beside it. */
export function storageBar(city: City): HTMLElement {
  const { used_bytes, storage_state } = city.figures;
  const part = city.storage_quota_bytes > 0 ? Math.min(1, used_bytes / city.storage_quota_bytes) : 1;
  const percent = part * 100 < 10 ? (part * 100).toFixed(1) : (part * 100).toFixed(0);
  const tone = storage_state === "over" ? " bar--bad" : storage_state === "warning" ? " bar--warn" : "";
  return h(
    "div",
    { class: "quota" },
    h("div", { class: "quota__line" }, h("span", {}, bytes(used_bytes)), h("span", { class: "muted small" }, `/ ${bytes(city.storage_quota_bytes)}`)),
    h("div", { class: `bar bar--thin${tone}`, role: "img", "aria-label": say(`已用配额的 ${percent}%`, `${percent} % of the quota used`) }, h("i", { style: `width:${(part * 100).toFixed(1)}%` })),
  );
}

/** Waiting, running and failed, each with its word; failures stand out. */
export function jobsCell(city: City): HTMLElement {
  const { jobs_waiting, jobs_running, jobs_failed_24h } = city.figures;
  return h(
    "div",
    { class: "jobs-cell" },
    h("span", { class: jobs_waiting ? "" : "muted" }, say(`等待 ${count(jobs_waiting)}`, `${count(jobs_waiting)} waiting`)),
    jobs_running ? h("span", {}, say(`行 ${count(jobs_running)}`, `${count(jobs_running)} running`)) : null,
    jobs_failed_24h ? h("span", { class: "mark mark--bad" }, say(`✕ 失败 ${count(jobs_failed_24h)}`, `✕ ${count(jobs_failed_24h)} failed`)) : null,
    city.concerns.includes("jobs_stuck") ? h("span", { class: "mark mark--warn" }, say(`⚠ 最久 ${ago(city.figures.oldest_waiting_at).replace("前", "")}`, `⚠ since ${ago(city.figures.oldest_waiting_at)}`)) : null,
  );
}

function moment(text: string | null): HTMLElement {
  return h("time", text ? { datetime: text, title: clock(text) } : {}, ago(text));
}

export function backupCell(city: City): HTMLElement {
  const old = isOlder(city.backed_up_at, BACKUP_OLD_DAYS);
  return h("span", { class: old ? "mark mark--bad" : "" }, old ? "⚠ " : "", moment(city.backed_up_at));
}

export function migrationCell(city: City): HTMLElement {
  if (!city.figures.is_readable) return h("span", { class: "mark mark--bad" }, `✕ ${CONCERNS.unreadable.name}`);
  if (!city.figures.is_migrated) return h("span", { class: "mark mark--bad" }, say("✕ 落后", "✕ behind"));
  return h("span", {}, moment(city.migrated_at));
}

export function calendarCell(city: City): HTMLElement {
  const years = city.figures.calendar_years_missing;
  return years.length ? h("span", { class: "mark mark--warn" }, `⚠ ${years.join(say("、", ", "))}`) : h("span", { class: "muted" }, say("✓ 齐", "✓ complete"));
}

export function usersCell(city: City): HTMLElement {
  const { users, last_sign_in_at } = city.figures;
  return h("div", {}, h("div", {}, count(users)), h("div", { class: "muted small" }, last_sign_in_at ? say(`登录 ${ago(last_sign_in_at)}`, `seen ${ago(last_sign_in_at)}`) : say("尚无人登录", "nobody yet")));
}

export function cityAddress(city: City): string {
  return `/cities/${city.slug}`;
}
