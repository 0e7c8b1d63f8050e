import { Problem, problemBox, readTagged, show, write } from "../lib/api";
import { announce, byId, fill, h } from "../lib/dom";
import { today } from "../lib/numbers";
import { askBeforeLeaving } from "../lib/unsaved";
import { dayText, DAY_END, minuteOf, minuteText, spanText, WEEKDAYS, weekdayName } from "../lib/week";
import { say, sayEither } from "../lib/words";
import { bothWeeks, sameWeek } from "./times-versions";
import type { FreeTime, Times } from "./types";

type Found = { value: Times; etag: string };

interface Slot {
  name: string;
  from: number;
  to: number;
}

/** Four parts of a day, one beside the other: a press says “I can be asked then”. */
const SLOTS: Slot[] = [
  { name: say("清晨", "Early"), from: 330, to: 540 },
  { name: say("上午", "Morning"), from: 540, to: 720 },
  { name: say("下午", "Afternoon"), from: 780, to: 1080 },
  { name: say("晚上", "Evening"), from: 1110, to: 1290 },
];

type Pressed = "true" | "false" | "mixed";

/** The own weekly pattern by large buttons, exact times below, and days that are different. */
export class TimesEditor {
  private times: FreeTime[] = [];
  /** What was stored when the pressing began: it tells whether somebody else changed the week since. */
  private stored: FreeTime[] = [];
  private etag = "";
  private exactOpen = false;
  private dirty = false;
  private isSaving = false;
  private readonly hint = h("p", { class: "muted" });
  private readonly week = h("div", {});
  private readonly exactPlace = h("div", {});
  private readonly tools = h("div", { class: "buttons" });
  private readonly said = h("div", { id: "times-said" });
  private readonly days = h("div", {});
  private readonly daysFault = h("div", {});

  constructor(private readonly id: number) {
    askBeforeLeaving(() => this.dirty);
    void this.load();
  }

  private async load(): Promise<void> {
    const outcome = await show(byId("times"), async (isLatest) => {
      const found = await this.found();
      if (isLatest()) this.take(found);
      return [];
    });
    if (outcome === "shown") this.render();
  }

  private found(): Promise<Found> {
    return readTagged<Times>(`instructors/${this.id}/free-times`);
  }

  private take({ value, etag }: Found): void {
    this.times = value.times;
    this.stored = value.times;
    this.etag = etag;
    this.dirty = false;
    this.leave(value);
  }

  private render(): void {
    fill(byId("times"), this.hint, this.week, this.exactPlace, this.said, this.tools);
    fill(this.exactPlace, this.exact());
    this.renderAround();
  }

  /** Draws all but the exact times: a time is typed figure by figure, and its field must stay under the fingers. */
  private renderAround(): void {
    this.hint.textContent = this.times.length ? say("按一下改变一格；深色表示可以安排您。", "Press to change; dark: you can be asked then.") : say("您还没有填写，调度员无法安排您。按一下想上课的格子。", "You have not said when: nobody can plan with you. Press when you can teach.");
    fill(this.week, this.grid());
    fill(
      this.tools,
      h("button", { class: "button button--main", type: "button", id: "times-save", disabled: !this.dirty || this.isSaving, onclick: () => void this.save() }, say("保存时间", "Save the times")),
      this.dirty ? h("button", { class: "button button--quiet", type: "button", onclick: () => void this.load() }, say("放弃修改", "Undo")) : null,
    );
  }

