import { latestAt, Problem, problemBox, read, type Page, write } from "../lib/api";
import { clearFieldFaults, showFieldFaults } from "../lib/fields";
import { fill, h, whenQuiet } from "../lib/dom";
import { spansOf, spanText, type WeekSpan, WEEKDAYS, weekdayName } from "../lib/week";
import { say } from "../lib/words";
import { KINDS, kindName, type Named, type Site } from "./types";

const NAMES: Record<string, string> = {
  name: say("名称", "Name"),
  kind: say("类型", "Kind"),
  address: say("地址", "Address"),
  capacity: say("容纳人数", "People at a time"),
  opening_hours: say("开放时间", "Opening hours"),
  is_shared: say("可同时使用", "Shared use"),
  head_id: say("负责人", "Head"),
  is_step_free: say("无障碍通行", "Step-free"),
  has_accessible_toilet: say("无障碍卫生间", "Accessible toilet"),
  access_note: say("无障碍说明", "About access"),
};

type Changes = Record<string, unknown>;

/** Opens the form of a site; `saved` hears when something was written. Two who edit at once see both values. */
export function editSite(site: Site, etag: string, saved: () => void): void {
  const fault = h("div", {});
  const form = formOf(site);
  const save = h("button", { class: "button button--main", type: "submit" }, say("保存", "Save"));
  const dialog = h("dialog", { class: "dialog--wide", "aria-labelledby": "edit-title" }, form);
  form.prepend(h("h2", { id: "edit-title" }, say(`修改：${site.name}`, `Change: ${site.name}`)), fault);
  form.append(h("div", { class: "dialog__end" }, h("button", { class: "button button--quiet", type: "button", onclick: () => dialog.close() }, say("取消", "Cancel")), save));
  let tag = etag;
  const send = async (changes: Changes): Promise<void> => {
    await write("PATCH", `sites/${site.id}`, changes, { "If-Match": tag });
    dialog.close();
    saved();
  };
  const refuse = async (reason: unknown, changes: Changes): Promise<void> => {
    if (!(reason instanceof Problem) || reason.status !== 412) {
      const rest = showFieldFaults(form, reason);
      fill(fault, rest ? problemBox(rest) : null);
      return;
    }
    const now = await readTagged(site.id);
    tag = now.etag;
    fill(fault, bothValues(now.value, changes, () => void send(changes).catch((again: unknown) => refuse(again, changes)), () => dialog.close()));
    fault.querySelector<HTMLElement>("h3")?.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearFieldFaults(form);
    fill(fault);
    let changes: Changes;
    try {
      changes = changesOf(form, site);
    } catch (reason) {
      fill(fault, problemBox(reason));
      return;
    }
    if (Object.keys(changes).length === 0) return dialog.close();
    save.disabled = true;
    send(changes)
      .catch((reason: unknown) => refuse(reason, changes))
      .finally(() => (save.disabled = false));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function readTagged(id: number): Promise<{ value: Site; etag: string }> {
  const value = await read<Site>(`sites/${id}`);
  return { value, etag: `"${value.version}"` };
}

function formOf(site: Site): HTMLFormElement {
  const field = (name: string, input: HTMLElement, note = ""): HTMLElement => h("label", { class: "field" }, h("span", {}, NAMES[name] ?? name), input, note ? h("small", {}, note) : null);
  return h(
    "form",
    { method: "dialog" },
    h(
      "div",
      { class: "pair-fields" },
      field("name", h("input", { type: "text", name: "name", value: site.name, required: true, maxlength: 120 })),
      field("kind", h("select", { name: "kind" }, ...KINDS.map(([value, name]) => h("option", { value, selected: value === site.kind }, name)))),
      field("address", h("input", { type: "text", name: "address", value: site.address, maxlength: 200 })),
      field("capacity", h("input", { type: "number", name: "capacity", value: site.capacity ?? "", min: 1, max: 100000 }), say("不清楚就留空", "empty: unknown")),
      headField(site),
      field("is_shared", yesNo("is_shared", site.is_shared, false)),
      field("is_step_free", yesNo("is_step_free", site.is_step_free, true)),
      field("has_accessible_toilet", yesNo("has_accessible_toilet", site.has_accessible_toilet, true)),
    ),
    field("access_note", h("input", { type: "text", name: "access_note", value: site.access_note, maxlength: 200 })),
    h(
      "fieldset",
      { class: "hours-edit", name: "opening_hours" },
      h("legend", {}, NAMES["opening_hours"] ?? ""),
      ...WEEKDAYS.map((day) => h("label", {}, h("span", {}, weekdayName(day)), h("input", { type: "text", name: `hours-${day}`, value: hoursText(site.opening_hours, day), placeholder: say("如 06:00-08:00, 18:30-21:00", "e.g. 06:00-08:00, 18:30-21:00"), "aria-label": say(`${weekdayName(day)}开放时间`, `opening hours ${weekdayName(day)}`) }))),
    ),
  );
}

function hoursText(hours: WeekSpan[], day: number): string {
  return hours.filter((span) => span.weekday === day).map((span) => spanText(span).replace("–", "-")).join(", ");
}

function yesNo(name: string, value: boolean | null, maybe: boolean): HTMLElement {
  const option = (text: string, key: string, chosen: boolean): HTMLElement => h("option", { value: key, selected: chosen }, text);
  return h("select", { name }, maybe ? option(say("不清楚", "unknown"), "", value === null) : null, option(say("是", "yes"), "true", value === true), option(say("否", "no"), "false", value === false));
}

/** The head is somebody of the register, found by name; whoever was chosen stays so while others are looked for. */
function headField(site: Site): HTMLElement {
  const select = h("select", { name: "head_id" });
  const known = site.head;
  const offer = (people: Named[]): void => {
    const before = select.selectedOptions[0];
    const chosen = before ? Number(before.value) : (known?.id ?? 0);
    const standing = [known, before && chosen ? { id: chosen, name: before.text } : null].filter((one) => one !== null);
    const rows = [...standing.filter((one, at) => ![...people, ...standing.slice(0, at)].some((other) => other.id === one.id)), ...people];
    fill(select, h("option", { value: "" }, say("（无）", "(nobody)")), ...rows.map((one) => h("option", { value: one.id, selected: one.id === chosen }, one.name)));
  };
  offer([]);
  const search = h("input", { type: "search", placeholder: say("按姓名查找指导员", "find an instructor by name"), "aria-label": say("按姓名查找负责人", "find the head by name") });
  search.addEventListener(
    "input",
    whenQuiet(() => {
      const words = search.value.trim();
      const isLatest = latestAt(select);
      const found = (people: Named[]): void => void (isLatest() && offer(people));
      if (words) read<Page<Named>>(`instructors?limit=20&name=${encodeURIComponent(words)}`).then((page) => found(page.results)).catch(() => found([]));
    }, 250),
  );
  return h("div", { class: "field" }, h("label", { for: "site-head" }, NAMES["head_id"] ?? ""), search, Object.assign(select, { id: "site-head" }));
}

/** Only what differs is sent. */
function changesOf(form: HTMLFormElement, site: Site): Changes {
  const given = new FormData(form);
  const text = (name: string): string => String(given.get(name) ?? "").trim();
  const truth = (name: string): boolean | null => (text(name) === "" ? null : text(name) === "true");
  const wanted: Changes = {
    name: text("name"), kind: text("kind"), address: text("address"), capacity: text("capacity") === "" ? null : Number(text("capacity")),
    is_shared: truth("is_shared"), head_id: text("head_id") === "" ? null : Number(text("head_id")),
    is_step_free: truth("is_step_free"), has_accessible_toilet: truth("has_accessible_toilet"), access_note: text("access_note"),
  };
  const standing: Changes = { ...site, head_id: site.head?.id ?? null };
  const changes = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value !== standing[name]));
  const hours = WEEKDAYS.flatMap((day) => read1(day, text(`hours-${day}`)));
  if (WEEKDAYS.some((day) => hoursText(hours, day) !== hoursText(site.opening_hours, day))) changes["opening_hours"] = hours;
  return changes;
}

