import { english, say } from "./words";

const NAMES_ZH = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
const NAMES_EN = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** 1 Monday … 7 Sunday. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
export const DAY_END = 1440;

export interface WeekSpan {
  weekday: number;
  from_minute: number;
  to_minute: number;
}

/** 1 → 周一. */
export function weekdayName(weekday: number): string {
  return (english ? NAMES_EN : NAMES_ZH)[weekday - 1] ?? "";
}

/** 390 → 06:30; 1440 → 24:00. */
export function minuteText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** 06:30 → 390, also 6：30; null for what is no time of a day. */
export function minuteOf(text: string): number | null {
  const found = /^\s*(\d{1,2})[:：](\d{2})\s*$/.exec(text);
  if (!found) return null;
  const minute = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minute <= DAY_END ? minute : null;
}

export function spanText(span: { from_minute: number; to_minute: number }): string {
  return `${minuteText(span.from_minute)}–${minuteText(span.to_minute)}`;
}

/** 周三 06:30–07:30. */
export function whenText(span: WeekSpan): string {
  return `${weekdayName(span.weekday)} ${spanText(span)}`;
}

/** “06:00-08:00, 18:30-21:00” of one weekday; the piece that is not understood, otherwise. */
export function spansOf(weekday: number, text: string): WeekSpan[] | string {
  const spans: WeekSpan[] = [];
  for (const piece of text.split(/[,，、;；]/).map((part) => part.trim()).filter(Boolean)) {
    const [from, to, more] = piece.split(/[-–—~～至到]/).map((part) => minuteOf(part));
    if (more !== undefined || typeof from !== "number" || typeof to !== "number" || from >= to) return piece;
    spans.push({ weekday, from_minute: from, to_minute: to });
  }
  return spans;
}

const dayFormat = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", { timeZone: "Asia/Shanghai", month: english ? "short" : "long", day: "numeric", weekday: "short" });
const timeFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
const isoFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });

/** A moment of the API as the city's day: 2026-11-22. */
export function localDay(moment: string): string {
  return isoFormat.format(new Date(moment));
}

interface Span {
  starts_at: string;
  ends_at: string;
}

/** People gather so long before a meeting begins. */
const GATHERING_MS = 1_800_000;

/** Whether what goes on from one moment to another does so on that day: begun before midnight and going on after it, it does. */
export function isOfDay(span: Span, day: string): boolean {
  return localDay(span.starts_at) <= day && Date.parse(span.ends_at) > Date.parse(`${day}T00:00:00+08:00`);
}

/** It goes on or is about to begin. */
export function isAtHand(span: Span): boolean {
  return Date.parse(span.starts_at) - GATHERING_MS <= Date.now() && Date.now() < Date.parse(span.ends_at);
}

/** The day after: 2026-12-31 → 2027-01-01. */
export function nextDay(day: string): string {
  return isoFormat.format(new Date(Date.parse(`${day}T12:00:00+08:00`) + 86_400_000));
}

/** 11月24日周二; with 昨天, 今天 and 明天 by name. */
export function dayText(day: string, todayIs: string): string {
  const noon = new Date(`${day}T12:00:00+08:00`);
  const ahead = Math.round((noon.getTime() - new Date(`${todayIs}T12:00:00+08:00`).getTime()) / 86_400_000);
  const name = dayFormat.format(noon);
  const near = ahead === 0 ? say("今天", "Today") : ahead === 1 ? say("明天", "Tomorrow") : ahead === -1 ? say("昨天", "Yesterday") : "";
  return near ? `${near} ${name}` : name;
}

/** A moment of the API as the city's clock: 06:30. */
export function timeText(moment: string): string {
  return timeFormat.format(new Date(moment));
}
