import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, today } from "../lib/numbers";
import { dayText, minuteText } from "../lib/week";
import { placeName, say, sayEither } from "../lib/words";
import { closedMark } from "./closed-place";
import { askWaking, awaitsCrossing } from "./deciding";
import { actButton, chooser, row, rows, textField } from "./parts";
import { GRID_STATES, type InterestGrid, type LedGrid } from "./types";

interface Item {
  code: string;
  name: string;
  is_active?: boolean;
}

function when(grid: InterestGrid): string {
  const next = nextDay(grid);
  if (!next || grid.from_minute === null) return grid.site?.name ?? grid.place_name;
  return `${dayText(next, today())} ${minuteText(grid.from_minute)} · ${grid.site?.name ?? grid.place_name}`;
}

/** The next usual day whose hour has not gone by. */
function nextDay(grid: InterestGrid): string | undefined {
  const now = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" }).format(new Date());
  return grid.next_days.find((day) => day > today() || grid.from_minute === null || minuteText(grid.from_minute) >= now);
}

/** The leader's interest grids; a proposal is confirmed by one press, a sleeping one woken; all else is on its own page. */
export function interestShown(grids: InterestGrid[], changed: () => void): Node[] {
  if (grids.length === 0) return [emptyBox(say("还没有兴趣网格。", "No interest grid yet."), say("把爱好相同的居民编成一个，例如广场舞、健步走。", "Bring people with one hobby together: square dance, walking …"))];
  return [rows(...grids.map((grid) => interestRow(grid, changed)))];
}

function interestRow(grid: InterestGrid, changed: () => void): HTMLElement {
  const said = h("div", {});
  const [words, look] = GRID_STATES[grid.state];
  const confirm = (): void => {
    write("POST", `interest-grids/${grid.id}/confirm`, {})
      .then(() => {
        announce(say("已确认", "confirmed"));
        changed();
      })
      .catch((fault: unknown) => said.replaceChildren(problemBox(fault)));
  };
  const waits = awaitsCrossing(grid);
  const button = waits ? null : grid.state === "proposed" ? actButton(say("确认成立", "Confirm"), confirm) : grid.state === "dormant" ? actButton(say("重新开始…", "Wake…"), () => askWaking(grid, (told) => { announce(told); changed(); })) : null;
  return row(
    [
      h("a", { class: "rows__name", href: `/interest-grids/${grid.id}` }, grid.name),
      " ",
      h("span", { class: `mark ${look}` }, words),
      ...(grid.warnings?.length ? [" ", closedMark()] : []),
      h("small", {}, say(`${grid.item.name} · ${count(grid.member_count)} 名网格员 · ${count(grid.participant_count)} 人参加`, `${grid.item.name} · ${count(grid.member_count)} members · ${count(grid.participant_count)} people`)),
      h("small", {}, when(grid)),
      ...(grid.warnings ?? []).map((warned) => h("small", { class: "warned" }, sayEither(warned))),
      waits ? h("small", {}, say("跨社区，正等待区县批准", "It crosses borders and waits for the county")) : null,
      said,
    ],
    button,
  );
}

/** Proposing an interest grid for one of the led grids. */
export function askInterestGrid(led: LedGrid[], items: Item[], done: () => void): void {
  const first = led[0];
  if (!first) return;
  ask({
    title: say("成立兴趣网格", "A new interest grid"),
    body: [
      chooser("item", say("活动项目", "Activity"), items.map((item) => [item.code, item.name])),
      textField("name", say("名称", "Name"), { required: true, maxlength: 60 }, say("例如：建设路社区晨练太极队", "such as: morning tai chi")),
      chooser("base_grid_id", say("服务哪个网格", "Which base grid"), led.map((grid) => [grid.id, gridName(grid)])),
      textField("place_name", say("在哪里活动", "Where it meets"), { maxlength: 120 }),
    ],
    confirm: say("提出", "Propose"),
    carryOut: async (form) => {
      const grid = led.find((one) => one.id === Number(form.get("base_grid_id"))) ?? first;
      await write("POST", "interest-grids", { item: form.get("item"), name: form.get("name"), community_id: grid.community.id, base_grid_ids: [grid.id], place_name: form.get("place_name") });
      announce(say("已提出，增加网格员后即可确认", "proposed; add a member, then confirm it"));
      done();
    },
    showFault: problemBox,
  });
}

export function gridName(grid: LedGrid): string {
  return say(`${placeName(grid.community.name)}第${grid.sequence}网格`, `${placeName(grid.community.name)}, grid ${grid.sequence}`);
}
