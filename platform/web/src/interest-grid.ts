import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/offices.css";

import { latestAt, Problem, problemBox, read, readAll, renew, write } from "./lib/api";
import { announce, byId, type Child, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { count, today } from "./lib/numbers";
import { dayText } from "./lib/week";
import { baseGridName, placeName, say, sayEither } from "./lib/words";
import { box } from "./network/boxes";
import { showCalendar } from "./network/calendar";
import { askPlace, closedMark } from "./network/closed-place";
import { askClosing, askCrossing, askWaking, awaitsCrossing } from "./network/deciding";
import { showHandedUp } from "./network/erasures";
import { askMember, membersShown } from "./network/members";
import { askActivity, askCancel, type Occurrence, occurrencesShown } from "./network/occurrences";
import { actButton } from "./network/parts";
import { showParticipants } from "./network/participants";
import { type Reader, whoReads } from "./network/reader";
import { usualTime } from "./network/recurrence";
import { askUsual } from "./network/usual";
import { GRID_STATES, type GridMember, type InterestGrid } from "./network/types";

const DAY_MS = 86_400_000;
const WEEKS_AHEAD = 8;

/** One interest grid: what it is, who serves, what comes; and its decisions, each with what it means said before. */
class InterestGridPage {
  private readonly id = Number(byId("interest-grid").dataset["id"]);
  private coming: Occurrence[] = [];
  /** One place for as long as the page stands: an address in it is shown once and must outlive what else is done here. */
  private readonly calendar = h("div", {});

  constructor(private readonly reader: Reader) {
    const home = reader.rights.has("interest.view") ? ["/network", say("‹ 兴趣网格", "‹ Interest grids")] : reader.led.length ? ["/me/grid", say("‹ 我的网格", "‹ My grids")] : ["/me/post", say("‹ 我的活动", "‹ My activities")];
    fill(byId("back"), h("a", { href: home[0] }, home[1] ?? ""));
    void this.all();
  }

  private async all(): Promise<void> {
    const place = byId("whole");
    if (!place.firstChild) fill(place, h("p", { class: "loading", role: "status" }, say("正在读取…", "Loading…")));
    const isLatest = latestAt(place);
    try {
      const grid = await read<InterestGrid>(`interest-grids/${this.id}`);
      if (isLatest()) this.show(grid);
    } catch (fault) {
      if (!isLatest()) return;
      if (fault instanceof Problem && fault.status === 404) fill(place, emptyBox(say("没有这个兴趣网格，或者它不在您的工作范围内。", "There is no such interest grid, or it is not among yours."), say("请从列表中打开；需要查看时请联系所在街镇。", "Open it from the list; else ask the street or town.")));
      else fill(place, problemBox(fault, () => void this.all()));
    }
  }

  /** Whoever leads a grid it serves, or holds the right: the server has the last word, grid by grid. */
  private may(right: string, grid: InterestGrid): boolean {
    return this.reader.rights.has(right) || this.reader.led.some((led) => grid.base_grids.some((base) => base.id === led.id));
  }

  private done(told: string): void {
    fill(byId("said"), h("p", { class: "notice notice--good", role: "status" }, `✓ ${told}`));
    announce(told);
    void this.all();
  }

  private show(grid: InterestGrid): void {
    const [words, look] = GRID_STATES[grid.state];
    fill(byId("name"), grid.name, " ", h("span", { class: `mark ${look}` }, words));
    byId("where").textContent = `${placeName(grid.community.name)} · ${grid.item.name}`;
    this.actions(grid);
    const closed = grid.state === "closed";
    const members = h("div", {});
    const week = h("div", {});
    const people = h("div", {});
    const handedUp = h("div", {});
    fill(
      byId("whole"),
      this.standing(grid),
      this.closedPlace(grid),
      h(
        "div",
        { class: "columns" },
        h("div", {}, closed ? null : box("week", say("接下来的活动", "What comes"), week), closed ? null : box("members", say("网格员", "Members"), members, ...this.memberTools(grid)), closed || grid.state === "proposed" ? null : box("people", say("参加的人", "People"), people), handedUp),
        h("div", {}, box("facts", say("基本情况", "What it is"), facts(grid), this.changing(grid)), grid.state === "active" ? box("calendar", say("日历订阅", "In your calendar"), this.calendar) : null, this.closing(grid)),
      ),
    );
    void showHandedUp(handedUp, grid.id);
    if (closed) return;
    if (grid.state === "active" && !this.calendar.firstChild) void showCalendar(this.calendar, { interest_grid_id: grid.id });
    void this.showWeek(week, grid);
    void this.showMembers(members, grid);
    // A member of it enrols people and lets them leave too: the one who may see the page without a right or a lead.
    const serves = !this.reader.rights.has("interest.view");
    if (grid.state !== "proposed") void showParticipants(people, this.id, { may: serves || this.may("activity.edit", grid), done: (told) => this.done(told) });
  }

  private changing(grid: InterestGrid, words = say("修改时间和地点…", "Change time and place…"), id = "change-usual"): Child {
    if (grid.state === "closed" || !this.may("interest.edit", grid)) return null;
    return actButton(words, () => void askUsual(this.id, (told) => this.done(told)).catch((fault: unknown) => fill(byId("said"), problemBox(fault))), { id });
  }

  private memberTools(grid: InterestGrid): Child[] {
    if (!this.may("member.edit", grid)) return [];
    return [actButton(say("＋ 增加", "+ Add"), () => askMember([grid], () => this.done(say("已提名", "nominated")))), h("a", { class: "button button--quiet", href: "/network/members" }, say("批量导入", "From a file"))];
  }

  private actions(grid: InterestGrid): void {
    const decides = this.may("interest.edit", grid);
    const waits = awaitsCrossing(grid);
    const main: Child =
      grid.state === "proposed" && !waits && decides
        ? actButton(say("确认成立", "Confirm"), () => this.confirm(), { class: "button button--main", id: "confirm" })
        : grid.state === "proposed" && waits && this.reader.rights.has("interest.cross")
          ? actButton(say("批准跨社区…", "Approve crossing…"), () => askCrossing(grid, (told) => this.done(told)), { class: "button button--main", id: "cross" })
          : grid.state === "dormant" && decides
            ? actButton(say("重新开始…", "Wake…"), () => askWaking(grid, (told) => this.done(told)), { class: "button button--main", id: "wake" })
            : grid.state === "active" && this.runs(grid)
              ? actButton(say("＋ 安排活动", "+ Plan an activity"), () => askActivity([grid], (told) => this.planned(told)), { class: "button button--main", id: "plan" })
              : null;
    fill(byId("actions"), main);
  }

  private planned(told: Node): void {
    fill(byId("said"), told);
    void this.all();
  }

  private confirm(): void {
    write("POST", `interest-grids/${this.id}/confirm`, {})
      .then(() => this.done(say("已确认成立", "confirmed")))
      .catch((fault: unknown) => fill(byId("said"), problemBox(fault)));
  }

  /** What the state means for whoever reads, where it is not plain. */
  private standing(grid: InterestGrid): HTMLElement | null {
    if (awaitsCrossing(grid)) {
      const said = this.reader.rights.has("interest.cross") ? say("它还要服务别的社区，需要您批准。", "It serves other communities too: that is for you to approve.") : say("它还要服务别的社区，正等待区县批准；批准后才能确认成立。", "It serves other communities too and waits for the county; it is confirmed after that.");
      return h("div", { class: "notice notice--warn" }, h("p", {}, said), h("p", { class: "fix" }, say("跨到：", "Beyond: "), others(grid).join(say("、", ", "))));
    }
    if (grid.state === "dormant") return h("div", { class: "notice notice--warn" }, h("p", {}, say(`已有一段时间没有活动${grid.last_activity_on ? `（最近一次 ${grid.last_activity_on}）` : ""}，${grid.dormant_since ?? ""} 起休眠。`, `No activity for some time${grid.last_activity_on ? ` (the last on ${grid.last_activity_on})` : ""}; asleep since ${grid.dormant_since ?? ""}.`)), h("p", { class: "fix" }, say("还办：按“重新开始”，再安排活动。不办了：在下面关闭。", "To go on: wake it and plan an activity. Else close it below.")));
    if (grid.state === "closed") return h("div", { class: "notice" }, h("p", {}, say(`已于 ${grid.closed_on ?? ""} 关闭：${grid.close_reason}`, `Closed on ${grid.closed_on ?? ""}: ${grid.close_reason}`)), h("p", { class: "fix" }, say("要再办，请另提一个新的兴趣网格。", "To run it again, propose a new one.")));
    return null;
  }

  /** That its usual place was closed, with the way to another; meetings planned there are told one by one below. */
  private closedPlace(grid: InterestGrid): HTMLElement | null {
    const warned = grid.warnings ?? [];
    if (warned.length === 0) return null;
    const fix = say("已安排在那里的活动没有取消，请在“接下来的活动”里逐项换地点或取消。", "Meetings planned there stand: move or cancel them below.");
    return h("div", { class: "notice notice--warn", id: "place-closed" }, ...warned.map((one) => h("p", {}, `▲ ${sayEither(one)}`)), h("p", { class: "fix" }, fix), this.changing(grid, say("另选地点…", "Another place…"), "choose-place"));
  }

  /** What may be done with a meeting whose place was closed. */
  private moving(one: Occurrence, grid: InterestGrid): Child {
    if (!one.warnings?.length || one.state !== "planned" || !this.runs(grid)) return null;
    const usual = { site: grid.site && !grid.site.closed_after ? grid.site : null, name: grid.site ? "" : grid.place_name };
    return h("div", { class: "buttons" }, actButton(say("换地点…", "Move…"), () => void askPlace(one.activity_id, usual, (told) => this.done(told)).catch((fault: unknown) => fill(byId("said"), problemBox(fault))), { "data-move": one.activity_id }), actButton(say("取消", "Cancel"), () => askCancel(one, () => void this.all()), { class: "button button--quiet" }));
  }

  private runs(grid: InterestGrid): boolean {
    return this.may("activity.edit", grid) || !this.reader.rights.has("interest.view");
  }

  private closing(grid: InterestGrid): HTMLElement | null {
    if (grid.state === "closed" || !this.may("interest.edit", grid)) return null;
    const proposed = grid.state === "proposed";
    const words = proposed ? say("不同意成立…", "Reject the proposal…") : say("关闭这个兴趣网格…", "Close this interest grid…");
    return box("closing", proposed ? say("不同意", "Rejecting") : say("关闭", "Closing"), h("div", {}, h("p", { class: "muted" }, proposed ? say("提议会被关闭，提出人能看到原因。", "The proposal is closed; who made it sees why.") : say("不再办了才关闭，关闭后不能恢复。只是暂时不办，可以不管，长期没有活动会自动休眠。", "Only for good: it is not undone. One that merely rests falls asleep by itself.")), actButton(words, () => askClosing(grid, this.coming, (told) => this.done(told)), { id: "close" })));
  }

  private async showWeek(place: HTMLElement, grid: InterestGrid): Promise<void> {
    const until = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(Date.now() + WEEKS_AHEAD * 7 * DAY_MS));
    await renew(place, async () => {
      const found = await readAll<Occurrence>(`occurrences?interest_grid=${this.id}&from=${today()}&to=${until}`, 200);
      if (place.isConnected) this.coming = found.filter((one) => one.state === "planned");
      const few = found.slice(0, 5);
      const closed = this.coming.filter((one) => one.warnings?.length).length;
      const warned = closed ? h("p", { class: "notice notice--warn" }, say(`▲ 有 ${count(closed)} 次活动安排在已停用的地点，没有取消，请换地点或取消。`, `▲ ${count(closed)} meetings are planned at a place that was closed: move or cancel them.`)) : null;
      return [warned, ...occurrencesShown(few, (one) => this.moving(one, grid)), found.length > few.length ? h("p", { class: "muted small" }, say(`${WEEKS_AHEAD} 周内共 ${count(found.length)} 次`, `${count(found.length)} in ${WEEKS_AHEAD} weeks`)) : null];
    });
  }

  private async showMembers(place: HTMLElement, grid: InterestGrid): Promise<void> {
    await renew(place, async () => {
      const found = await readAll<GridMember>(`grid-members?interest_grid=${this.id}`, 400);
      const here = found.map((member) => ({ ...member, posts: member.posts.filter((post) => post.interest_grid.id === this.id) }));
      return membersShown(here, () => void this.all(), { manages: this.may("member.edit", grid), mine: !this.reader.rights.has("member.edit"), opens: this.reader.rights.has("personal.full_value") });
    });
  }
}

