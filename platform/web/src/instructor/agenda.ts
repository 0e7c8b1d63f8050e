import { byId, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { today } from "../lib/numbers";
import { dayText, localDay, timeText } from "../lib/week";
import { placeName, say } from "../lib/words";
import { PointMap } from "../map/point-map";
import { bookingKind } from "../sites/calendar";
import type { Appointment } from "./types";

const WEEK_MS = 7 * 86_400_000;

function what(one: Appointment): string {
  return one.item ? `${one.item} · ${bookingKind(one.kind)}` : bookingKind(one.kind);
}

/** That the place was closed for the day it is booked: it stands until somebody moves it. */
function closed(one: Appointment): HTMLElement | null {
  const last = one.place?.closed_after;
  if (!last || localDay(one.starts_at) <= last) return null;
  return h("p", { class: "notice notice--warn" }, say(`▲ 这个场地自 ${last} 后不再使用，请等候改期或改地点，去之前先联系。`, `▲ This place is closed after ${last}: it will be moved; ask before you go.`));
}

function where(one: Appointment): string {
  return [one.place?.name ?? one.town, one.hall].filter(Boolean).join(" · ");
}

/** The next duty, large, with a small map; and the seven days. */
export function showAgenda(appointments: Appointment[]): void {
  const next = appointments[0];
  if (!next) {
    fill(byId("next"), emptyBox(say("目前没有安排给您的课程或值守。", "Nothing is booked for you."), say("请把可授课时间填写完整，调度员会按它安排。", "Keep your free times up to date; the dispatcher goes by them.")));
    fill(byId("week"), h("p", { class: "muted" }, say("今后七天没有安排。", "Nothing in the coming seven days.")));
    return;
  }
  showNext(next);
  showWeek(appointments);
}

function showNext(next: Appointment): void {
  const { place } = next;
  const frame = h("div", { class: "point-map point-map--small", id: "map", role: "region", "aria-label": say("下一次的位置", "where the next one is") });
  const rows: [string, string][] = [
    [say("地址", "Address"), place ? [...new Set([next.town, placeName(place.unit), place.address])].filter(Boolean).join(" ") : next.town],
    [say("联系", "Whom to ask"), say(`${next.town}，由 ${next.arranged_by} 安排`, `${next.town}; arranged by ${next.arranged_by}`)],
  ];
  if (place?.is_step_free !== null && place) rows.push([say("无障碍", "Access"), [place.is_step_free ? say("✓ 可无障碍通行", "✓ step-free") : say("✕ 有台阶", "✕ steps"), place.access_note].filter(Boolean).join("，")]);
  fill(
    byId("next"),
    h("p", { class: "when" }, `${dayText(localDay(next.starts_at), today())} ${timeText(next.starts_at)}–${timeText(next.ends_at)}`),
    h("p", { class: "where" }, h("strong", {}, where(next)), h("br"), what(next)),
    closed(next),
    h("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    place ? frame : null,
  );
  if (place) new PointMap(frame, [{ id: place.id, lon: place.lon, lat: place.lat, name: place.name, look: "site" }], () => undefined);
}

function showWeek(appointments: Appointment[]): void {
  const until = Date.now() + WEEK_MS;
  const soon = appointments.filter((one) => Date.parse(one.starts_at) < until);
  const later = appointments.length - soon.length;
  fill(
    byId("week"),
    soon.length ? h("ul", { class: "plain-list" }, ...soon.map((one) => h("li", {}, h("strong", {}, `${dayText(localDay(one.starts_at), today())} ${timeText(one.starts_at)}–${timeText(one.ends_at)}`), h("br"), `${where(one)} · ${what(one)}`, closed(one)))) : h("p", { class: "muted" }, say("今后七天没有安排。", "Nothing in the coming seven days.")),
    later ? h("p", { class: "muted" }, say(`之后还有 ${later} 次`, `${later} more after that`)) : null,
  );
}
