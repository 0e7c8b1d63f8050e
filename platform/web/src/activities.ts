import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/offices.css";

import { type Page, read, readAll, renew, show } from "./lib/api";
import { announce, byId, fill, h, whenQuiet } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { today } from "./lib/numbers";
import { fromAddress, keepInAddress } from "./lib/tabs";
import { dayText, localDay, timeText } from "./lib/week";
import { placeName, say } from "./lib/words";
import { showCalendar } from "./network/calendar";
import { closedMark } from "./network/closed-place";
import { actButton, row, rows } from "./network/parts";

interface Community {
  id: number;
  name: string;
  town: string;
}

interface Meeting {
  id: number;
  title: string;
  interest_grid: string;
  starts_at: string;
  ends_at: string;
  place: { name: string; closed_after: string | null };
  state: "planned" | "held" | "cancelled" | "unrecorded";
  cancel_reason: string;
}

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 6;
const SHOWN = 8;
const QUIET_MS = 300;
const CHOSEN = "wangge-community";

/** What goes on this week in the community one chose: when, where, and what was called off; nothing to sign up for. */
class Activities {
  private readonly found = h("div", { id: "found", "aria-live": "polite" });
  private readonly name = h("input", { type: "search", name: "community", maxlength: 60, placeholder: say("例如：建设路", "a part of its name") });

  constructor() {
    this.name.addEventListener("input", whenQuiet(() => void this.search(), QUIET_MS));
    const known = remembered();
    if (known) this.choose(known);
    else this.ask();
  }

  private ask(): void {
    byId("chosen").hidden = true;
    fill(byId("where"), h("section", { class: "box" }, h("h2", {}, say("您住在哪个社区？", "Which community do you live in?")), h("label", { class: "field" }, h("span", {}, say("社区名称", "Its name")), this.name), this.found));
    void this.search();
  }

  private async search(): Promise<void> {
    await renew(this.found, async () => {
      const query = new URLSearchParams({ limit: String(SHOWN), ...(this.name.value.trim() ? { name: this.name.value.trim() } : {}) });
      const page = await read<Page<Community>>(`activity-communities?${query}`);
      const more = page.next ? h("p", { class: "muted small" }, say("还有更多社区，请多输入几个字。", "There are more: type some more of the name.")) : null;
      return [page.results.length ? rows(...page.results.map((one) => row([h("strong", {}, placeName(one.name)), one.town ? h("small", {}, one.town) : null], actButton(say("看这里", "This one"), () => this.choose(one), { "data-community": one.id, "aria-label": say(`看 ${placeName(one.name)} 的活动`, `activities of ${placeName(one.name)}`) })))) : emptyBox(say("没有这样的社区。", "No community is called so."), say("请换一个字试试，例如只输入“建设”。", "Try another part of the name.")), more];
    });
  }

  private choose(one: Community): void {
    keepInAddress("community", one.id);
    try {
      localStorage.setItem(CHOSEN, JSON.stringify(one));
    } catch {
      // A browser that keeps nothing asks again the next time.
    }
    const title = placeName(one.name);
    fill(byId("where"), h("p", { class: "where" }, h("strong", {}, title), " ", actButton(say("换一个社区", "Another community"), () => this.ask(), { class: "button button--quiet", id: "other" })));
    byId("chosen").hidden = false;
    announce(title);
    const until = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(Date.now() + DAYS_AHEAD * DAY_MS));
    void show(byId("week"), async () => weekShown(await readAll<Meeting>(`communities/${one.id}/activities?from=${today()}&to=${until}`, 400)));
    void showCalendar(byId("calendar"), { community_id: one.id });
  }
}

function remembered(): Community | null {
  const asked = Number(fromAddress("community"));
  try {
    const kept = JSON.parse(localStorage.getItem(CHOSEN) ?? "null") as Community | null;
    return kept && (!asked || kept.id === asked) ? kept : null;
  } catch {
    return null;
  }
}

function weekShown(read: Meeting[]): Node[] {
  // Of what began yesterday evening only what still goes on is news.
  const all = read.filter((one) => localDay(one.starts_at) >= today() || (one.state === "planned" && Date.parse(one.ends_at) > Date.now()));
  if (all.length === 0) return [emptyBox(say("这七天没有安排活动。", "Nothing is planned in these seven days."), say("可以换一个附近的社区看看，或者在城市地图上找健身站点。", "Look at a community nearby, or find a site on the city map."))];
  return [...new Set(all.map((one) => localDay(one.starts_at)))].flatMap((day) => [h("h3", {}, dayText(day, today())), rows(...all.filter((one) => localDay(one.starts_at) === day).map(meetingRow))]);
}

function meetingRow(one: Meeting): HTMLElement {
  const isOff = one.state === "cancelled";
  const isClosed = one.state === "planned" && one.place.closed_after !== null && localDay(one.starts_at) > one.place.closed_after;
  const mark = isClosed ? closedMark() : isOff ? h("span", { class: "mark mark--bad" }, say("✕ 已取消", "✕ called off")) : one.state === "held" ? h("span", { class: "mark" }, say("已结束", "over")) : null;
  return row([h("strong", {}, h("span", { class: "whole" }, `${timeText(one.starts_at)}–${timeText(one.ends_at)}`), " ", one.title), " ", mark, h("small", {}, [one.interest_grid, one.place.name].filter(Boolean).join(" · ")), isOff && one.cancel_reason ? h("small", {}, say(`原因：${one.cancel_reason}`, `why: ${one.cancel_reason}`)) : null, isClosed ? h("small", { class: "warned" }, say("场地已停用，请先问清楚改在哪里。", "The place was closed: ask where it meets instead.")) : null]);
}

new Activities();
