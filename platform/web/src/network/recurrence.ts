import { minuteText, weekdayName } from "../lib/week";
import { say } from "../lib/words";

export const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** FREQ=WEEKLY;BYDAY=TU,TH → 每周二、周四; empty for a rule that takes more words than a line has. */
function repeats(rule: string): string {
  const parts = new Map(rule.split(";").map((part) => part.split("=", 2) as [string, string]));
  if ([...parts.keys()].some((key) => !["FREQ", "BYDAY", "WKST"].includes(key))) return "";
  const days = (parts.get("BYDAY") ?? "").split(",").filter(Boolean).map((code) => DAYS.indexOf(code) + 1);
  if (days.includes(0)) return "";
  const names = days.map(weekdayName).join(say("、", ", "));
  if (parts.get("FREQ") === "DAILY" && days.length === 0) return say("每天", "every day");
  if (parts.get("FREQ") === "WEEKLY") return days.length ? say(`每${names}`, `every ${names}`) : say("每周", "every week");
  return "";
}

/** How often and on which days (1 Monday) a rule repeats, where days of the week tell all of it; null for another rule. */
export function daysOf(rule: string): { often: "" | "daily" | "weekly"; days: number[] } | null {
  if (!rule) return { often: "", days: [] };
  if (!repeats(rule)) return null;
  const days = (/BYDAY=([A-Z,]+)/.exec(rule)?.[1] ?? "").split(",").filter(Boolean).map((code) => DAYS.indexOf(code) + 1);
  if (rule.includes("FREQ=DAILY")) return { often: "daily", days: [] };
  return days.length ? { often: "weekly", days } : null;
}

/** The usual time of an interest grid as people say it: 每周二、周四 19:00–20:30. */
export function usualTime(grid: { recurrence: string; from_minute: number | null; minutes: number | null }): string {
  const hours = grid.from_minute === null ? "" : grid.minutes === null ? minuteText(grid.from_minute) : `${minuteText(grid.from_minute)}–${minuteText(Math.min(grid.from_minute + grid.minutes, 1440))}`;
  return [grid.recurrence ? repeats(grid.recurrence) : "", hours].filter(Boolean).join(" ");
}
