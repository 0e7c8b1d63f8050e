import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/offices.css";

import { problemBox, read, readAll } from "./lib/api";
import { announce, byId, fill, h } from "./lib/dom";
import { asOf, emptyBox } from "./lib/figures";
import { count, today } from "./lib/numbers";
import { showNotices } from "./lib/notices";
import { latestRead, Pending } from "./lib/pending";
import { isAtHand, isOfDay, localDay } from "./lib/week";
import { say, sayEither } from "./lib/words";
import { Attending } from "./network/attending";
import { askEnrol } from "./network/enrolling";
import { askActivity, isForNow, type Occurrence, occurrencesShown, reopenButton, whenShown, whereOf } from "./network/occurrences";
import { actButton } from "./network/parts";
import { type InterestGrid, ROLE_NAMES, type WorkProfile } from "./network/types";
import { askIssue, askVisit } from "./network/visits";

const DAY_MS = 86_400_000;
/** Seven days are today and the six after it. */
const DAYS_AHEAD = 6;
const DAYS_BACK = 7;
const LATE_MS = DAY_MS / 4;

function isLate(one: Occurrence): boolean {
  const over = Date.now() - Date.parse(one.ends_at);
  return one.state === "planned" && (over >= LATE_MS || (over >= 0 && !isOfDay(one, today())));
}

/** The grid member's screen: today's activity with one large button, then what else there is to do. */
class OwnPost {
  private grids: InterestGrid[] = [];
  private readonly pending: Pending;

  constructor() {
    this.pending = new Pending(byId("waiting"), () => void this.all());
    void this.all();
  }

  private async all(): Promise<void> {
    void showNotices(byId("notices"), (load) => latestRead("notices", load));
    void this.part("month", () => read<WorkProfile>("me/work-profile"), monthShown);
    await this.part("else", () => readAll<InterestGrid>("interest-grids?mine=true", 200), (found) => {
      this.grids = found.filter((grid) => grid.state !== "closed");
      return [this.more()];
    });
    await this.part("now", () => readAll<Occurrence>(`occurrences?mine=true&from=${dayAfter(-DAYS_BACK)}&to=${dayAfter(DAYS_AHEAD)}`, 200), (found) => this.showNow(found));
  }

  private async part<T>(id: string, load: () => Promise<T>, shown: (value: T) => Node[]): Promise<void> {
    const place = byId(id);
    if (!place.firstChild) fill(place, h("p", { class: "loading", role: "status" }, say("正在读取…", "Loading…")));
    try {
      const found = await latestRead(`member-${id}`, load);
      if (!found) return;
      const { value, at } = found;
      fill(place, at ? asOf(at) : null, ...shown(value));
    } catch (fault) {
      fill(place, problemBox(fault, () => void this.part(id, load, shown)));
    }
  }

  private showNow(read: Occurrence[]): Node[] {
    // What nobody ended may still be told for some days.
    const late = read.filter(isLate);
    const all = read.filter((one) => !isLate(one) && (isOfDay(one, today()) || localDay(one.starts_at) > today()));
    const planned = all.filter((one) => one.state === "planned");
    // What is on comes before what ended and was not recorded yet.
    const next = planned.find(isAtHand) ?? planned[0];
    const again = (told: Node | null): void => { fill(byId("said"), told); void this.all(); };
    const open = (one: Occurrence): void => void new Attending(one, this.pending, again).open();
    const opened = (one: Occurrence): HTMLElement | null => reopenButton(one, again) ?? (one.state === "planned" && isForNow(one) ? actButton(say("打开", "Open"), () => open(one)) : null);
    const told = late.length ? [h("p", { class: "notice notice--warn" }, say(`${late.length} 次活动还没有记录到场情况，可以补登。`, `${late.length} meetings were not recorded; you still may.`)), ...occurrencesShown(late, (one) => actButton(say("补登", "Record"), () => open(one)))] : [];
    fill(byId("week"), ...told, ...occurrencesShown(all.filter((one) => one !== next), opened));
    if (!next) return [emptyBox(say("今后七天没有活动。", "No activity in the coming seven days."), say("可以现在发起一个。", "You may start one now.")), this.plan("button button--main button--huge")];
    const isNow = isForNow(next);
    return [
      h("p", { class: "when" }, ...whenShown(next)),
      h("p", { class: "where" }, h("strong", {}, next.title), h("br"), [next.interest_grid.name, whereOf(next)].filter(Boolean).join(" · ")),
      ...(next.warnings ?? []).map((warned) => h("p", { class: "notice notice--warn" }, `▲ ${sayEither(warned)}`, " ", h("a", { href: `/interest-grids/${next.interest_grid.id}` }, say("去换地点", "Move it")))),
      h("button", { class: `button button--huge ${isNow ? "button--main" : ""}`, type: "button", id: "start", onclick: () => open(next) }, isNow ? say("开始签到", "Start check-in") : say("打开这次活动", "Open this one")),
    ];
  }

  private plan(look = "button button--wide"): HTMLElement {
    const active = this.grids.filter((grid) => grid.state === "active");
    return actButton(say("＋ 发起活动", "+ Start an activity"), () => askActivity(active, (told) => { fill(byId("said"), told); void this.all(); }), { class: look, disabled: active.length === 0 });
  }

  private more(): HTMLElement {
    const served = new Map(this.grids.flatMap((grid) => grid.base_grids.map((base) => [base.id, base.name] as const)));
    const grids = [...served].map(([id, name]) => ({ id, name }));
    const said = (words: string): void => {
      fill(byId("said"), words ? h("p", { class: "notice notice--good", role: "status" }, `✓ ${words}`) : null);
      if (words) announce(words);
    };
    const wide = { class: "button button--wide" };
    const buttons = h(
      "div",
      { class: "buttons" },
      this.plan(),
      actButton(say("帮人报名", "Enrol somebody"), () => askEnrol(this.grids, this.pending, said), wide),
      actButton(say("记走访", "Note a visit"), () => askVisit(grids, this.pending, said), { ...wide, id: "visit" }),
      actButton(say("报设施问题", "Report a fault"), () => askIssue(grids, this.pending, said), wide),
      h("a", { ...wide, href: "/network/hotline" }, say("看 12345 答复", "What the hotline said")),
    );
    const links = this.grids.map((grid) => h("a", { href: `/interest-grids/${grid.id}` }, grid.name));
    return h("div", {}, buttons, links.length ? h("p", { class: "own-grids-links" }, say("我的兴趣网格：", "My interest grids: "), ...links) : null);
  }
}

function monthShown(profile: WorkProfile): Node[] {
  return [
    h("dl", { class: "four-roles" }, ...ROLE_NAMES.map(([role, name]) => h("div", {}, h("dt", {}, name), h("dd", {}, h("b", {}, count(profile.roles[role])), say(" 次", " times"))))),
    h("p", { class: "muted small" }, say(`本周自动记录 ${count(profile.burden.by_itself)} 条，手工填写 ${count(profile.burden.typed + profile.burden.forms)} 条。`, `This week ${count(profile.burden.by_itself)} recorded by themselves, ${count(profile.burden.typed + profile.burden.forms)} by hand.`)),
  ];
}

function dayAfter(days: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(Date.now() + days * DAY_MS));
}

new OwnPost();
