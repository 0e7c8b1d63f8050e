import { h } from "../lib/dom";
import { today } from "../lib/numbers";
import { dayText, isOfDay, timeText } from "../lib/week";
import { say } from "../lib/words";
import type { Named } from "./types";

export interface Booking {
  id: number;
  kind: string;
  starts_at: string;
  ends_at: string;
  instructor: Named | null;
  site: Named | null;
  hall: string;
  is_active: boolean;
}

export interface Calendar {
  is_said: boolean;
  days: { on: string; weekday: number; free: { from_time: string; to_time: string }[] }[];
  busy: Booking[];
}

const KINDS: Record<string, string> = { course: say("课程", "class"), site_duty: say("站点值守", "site duty"), activity: say("活动", "activity") };

export function bookingKind(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** Day by day: when the place is open, and what is booked. */
export function calendarTable(calendar: Calendar): HTMLElement {
  const rows = calendar.days.map((day) => {
    const booked = calendar.busy.filter((row) => isOfDay(row, day.on));
    const open = day.free.map((span) => `${span.from_time}–${span.to_time}`).join("、");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, dayText(day.on, today())),
      h("td", {}, calendar.is_said ? open || say("不开放", "closed") : say("未登记", "unknown")),
      h("td", {}, ...(booked.length ? booked.map((row) => h("div", {}, h("strong", {}, `${timeText(row.starts_at)}–${timeText(row.ends_at)}`), ` ${bookingKind(row.kind)}${row.instructor ? ` · ${row.instructor.name}` : ""}${row.hall ? ` · ${row.hall}` : ""}`)) : [h("span", { class: "muted" }, "—")])),
    );
  });
  return h(
    "div",
    { class: "table-frame", tabindex: 0, role: "region", "aria-label": say("今后两周", "the coming two weeks") },
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("日期", "Day")), h("th", { scope: "col" }, say("开放", "Open")), h("th", { scope: "col" }, say("已安排", "Booked")))), h("tbody", {}, ...rows)),
  );
}