function read1(day: number, text: string): WeekSpan[] {
  const spans = spansOf(day, text);
  if (typeof spans !== "string") return spans;
  throw new Problem({
    code: "HOURS_NOT_UNDERSTOOD",
    status: 422,
    detail: say(`${weekdayName(day)}的开放时间“${spans}”看不懂`, `opening hours “${spans}” of ${weekdayName(day)} are not understood`),
    how_to_fix: { zh: "请写成 06:00-08:00，多段用逗号隔开", en: "write 06:00-08:00, several with commas between" },
  });
}

function bothValues(now: Site, changes: Changes, overwrite: () => void, close: () => void): HTMLElement {
  const standing: Changes = { ...now, head_id: now.head?.id ?? null };
  const rows = Object.entries(changes).map(([name, mine]) => h("tr", {}, h("th", { scope: "row" }, NAMES[name] ?? name), h("td", {}, shown(name, standing[name], now)), h("td", {}, shown(name, mine, now))));
  return h(
    "div",
    { class: "notice notice--warn", role: "alert" },
    h("h3", { tabindex: -1 }, say("别人刚刚改过这个站点", "Somebody has just changed this site")),
    h("p", {}, say("请看两边的值，再决定。", "Look at both values, then decide.")),
    h("div", { class: "table-frame versions" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, say("项", "Field")), h("th", {}, say("现在的值", "Now")), h("th", {}, say("您填的值", "Yours")))), h("tbody", {}, ...rows))),
    h("div", { class: "buttons" }, h("button", { class: "button button--main", type: "button", onclick: overwrite }, say("用我的值", "Take mine")), h("button", { class: "button", type: "button", onclick: close }, say("保留现在的值", "Keep what stands"))),
  );
}

function shown(name: string, value: unknown, now: Site): string {
  if (name === "kind") return kindName(String(value));
  if (name === "head_id" && value === now.head?.id) return now.head?.name ?? "";
  if (name === "opening_hours") return WEEKDAYS.map((day) => [weekdayName(day), hoursText(value as WeekSpan[], day)]).filter(([, text]) => text).map((pair) => pair.join(" ")).join("；") || say("不清楚", "unknown");
  if (value === null || value === "") return "—";
  return value === true ? say("是", "yes") : value === false ? say("否", "no") : String(value);
}
