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

/** As many rows as were read, with a plus where reading stopped at a bound: 400+. */
export function countRead(rows: number, most: number): string {
  return rows >= most ? `${count(rows)}+` : count(rows);
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

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** 1536 → 1.5 KB, as the server says it. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
}

const DAY_MS = 86_400_000;

/** How long ago, in the largest unit that fits: 3 天前; “从未” for what never was. */
export function ago(text: string | null, now = Date.now()): string {
  if (!text) return say("从未", "never");
  const minutes = Math.max(0, Math.floor((now - Date.parse(text)) / 60_000));
  if (minutes < 1) return say("刚刚", "just now");
  if (minutes < 60) return say(`${minutes} 分钟前`, `${minutes} min ago`);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return say(`${hours} 小时前`, `${hours} h ago`);
  const days = Math.floor(hours / 24);
  return say(`${whole.format(days)} 天前`, `${whole.format(days)} d ago`);
}

/** Whether the moment lies more than so many days back, or never was. */
export function isOlder(text: string | null, days: number, now = Date.now()): boolean {
  return !text || now - Date.parse(text) > days * DAY_MS;
}

const calendarDay = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit" });

/** A moment's day in the city's calendar. */
export function day(text: string | null | undefined): string {
  return text ? calendarDay.format(new Date(text)) : "—";
}