/** The names of the base grids it serves in other communities than its own. */
function others(grid: InterestGrid): string[] {
  return grid.base_grids.filter((base) => base.community_id !== grid.community.id).map((base) => baseGridName(base.name));
}

function facts(grid: InterestGrid): HTMLElement {
  const next = grid.next_days.map((day) => dayText(day, today())).join(say("，", ", "));
  const lines: [string, Child][] = [
    [say("编号", "Code"), h("span", { class: "code" }, grid.code)],
    [say("时间", "When"), usualTime(grid) || next || say("未定", "not set")],
    [say("地点", "Where"), h("span", {}, (grid.site?.name ?? grid.place_name) || say("未定", "not set"), ...(grid.site?.closed_after ? [" ", closedMark()] : []))],
    [say("服务网格", "Serves"), grid.base_grids.map((base) => baseGridName(base.name)).join(say("、", ", "))],
    [say("网格员", "Members"), say(`${count(grid.member_count)} 人`, count(grid.member_count))],
    [say("参加的人", "People"), say(`${count(grid.participant_count)} 人`, count(grid.participant_count))],
    [say("开始", "Since"), grid.active_since ?? say("尚未开始", "not begun")],
    [say("最近活动", "Last activity"), grid.last_activity_on ?? say("还没有", "none yet")],
    grid.crossing_approved_on ? [say("跨社区批准", "Crossing approved"), grid.crossing_approved_on] : ["", null],
    grid.introduction ? [say("介绍", "About"), grid.introduction] : ["", null],
  ];
  return h("dl", { class: "facts" }, ...lines.filter(([name]) => name).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function start(): void {
  whoReads()
    .then((reader) => new InterestGridPage(reader))
    .catch((fault: unknown) => fill(byId("whole"), problemBox(fault, start)));
}

start();
