import { problemBox, read, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { bytes, clock } from "../lib/numbers";
import { say } from "../lib/words";
import type { City } from "./cities";
import { field } from "./forms";
import type { Operation } from "./operations";

interface Backup {
  name: string;
  size_bytes: number;
  taken_at: string;
}

/** Suspending and dropping a city, and the ways back. */
export function danger(place: Element, city: City, changed: (told: string) => void, started: (one: Operation) => void): void {
  fill(place, ...(city.state === "to_be_dropped" ? dropping(city, changed) : [...service(city, changed), ...restoring(city, started), ...drop(city, changed)]));
}

async function act(city: City, what: string, body: unknown, done: () => void): Promise<void> {
  await write("POST", `cities/${city.slug}/${what}`, body);
  done();
}

function service(city: City, changed: (told: string) => void): HTMLElement[] {
  if (city.state === "suspended") {
    return [
      h("p", {}, say(`${clock(city.suspended_at)} 起暂停，只读。居民和工作人员看到：`, `Suspended since ${clock(city.suspended_at)}, read-only. People see:`)),
      h("blockquote", { class: "quoted" }, city.suspension_message || say("该城市已暂停服务，目前只读", "this city is suspended and read-only")),
      button(say("恢复服务", "Resume service"), "", () =>
        ask({
          title: say(`恢复 ${city.name} 的服务？`, `Resume ${city.name}?`),
          body: [h("p", {}, say("五秒内各页面恢复可写。", "All its pages take writes again within five seconds."))],
          confirm: say("恢复", "Resume"),
          carryOut: () => act(city, "resume", {}, () => changed(say("服务已恢复。", "Service was resumed."))),
          showFault: (fault) => problemBox(fault),
        }),
      ),
    ];
  }
  return [
    h("p", {}, say("暂停后该市只读，已登录的人看到您写的原因。数据不动，可随时恢复。", "While suspended the city is read-only and people see your reason. Its data stays; it can be resumed at any time.")),
    button(say("暂停服务…", "Suspend…"), "", () => {
      const message = h("textarea", { rows: 3, required: true, maxlength: 300 });
      ask({
        title: say(`暂停 ${city.name} 的服务`, `Suspend ${city.name}`),
        body: [field("message", say("给使用者看的原因", "The reason that people see"), message, say("例如：系统升级，预计今日 22:00 恢复", "for example: upgrade, back at 22:00 today"))],
        confirm: say("暂停", "Suspend"),
        carryOut: () => act(city, "suspend", { message: message.value.trim() }, () => changed(say("服务已暂停，目前只读。", "The city is suspended and read-only."))),
        showFault: (fault) => problemBox(fault),
      });
    }),
  ];
}

function restoring(city: City, started: (one: Operation) => void): HTMLElement[] {
  return [
    h("p", { class: "danger__next" }, say("从备份恢复：备份之后写入的全部丢失。恢复后该市仍为暂停，核对无误再恢复服务。", "Restoring from a backup: what was written since is lost. The city stays suspended until you have looked and resume it.")),
    button(say("从备份恢复…", "Restore from a backup…"), "", () => void restoreDialog(city, started)),
  ];
}

async function restoreDialog(city: City, started: (one: Operation) => void): Promise<void> {
  const chosen = h("select", { required: true });
  const typed = h("input", { type: "text", required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const note = h("div", {});
  ask({
    title: say(`从备份恢复 ${city.name}`, `Restore ${city.name}`),
    body: [note, field("backup", say("备份", "Backup"), chosen), field("typed_slug", say(`请输入简称 ${city.slug} 确认`, `Type the short name ${city.slug} to confirm`), typed)],
    confirm: say("恢复到此备份", "Restore this backup"),
    carryOut: async () => started(await write<Operation>("POST", `cities/${city.slug}/restore`, { backup: chosen.value, typed_slug: typed.value })),
    showFault: (fault) => problemBox(fault),
  });
  try {
    const { results } = await read<{ results: Backup[] }>(`cities/${city.slug}/backups`);
    fill(chosen, ...results.map((backup) => h("option", { value: backup.name }, `${clock(backup.taken_at)} · ${bytes(backup.size_bytes)}`)));
    if (!results.length) fill(note, h("div", { class: "notice notice--warn" }, h("p", {}, say("还没有备份可用。", "There is no backup yet."))));
  } catch (fault) {
    fill(note, problemBox(fault));
  }
}

function drop(city: City, changed: (told: string) => void): HTMLElement[] {
  return [
    h("p", { class: "danger__next" }, say("注销须输入简称确认。宽限期内只读，可以取消；期满自动备份后清除全部数据。", "A drop is confirmed by the short name. During the grace period the city is read-only and the drop can be cancelled; after it the city is backed up and all of it removed.")),
    button(say("注销城市…", "Drop the city…"), "button--danger", () => {
      const typed = h("input", { type: "text", required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
      ask({
        title: say(`注销 ${city.name}？`, `Drop ${city.name}?`),
        body: [h("p", {}, say("该市的库、文件、用户与域名都将在宽限期满后清除。", "Its schema, files, people and hosts go when the grace period ends.")), field("typed_slug", say(`请输入简称 ${city.slug} 确认`, `Type the short name ${city.slug} to confirm`), typed)],
        confirm: say("申请注销", "Ask for the drop"),
        carryOut: () => act(city, "drop", { typed_slug: typed.value }, () => changed(say("已进入注销宽限期。", "The grace period has begun."))),
        showFault: (fault) => problemBox(fault),
      });
    }),
  ];
}

function dropping(city: City, changed: (told: string) => void): HTMLElement[] {
  return [
    h("div", { class: "notice notice--bad" }, h("p", {}, say(`将于 ${clock(city.drop_after)} 后注销。此前只读。`, `To be dropped after ${clock(city.drop_after)}; read-only until then.`))),
    button(say("撤销注销", "Cancel the drop"), "button--main", () =>
      ask({
        title: say(`撤销注销 ${city.name}？`, `Keep ${city.name}?`),
        body: [h("p", {}, say("该市仍为暂停、只读；需要时再恢复服务。", "The city stays suspended; resume it when it may be written again."))],
        confirm: say("撤销注销", "Keep the city"),
        carryOut: () => act(city, "cancel-drop", {}, () => changed(say("注销已撤销。", "The drop was cancelled."))),
        showFault: (fault) => problemBox(fault),
      }),
    ),
  ];
}

function button(name: string, more: string, clicked: () => void): HTMLElement {
  return h("button", { class: `button ${more}`, type: "button", onclick: clicked }, name);
}
