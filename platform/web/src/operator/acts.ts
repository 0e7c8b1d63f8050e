import { readLatest } from "../lib/api";
import { h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { bytes, clock, count } from "../lib/numbers";
import { say } from "../lib/words";

interface Act {
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
  "city.import": say("导入", "imported"),
  "city.describe": say("改名称或标注", "renamed or labelled"),
  "city.set_quotas": say("改配额", "set quotas"),
  "city.suspend": say("暂停", "suspended"),
  "city.resume": say("恢复服务", "resumed"),
  "city.schedule_drop": say("申请注销", "asked to drop"),
  "city.cancel_drop": say("撤销注销", "drop cancelled"),
  "city.drop": say("注销", "dropped"),
  "city.add_domain": say("加域名", "host added"),
  "city.rename_domain": say("改域名", "host renamed"),
  "city.make_primary_domain": say("换主域名", "primary host changed"),
  "city.remove_domain": say("去域名", "host removed"),
  "city.backup": say("备份", "backed up"),
  "city.export": say("导出", "exported"),
  "city.restore": say("从备份恢复", "restored from a backup"),
};

const FIELDS: Record<string, string> = {
  name: say("名称", "name"),
  data_label: say("数据标注", "data label"),
  storage_quota_bytes: say("存储配额", "storage quota"),
  job_slots: say("同时运行", "jobs at a time"),
  job_quota: say("可等待", "jobs that may wait"),
  suspended_at: say("暂停自", "suspended since"),
  suspension_message: say("原因", "reason"),
  drop_after: say("注销期满", "drop after"),
  host: say("域名", "host"),
  hosts: say("域名", "hosts"),
  is_primary: say("主域名", "primary"),
  file: say("文件", "file"),
  backup: say("备份", "backup"),
};

/** What operators did to the city, the newest first; whatever else a row holds is for the audit export. */
export async function actsOn(slug: string): Promise<Node> {
  const rows = await readLatest<Act>(`cities/${slug}/audit-events`, 20);
  return rows.length ? h("ul", { class: "plain-list" }, ...rows.map(act)) : emptyBox(say("还没有记录。", "Nothing yet."));
}

function act(row: Act): HTMLElement {
  const told = [...changes(row), row.reason].filter(Boolean).join(say("；", "; "));
  return h(
    "li",
    { class: "act" },
    h("div", { class: "job__line" }, h("span", {}, h("strong", {}, ACTS[row.action] ?? row.action), " · ", row.actor_label), h("span", { class: "muted small" }, clock(row.at))),
    told ? h("div", { class: "muted small act__told" }, told) : null,
  );
}

function changes(row: Act): string[] {
  const before = row.before ?? {};
  return Object.entries(row.after ?? {})
    .filter(([name, value]) => name in FIELDS && JSON.stringify(before[name]) !== JSON.stringify(value))
    .map(([name, value]) => `${FIELDS[name]} ${before[name] === null || before[name] === undefined || before[name] === "" ? "" : `${said(name, before[name])} → `}${said(name, value)}`);
}

function said(name: string, value: unknown): string {
  if (value === null || value === "") return say("无", "none");
  if (typeof value === "number") return name.endsWith("_bytes") ? bytes(value) : count(value);
  if (typeof value === "boolean") return value ? say("是", "yes") : say("否", "no");
  if (Array.isArray(value)) return value.join(say("、", ", "));
  const text = String(value);
  return name.endsWith("_at") || name === "drop_after" ? clock(text) : text;
}
