import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, type Child, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, today } from "../lib/numbers";
import { dayText, isAtHand, isOfDay, localDay, minuteText, nextDay, timeText, WEEKDAYS, weekdayName } from "../lib/week";
import { say, sayEither } from "../lib/words";
import type { Warned } from "./closed-place";
import { chooser, row, rows, textField } from "./parts";
import type { Brief, InterestGrid } from "./types";

export interface Occurrence {
  id: number;
  activity_id: number;
  title: string;
  interest_grid: Brief;
  starts_at: string;
  ends_at: string;
  state: "planned" | "held" | "cancelled" | "unrecorded";
  cancel_reason: string;
  place: { site_id: number | null; name: string; point: [number, number] | null; closed_after: string | null };
  /** Its place was closed; a page kept for hours without a network may not know. */
  warnings?: Warned[];
  /** Present by name, and counted without. */
  named: number;
  headcount: number;
}

/** 19:00–20:30; 23:30–次日00:30. */
function hoursOf(one: Occurrence): string {
  const isNextDay = localDay(one.ends_at) !== localDay(one.starts_at);
  return `${timeText(one.starts_at)}–${isNextDay ? say("次日", "next day ") : ""}${timeText(one.ends_at)}`;
}

export function whenOf(one: Occurrence): string {
  return `${dayText(localDay(one.starts_at), today())} ${hoursOf(one)}`;
}

/** The same with hours that never break over two lines. */
export function whenShown(one: Occurrence): Child[] {
  return [dayText(localDay(one.starts_at), today()), " ", h("span", { class: "whole" }, hoursOf(one))];
}

/** Whether check-in, ticks and the end of it may be opened: it is of today, or begins right after midnight. */
export function isForNow(one: Occurrence): boolean {
  return isOfDay(one, today()) || isAtHand(one);
}

export function whereOf(one: Occurrence): string {
  return one.place.name;
}

function stateMark(one: Occurrence): HTMLElement | null {
  if (one.state === "cancelled") return h("span", { class: "mark mark--bad" }, say("✕ 已取消", "✕ cancelled"));
  if (one.state === "held") return h("span", { class: "mark mark--good" }, say(`✓ ${count(one.named + one.headcount)} 人`, `✓ ${count(one.named + one.headcount)} people`));
  if (one.state === "unrecorded") return h("span", { class: "mark" }, say("未记录", "not recorded"));
  return null;
}

/** Takes back that a meeting is over; who was there stays recorded. */
export async function reopen(one: Occurrence): Promise<void> {
  await write("POST", `occurrences/${one.id}/reopen`);
  announce(say("已撤销结束", "it is open again"));
}

export function reopenedNote(): HTMLElement {
  return h("p", { class: "notice notice--good", role: "status" }, say("✓ 已撤销结束，到场记录都在。登记完请再按“活动结束”。", "✓ It is open again with all who were there. End it when all is recorded."));
}

/** The button that takes back the end of a meeting of today; none for another. */
export function reopenButton(one: Occurrence, changed: (told: Node) => void): HTMLElement | null {
  if (one.state !== "held" || !isOfDay(one, today())) return null;
  const undo = (): void => void reopen(one).then(() => changed(reopenedNote())).catch((fault: unknown) => changed(problemBox(fault)));
  return h("button", { class: "button button--quiet", type: "button", onclick: undo, "aria-label": say(`撤销“${one.title}”的结束`, `undo that “${one.title}” is over`) }, say("撤销结束", "Not over"));
}

/** Meetings one below the other; `act` gives one that is planned or held its button. */
export function occurrencesShown(all: Occurrence[], act: (one: Occurrence) => Child = () => null): Node[] {
  if (all.length === 0) return [emptyBox(say("这几天没有安排活动。", "Nothing is planned in these days."))];
  return [rows(...all.map((one) => row([h("strong", {}, ...whenShown(one)), " ", stateMark(one), h("small", {}, [one.title, one.interest_grid.name, whereOf(one)].filter(Boolean).join(" · ")), one.cancel_reason ? h("small", {}, one.cancel_reason) : null, ...(one.warnings ?? []).map((warned) => h("small", { class: "warned" }, `▲ ${sayEither(warned)}`))], one.state === "planned" || one.state === "held" ? act(one) : null)))];
}

/** The interest grid's usual time of a day; an evening hour where it has none. */
function usual(grid: InterestGrid | undefined): { from: string; to: string } {
  const from = grid?.from_minute ?? 19 * 60;
  return { from: minuteText(from), to: minuteText((from + (grid?.minutes ?? 60)) % (24 * 60)) };
}

function momentOf(day: string, clock: string): string {
  return `${day}T${clock}:00+08:00`;
}

/** What goes on over midnight lasts no longer; an end that would be later is mistyped. */
const LONGEST_NIGHT_MS = 8 * 3_600_000;

/** When what begins on a day ends: at an earlier hour than it begins is on the day after, unless it would last the day. */
function endOf(on: string, from: string, to: string): { day: string; moment: string } {
  const late = on ? momentOf(nextDay(on), to) : "";
  const isNextDay = on !== "" && to < from && Date.parse(late) - Date.parse(momentOf(on, from)) <= LONGEST_NIGHT_MS;
  return isNextDay ? { day: nextDay(on), moment: late } : { day: on, moment: momentOf(on, to) };
}

const WEEKDAY_CODES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

interface Planned {
  warnings?: { zh: string; en: string }[];
}

