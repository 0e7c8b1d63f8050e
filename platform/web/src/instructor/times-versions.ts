import { h } from "../lib/dom";
import { spanText, WEEKDAYS, weekdayName } from "../lib/week";
import { say } from "../lib/words";
import type { FreeTime } from "./types";

interface Choices {
  mine: () => void;
  stored: () => void;
}

/** Both weeks side by side where they differ, and whose shall stand: nothing is written before somebody chose. */
export function bothWeeks(mine: FreeTime[], stored: FreeTime[], choices: Choices): HTMLElement {
  const rows = WEEKDAYS.filter((day) => dayTold(mine, day) !== dayTold(stored, day)).map((day) => h("tr", {}, h("th", { scope: "row" }, weekdayName(day)), h("td", {}, dayTold(stored, day)), h("td", {}, dayTold(mine, day))));
  return h(
    "div",
    { class: "notice notice--warn", role: "alert", id: "times-versions" },
    h("h3", { tabindex: -1 }, say("您的时间刚在别处改过", "Your times were just changed elsewhere")),
    h("p", {}, say("您这里的修改还没有保存。请看两边的时间，再决定用哪一份。", "What you changed here is not saved yet. Look at both, then decide.")),
    h("div", { class: "table-frame versions" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("星期", "Weekday")), h("th", { scope: "col" }, say("现在保存的", "Stored now")), h("th", { scope: "col" }, say("我改的", "Mine")))), h("tbody", {}, ...rows))),
    h("div", { class: "buttons" }, h("button", { class: "button button--main", type: "button", id: "take-mine", onclick: choices.mine }, say("用我改的", "Take mine")), h("button", { class: "button", type: "button", id: "take-stored", onclick: choices.stored }, say("用现在保存的", "Take what is stored"))),
  );
}

/** Whether both say the same about every day, whatever the order of their lines. */
export function sameWeek(one: FreeTime[], other: FreeTime[]): boolean {
  return WEEKDAYS.every((day) => dayTold(one, day) === dayTold(other, day));
}

function dayTold(times: FreeTime[], day: number): string {
  const own = times.filter((time) => time.weekday === day).sort((a, b) => a.from_minute - b.from_minute || a.to_minute - b.to_minute);
  return own.map((time) => [spanText(time), time.valid_from ? say(`自${time.valid_from}`, `from ${time.valid_from}`) : "", time.valid_to ? say(`至${time.valid_to}`, `to ${time.valid_to}`) : ""].filter(Boolean).join(" ")).join("、") || "—";
}
