import { english, say } from "./words";

const locale = english ? "en" : "zh-CN";
const whole = new Intl.NumberFormat(locale);
const moment = new Intl.DateTimeFormat(locale, {
  timeZone: "Asia/Shanghai",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** 115780 → 115,780. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? "—" : whole.format(value);
}

/** 12 → +12, −3 stays −3: a deviation from a target. */
export function signed(value: number): string {
  return value > 0 ? `+${whole.format(value)}` : value < 0 ? `−${whole.format(-value)}` : "0";
}

/** 0.873 → 87.3%; “未计算” when nothing was computed. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return say("未计算", "not computed");
  return `${(value * 100).toFixed(1)}%`;
}

/** 712.3 → 712 米. */
export function metres(value: number): string {
  return say(`${whole.format(Math.round(value))} 米`, `${whole.format(Math.round(value))} m`);
}

/** 123456 m² → 12.3 公顷. */
export function hectares(area_m2: number): string {
  return say(`${(area_m2 / 10000).toFixed(1)} 公顷`, `${(area_m2 / 10000).toFixed(1)} ha`);
}

/** A moment of the API, in the city's clock. */
export function clock(text: string | null | undefined): string {
  return text ? moment.format(new Date(text)) : "—";
}

/** Today in the city's clock, as YYYY-MM-DD. */
export function today(): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
}