/** Planning an activity, once or every week; warnings of quiet hours are told, not refused. */
export function askActivity(grids: InterestGrid[], done: (told: Node) => void): void {
  const weekly = h("label", { class: "choice" }, h("input", { type: "checkbox", name: "weekly" }), h("span", {}, say("每周重复", "Every week")));
  const days = h("fieldset", { hidden: true }, h("legend", {}, say("每周哪几天", "On which days")), ...WEEKDAYS.map((day) => h("label", { class: "choice" }, h("input", { type: "checkbox", name: "weekday", value: WEEKDAY_CODES[day - 1] ?? "" }), h("span", {}, weekdayName(day)))));
  weekly.querySelector("input")?.addEventListener("change", (event) => (days.hidden = !(event.target as HTMLInputElement).checked));
  const first = grids[0];
  const which = chooser("interest_grid_id", say("哪个兴趣网格", "Which interest grid"), grids.map((grid) => [grid.id, grid.name]));
  const title = textField("title", say("活动名称", "What"), { required: true, maxlength: 80, value: first?.item.name ?? "" });
  const on = textField("on", say("哪一天", "Which day"), { type: "date", min: today(), value: today(), required: true });
  const from = textField("from", say("几点开始", "From"), { type: "time", required: true, value: usual(first).from });
  const to = textField("to", say("几点结束", "To"), { type: "time", required: true, value: usual(first).to });
  const over = h("p", { class: "notice notice--warn", role: "status", id: "time-over" }, say("这个时间已经过去，保存后是补录。要安排以后的活动，请改日期或时间。", "This time is over: what is saved is a record afterwards. To plan ahead, change the day or the time."));
  const typed = (field: HTMLElement): string => field.querySelector("input")?.value ?? "";
  const late = h("p", { class: "muted", role: "status", id: "next-day" });
  const isWeekly = (): boolean => weekly.querySelector("input")?.checked ?? false;
  const tellTimes = (): void => {
    const end = endOf(typed(on), typed(from), typed(to));
    const isNextDay = end.day !== typed(on);
    late.textContent = isNextDay ? say(`结束在第二天：${dayText(end.day, today())} ${typed(to)}`, `It ends on the next day: ${dayText(end.day, today())} ${typed(to)}`) : "";
    late.hidden = !isNextDay;
    over.hidden = isWeekly() || !(Date.parse(end.moment) < Date.now());
  };
  for (const field of [on, from, to, weekly]) field.addEventListener("input", tellTimes);
  tellTimes();
  which.querySelector("select")?.addEventListener("change", (event) => {
    const grid = grids.find((one) => one.id === Number((event.target as HTMLSelectElement).value));
    // What was typed stays; only what was offered before gives way to what is offered now.
    const put = (field: HTMLElement, value: string): void => {
      const input = field.querySelector("input") as HTMLInputElement;
      if (input.value === input.defaultValue) input.value = value;
      input.defaultValue = value;
    };
    put(title, grid?.item.name ?? "");
    put(from, usual(grid).from);
    put(to, usual(grid).to);
    tellTimes();
  });
  ask({
    title: say("安排活动", "Plan an activity"),
    body: [
      which,
      title,
      on,
      from,
      to,
      late,
      over,
      textField("place_name", say("在哪里（不填则用兴趣网格的地点）", "Where (else the usual place)"), { maxlength: 120 }),
      weekly,
      days,
    ],
    confirm: say("安排", "Plan"),
    carryOut: async (form) => {
      const grid = grids.find((one) => one.id === Number(form.get("interest_grid_id")));
      const on = String(form.get("on"));
      const [begins, ends] = [String(form.get("from")), String(form.get("to"))];
      const chosen = form.getAll("weekday").map(String);
      const recurrence = form.get("weekly") === "on" ? `FREQ=WEEKLY${chosen.length ? `;BYDAY=${chosen.join(",")}` : ""}` : "";
      const place = String(form.get("place_name") ?? "").trim();
      const where = place || !grid ? { place_name: place } : grid.site && !grid.site.closed_after ? { site_id: grid.site.id } : { place_name: grid.place_name };
      const answer = await write<Planned>("POST", "activities", { interest_grid_id: grid?.id, title: form.get("title"), starts_at: momentOf(on, begins), ends_at: endOf(on, begins, ends).moment, recurrence, ...where });
      announce(say("活动已安排", "the activity is planned"));
      const warnings = answer.warnings ?? [];
      const planned = h("p", {}, say("✓ 活动已安排", "✓ The activity is planned"));
      done(h("div", { class: `notice notice--${warnings.length ? "warn" : "good"}`, role: "status" }, planned, ...warnings.map((warning) => h("p", {}, sayEither(warning)))));
    },
    showFault: problemBox,
  });
}

const CATEGORIES: [string, string][] = [
  ["weather", say("天气", "weather")],
  ["place", say("场地", "the place")],
  ["instructor", say("指导员", "the instructor")],
  ["too_few", say("人数不足", "too few people")],
  ["public_duty", say("公务", "public duty")],
  ["other", say("其他", "other")],
];

/** Cancelling one meeting; everybody who left a phone is told. */
export function askCancel(one: Occurrence, done: () => void): void {
  ask({
    title: say(`取消 ${whenOf(one)}`, `Cancel ${whenOf(one)}`),
    body: [h("p", {}, say("参加的人会收到取消通知。", "Those who take part are told.")), chooser("category", say("原因", "Why"), CATEGORIES), textField("reason", say("说明", "In words"), { required: true, maxlength: 300 })],
    confirm: say("取消这次活动", "Cancel it"),
    leave: say("不取消", "Keep it"),
    carryOut: async (form) => {
      await write("POST", `occurrences/${one.id}/cancel`, { category: form.get("category"), reason: form.get("reason") });
      announce(say("已取消并通知", "cancelled and told"));
      done();
    },
    showFault: problemBox,
  });
}
