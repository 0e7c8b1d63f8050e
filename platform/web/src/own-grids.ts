import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/offices.css";

import { problemBox, readAll, read } from "./lib/api";
import { nextDialog } from "./lib/dialog";
import { announce, byId, fill, h } from "./lib/dom";
import { asOf } from "./lib/figures";
import { today } from "./lib/numbers";
import { showNotices } from "./lib/notices";
import { latestRead, Pending } from "./lib/pending";
import { placeName, say } from "./lib/words";
import { Attending } from "./network/attending";
import { askDemand, demandsShown } from "./network/demands";
import { askInterestGrid, gridName, interestShown } from "./network/interest";
import { issuesInShort, readIssues } from "./network/issues";
import { askMember, membersShown } from "./network/members";
import { askActivity, askCancel, isForNow, type Occurrence, occurrencesShown, reopenButton } from "./network/occurrences";
import { actButton, row, rows } from "./network/parts";
import { tasksShown } from "./network/tasks";
import type { Demand, GridMember, InterestGrid, LeaderTasks } from "./network/types";
import { askIssue, askVisit } from "./network/visits";

const DAY_MS = 86_400_000;
/** The week is today and the six days after it. */
const DAYS_AHEAD = 6;

interface Item {
  code: string;
  name: string;
  is_active?: boolean;
}

/** The grid leader's screen. Each part reads for itself; what was read last is shown while there is no network. */
class OwnGrids {
  private interest: InterestGrid[] = [];
  private duties: LeaderTasks = { as_of: today(), grids: [], tasks: [] };
  private readonly pending: Pending;

  constructor() {
    this.pending = new Pending(byId("waiting"), () => void this.all());
    void this.all();
  }

  private async all(): Promise<void> {
    void showNotices(byId("notices"), (load) => latestRead("notices", load));
    await this.part("tasks", () => read<LeaderTasks>("me/leader-tasks"), (duties) => this.showTasks(duties));
    await this.part("interest", () => readAll<InterestGrid>("interest-grids?mine=true", 400), (found) => {
      this.interest = found.filter((grid) => grid.state !== "closed");
      return [...interestShown(this.interest, () => void this.all()), this.under(actButton(say("＋ 成立兴趣网格", "+ New interest grid"), () => this.newInterestGrid()))];
    });
    this.actions();
    void this.part("week", () => readAll<Occurrence>(`occurrences?mine=true&from=${today()}&to=${dayAfter(DAYS_AHEAD)}`, 400), (found) => occurrencesShown(found, (one) => this.acts(one)));
    void this.part("demands", () => readAll<Demand>("demands?mine=true", 400), (found) => [...demandsShown(found, () => void this.all()), this.interest.length ? this.under(actButton(say("＋ 提出需求", "+ Enter a demand"), () => askDemand(this.interest, () => void this.all()))) : h("span", {})]);
    void this.part("hotline", () => readIssues(), (issues) => issuesInShort(issues, true, () => void this.all()));
    void this.part("members", () => readAll<GridMember>("grid-members?mine=true", 400), (found) => [
      ...membersShown(found, () => void this.all()),
      this.interest.length ? this.under(actButton(say("＋ 增加网格员", "+ Add a member"), () => askMember(this.interest, () => void this.all())), h("a", { class: "button button--quiet", href: "/network/members" }, say("批量导入", "From a file"))) : h("span", {}),
    ]);
  }

  /** A meeting of today is opened for check-in, ticks and its end, as its member does; one to come is cancelled. */
  private acts(one: Occurrence): HTMLElement | null {
    const again = (told: Node | null): void => {
      this.say(told, "");
      void this.all();
    };
    if (one.state === "held") return reopenButton(one, again);
    const cancel = actButton(say("取消", "Cancel"), () => askCancel(one, () => void this.all()), { class: "button button--quiet" });
    if (!isForNow(one)) return cancel;
    return this.under(actButton(say("签到", "Check-in"), () => new Attending(one, this.pending, again).open(), { "aria-label": say(`签到：${one.title}`, `Check-in: ${one.title}`) }), cancel);
  }

  /** Reads one part, or shows what was read last with the hour of it, or the fault with a way to try again. */
  private async part<T>(id: string, load: () => Promise<T>, shown: (value: T) => Node[]): Promise<void> {
    const place = byId(id);
    if (!place.firstChild) fill(place, h("p", { class: "loading", role: "status" }, say("正在读取…", "Loading…")));
    try {
      const found = await latestRead(`leader-${id}`, load);
      if (!found) return;
      const { value, at } = found;
      fill(place, at ? asOf(at) : null, ...shown(value));
    } catch (fault) {
      fill(place, problemBox(fault, () => void this.part(id, load, shown)));
    }
  }

  private under(...buttons: HTMLElement[]): HTMLElement {
    return h("div", { class: "buttons" }, ...buttons);
  }

  private showTasks(duties: LeaderTasks): Node[] {
    this.duties = duties;
    byId("where").textContent = duties.grids.length ? say(`${placeName(duties.grids[0]?.community.name ?? "")}，${duties.grids.length} 个基础网格`, `${placeName(duties.grids[0]?.community.name ?? "")}, ${duties.grids.length} base grids`) : "";
    fill(byId("grids"), rows(...duties.grids.map((grid) => row([h("strong", {}, gridName(grid)), h("small", { class: "code" }, grid.code)], h("a", { class: "button", href: `/grids/${grid.code}` }, say("看地图", "Map"))))));
    return tasksShown(duties, () => void this.all());
  }

  private actions(): void {
    const active = this.interest.filter((grid) => grid.state === "active");
    const grids = this.duties.grids.map((grid) => ({ id: grid.id, name: gridName(grid) }));
    const said = (words: string): void => this.say(words ? h("p", { class: "notice notice--good", role: "status" }, `✓ ${words}`) : null, words);
    fill(
      byId("actions"),
      active.length ? actButton(say("＋ 安排活动", "+ Plan an activity"), () => askActivity(active, (told) => { this.say(told, ""); void this.all(); }), { class: "button button--main", id: "plan" }) : null,
      grids.length ? actButton(say("记走访", "Note a visit"), () => askVisit(grids, this.pending, said), { id: "visit" }) : null,
      grids.length ? actButton(say("报问题", "Report a fault"), () => askIssue(grids, this.pending, said, say("问题已记录，请在“待办”中转交 12345", "noted; hand it to the hotline from what waits")), { id: "issue" }) : null,
    );
  }

  private say(told: Node | null, words: string): void {
    fill(byId("said"), told);
    if (words) announce(words);
  }

  private newInterestGrid(): void {
    const isWanted = nextDialog();
    readAll<Item>("activity-items", 400)
      .then((items) => isWanted() && askInterestGrid(this.duties.grids, items.filter((item) => item.is_active !== false), () => void this.all()))
      .catch((fault: unknown) => {
        this.say(problemBox(fault), "");
        byId("said").scrollIntoView({ block: "center" });
      });
  }
}

function dayAfter(days: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(Date.now() + days * DAY_MS));
}

new OwnGrids();