  private grid(): HTMLElement {
    return h(
      "table",
      { class: "week-edit" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, say("星期", "Weekday"))), ...SLOTS.map((slot) => h("th", { scope: "col" }, slot.name, h("small", {}, `${minuteText(slot.from)}–`, h("wbr"), minuteText(slot.to)))))),
      h(
        "tbody",
        {},
        ...WEEKDAYS.map((day) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, weekdayName(day)),
            ...SLOTS.map((slot) => {
              const pressed = this.pressed(day, slot);
              const parts = this.within(day, slot).map(spanText);
              const words = { true: say("✓ 可以", "✓ yes"), false: say("不可以", "no"), mixed: parts.join("、") }[pressed];
              const shown = pressed === "mixed" ? parts.map((part) => h("span", {}, `${part.slice(0, 6)}`, h("wbr"), part.slice(6))) : [pressed === "true" ? words : "—"];
              return h("td", {}, h("button", { class: "slot", type: "button", "aria-pressed": pressed, "data-slot": `${day}-${slot.from}`, "aria-label": `${weekdayName(day)} ${slot.name} ${words}`, onclick: () => this.toggle(day, slot) }, ...shown));
            }),
          ),
        ),
      ),
    );
  }

  private pressed(day: number, slot: Slot): Pressed {
    const minutes = this.within(day, slot).reduce((sum, time) => sum + time.to_minute - time.from_minute, 0);
    return minutes <= 0 ? "false" : minutes >= slot.to - slot.from ? "true" : "mixed";
  }

  /** What of the slot is said to be free. */
  private within(day: number, slot: Slot): FreeTime[] {
    const here = this.times.filter((time) => time.weekday === day && time.from_minute < slot.to && time.to_minute > slot.from);
    return here.map((time) => ({ ...time, from_minute: Math.max(time.from_minute, slot.from), to_minute: Math.min(time.to_minute, slot.to) }));
  }

  /** Full becomes empty, everything else becomes full; what lies outside the slot stays. */
  private toggle(day: number, slot: Slot): void {
    const full = this.pressed(day, slot) === "true";
    const kept = this.times.flatMap((time) => (time.weekday === day ? without(time, slot) : [time]));
    this.times = full ? kept : joined([...kept, { weekday: day, from_minute: slot.from, to_minute: slot.to, valid_from: null, valid_to: null }]);
    this.changed(`[data-slot="${day}-${slot.from}"]`);
  }

  private changed(focus: string): void {
    this.dirty = true;
    fill(this.said);
    this.render();
    byId("times").querySelector<HTMLElement>(focus)?.focus();
  }

  private exact(): HTMLElement {
    const details = h("details", { open: this.exactOpen }, h("summary", {}, say("精确时间", "Exact times")), h("div", { class: "exact" }, ...this.times.map((time, at) => this.exactLine(time, at))), h("button", { class: "button button--small", type: "button", id: "add-time", onclick: () => this.add() }, say("＋ 添加一段", "+ Add a time")));
    details.addEventListener("toggle", () => (this.exactOpen = details.open));
    return details;
  }

  private exactLine(time: FreeTime, at: number): HTMLElement {
    const change = (part: Partial<FreeTime>): void => {
      this.times = this.times.map((other, index) => (index === at ? { ...other, ...part } : other));
      this.dirty = true;
      fill(this.said);
      this.renderAround();
      remove.setAttribute("aria-label", removing(this.times[at] ?? time));
    };
    const removing = (one: FreeTime): string => say(`删除 ${weekdayName(one.weekday)} ${spanText(one)}`, `remove ${weekdayName(one.weekday)} ${spanText(one)}`);
    const remove = h("button", { class: "button button--small button--quiet", type: "button", "aria-label": removing(time), onclick: () => this.remove(at) }, say("删除", "Remove"));
    const day = h("select", { "aria-label": say("星期", "weekday"), "data-time": at }, ...WEEKDAYS.map((weekday) => h("option", { value: weekday, selected: weekday === time.weekday }, weekdayName(weekday))));
    day.addEventListener("change", () => change({ weekday: Number(day.value) }));
    const clock = (name: string, minute: number, set: (minute: number) => void): HTMLInputElement => {
      const input = h("input", { type: "time", value: minuteText(minute === DAY_END ? 0 : minute), "aria-label": name, step: 300 });
      input.addEventListener("change", () => {
        const given = minuteOf(input.value);
        if (given !== null) set(given);
      });
      return input;
    };
    return h(
      "div",
      { class: "exact__line" },
      day,
      clock(say("从", "from"), time.from_minute, (minute) => change({ from_minute: minute })),
      clock(say("到", "to"), time.to_minute, (minute) => change({ to_minute: minute || DAY_END })),
      remove,
    );
  }

  private add(): void {
    this.exactOpen = true;
    this.times = [...this.times, { weekday: 1, from_minute: 360, to_minute: 480, valid_from: null, valid_to: null }];
    this.changed(`[data-time="${this.times.length - 1}"]`);
  }

  private remove(at: number): void {
    this.times = this.times.filter((_, index) => index !== at);
    this.changed("#add-time");
  }

  private async save(): Promise<void> {
    const sent = this.times;
    const isPressedHere = this.tools.contains(document.activeElement);
    this.isSaving = true;
    byId<HTMLButtonElement>("times-save").disabled = true;
    try {
      const other = await this.put();
      if (other) return this.choose(other);
      this.saved(await this.found(), sent);
      fill(this.said, h("p", { class: "notice notice--good", role: "status" }, say("✓ 已保存", "✓ saved")));
      announce(say("时间已保存", "the times are saved"));
    } catch (fault) {
      fill(this.said, problemBox(fault));
    } finally {
      this.isSaving = false;
      this.renderAround();
      // The button is drawn anew: after a refusal the next press by keyboard is on it again.
      if (isPressedHere && document.activeElement === document.body) byId("times-save").focus();
    }
  }

  /** What was pressed while the week was being saved stays, and is still to be saved. */
  private saved(found: Found, sent: FreeTime[]): void {
    if (this.times === sent) return this.takeInPlace(found);
    const now = this.times;
    this.take(found);
    this.times = now;
    this.dirty = true;
  }

  /** The same week may come back in another order; the lines of exact times know theirs by their place and stay as they are. */
  private takeInPlace(found: Found): void {
    const now = this.times;
    this.take(found);
    if (sameWeek(found.value.times, now)) this.times = now;
    else this.render();
  }

  /** Writes the week; returns what somebody else stored since the pressing began, which then stays as it is. */
  private async put(): Promise<Found | null> {
    try {
      await write<Times>("PUT", `instructors/${this.id}/free-times`, { times: this.times }, { "If-Match": this.etag });
      return null;
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.status !== 412) throw fault;
      const found = await this.found();
      if (sameWeek(found.value.times, this.times)) return null;
      if (!sameWeek(found.value.times, this.stored)) return found;
      // Something else about the person was changed: no other week is overwritten.
      this.etag = found.etag;
      return this.put();
    }
  }

  /** Shows the own and the stored week; only a press on one of both writes or drops anything. */
  private choose(found: Found): void {
    const mine = (): void => {
      this.stored = found.value.times;
      this.etag = found.etag;
      void this.save();
    };
    const stored = (): void => {
      this.take(found);
      this.render();
      fill(this.said, h("p", { class: "notice", role: "status" }, say("现在显示的是保存的时间。", "Shown is what is stored.")));
    };
    fill(this.said, bothWeeks(this.times, found.value.times, { mine, stored }));
    this.said.querySelector<HTMLElement>("h3")?.focus();
  }

  /** Days that are different: leave for a day, or extra time; with the bookings they contradict. What is being entered below stays. */
  private leave(value: Times): void {
    fill(
      this.days,
      ...value.warnings.map((warning) => h("p", { class: "notice notice--warn", role: "status" }, sayEither(warning.message))),
      value.exceptions.length
        ? h("ul", { class: "plain-list" }, ...value.exceptions.map((row) => h("li", { class: "person" }, h("span", {}, h("strong", {}, dayText(row.on, today())), ` ${row.is_free ? say("可以", "free") : say("请假", "not free")}${row.from_minute === 0 && row.to_minute === DAY_END ? "" : ` ${spanText(row)}`}${row.note ? ` · ${row.note}` : ""}`), h("button", { class: "button button--small button--quiet", type: "button", onclick: () => void this.different(write<Times>("DELETE", `time-exceptions/${row.id}`)) }, say("取消", "Take back")))))
        : h("p", { class: "muted" }, say("没有登记的请假。", "No day is different.")),
    );
    if (!this.days.isConnected) fill(byId("leave"), this.days, this.daysFault, this.leaveForm());
  }

  private leaveForm(): HTMLElement {
    const on = h("input", { type: "date", name: "on", value: today(), min: today(), required: true });
    const kind = h("select", { name: "kind" }, h("option", { value: "off" }, say("请假一天", "not at all")), ...SLOTS.map((slot) => h("option", { value: `off-${slot.from}-${slot.to}` }, say(`${slot.name}请假`, `not in the ${slot.name.toLowerCase()}`))), h("option", { value: "on" }, say("这天全天可以", "free all day")));
    const form = h("form", { class: "leave-form" }, h("label", { class: "field" }, h("span", {}, say("哪一天", "Which day")), on), h("label", { class: "field" }, h("span", {}, say("怎样", "How")), kind), h("button", { class: "button", type: "submit" }, say("登记", "Record")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const sent = [on.value, kind.value].join();
      const [, from, to] = kind.value.split("-");
      const exception = { on: on.value, is_free: kind.value === "on", ...(from && to ? { from_minute: Number(from), to_minute: Number(to) } : {}) };
      void this.different(write<Times>("POST", `instructors/${this.id}/free-times/exceptions`, exception)).then((isRecorded) => {
        if (isRecorded && [on.value, kind.value].join() === sent) form.reset();
      });
    });
    return form;
  }

  /** Shows what a write of a day that is different came to; whether it was recorded. */
  private async different(writing: Promise<Times>): Promise<boolean> {
    try {
      await writing;
      const found = await this.found();
      fill(this.daysFault);
      // What is being pressed above stays as it is: only the days that are different were written.
      if (!this.dirty) this.takeInPlace(found);
      else {
        this.leave(found.value);
        if (sameWeek(found.value.times, this.stored)) this.etag = found.etag;
        else this.choose(found);
      }
      announce(say("已登记", "recorded"));
      return true;
    } catch (reason) {
      fill(this.daysFault, problemBox(reason));
      return false;
    }
  }
}

function without(time: FreeTime, slot: Slot): FreeTime[] {
  const before = { ...time, to_minute: Math.min(time.to_minute, slot.from) };
  const after = { ...time, from_minute: Math.max(time.from_minute, slot.to) };
  return [before, after].filter((part) => part.from_minute < part.to_minute);
}

/** Times of a day without end that touch become one, because the server refuses overlaps. */
function joined(times: FreeTime[]): FreeTime[] {
  const sorted = [...times].sort((a, b) => a.weekday - b.weekday || a.from_minute - b.from_minute);
  const kept: FreeTime[] = [];
  for (const time of sorted) {
    const last = kept.at(-1);
    const plain = last && !last.valid_from && !last.valid_to && !time.valid_from && !time.valid_to;
    if (last && plain && last.weekday === time.weekday && last.to_minute >= time.from_minute) kept[kept.length - 1] = { ...last, to_minute: Math.max(last.to_minute, time.to_minute) };
    else kept.push(time);
  }
  return kept;
}
