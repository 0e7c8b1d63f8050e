import { type Page, read, readAll, renew, show } from "../lib/api";
import { byId, fill, h, whenQuiet } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, countRead } from "../lib/numbers";
import { fromAddress, keepInAddress } from "../lib/tabs";
import { placeName, say, sayEither } from "../lib/words";
import type { Stage } from "../network";
import { box, filter, filterChoice } from "./boxes";
import { closedMark } from "./closed-place";
import { awaitsCrossing } from "./deciding";
import { erasureRow, erasuresOwed } from "./erasures";
import { row, rows } from "./parts";
import type { Reader } from "./reader";
import { usualTime } from "./recurrence";
import { GRID_STATES, type InterestGrid } from "./types";

const QUIET_MS = 300;
const PAGE = 30;
const MOST_WAITING = 200;
const DECIDES = ["interest.edit", "interest.cross", "member.edit"];
const STATES: [string, string][] = [["", say("全部", "all")], ...(Object.entries(GRID_STATES) as [string, [string, string]][]).map(([state, [words]]): [string, string] => [state, words.replace(/^✓ /, "")])];

/** The interest grids of an office: first what waits for a decision, then all of them, by name and state. */
export function startGrids({ place, said }: Stage, reader: Reader): void {
  const owed = h("div", {});
  const list = h("div", {});
  const asked = { state: fromAddress("state"), name: fromAddress("name") };
  const reload = (): void => {
    keepInAddress("state", asked.state);
    keepInAddress("name", asked.name);
    void listed(list, asked);
  };
  const name = h("input", { type: "search", value: asked.name, maxlength: 60 });
  name.addEventListener("input", whenQuiet(() => {
    asked.name = name.value.trim();
    reload();
  }, QUIET_MS));
  const state = filterChoice(say("状态", "State"), STATES, asked.state, (chosen) => {
    asked.state = chosen;
    reload();
  });
  fill(place, DECIDES.some((right) => reader.rights.has(right)) ? box("owed", say("等您办理", "For you to decide"), owed) : null, box("grids", say("全部兴趣网格", "All interest grids"), h("div", {}, h("div", { class: "filters" }, filter(say("名称", "Name"), name), state), list)));
  void showOwed(owed, reader, said);
  reload();
}

/** One line for a subject with things that wait; null where nothing does. */
async function waitingLine(path: string, words: (number: string) => string, href: string): Promise<HTMLElement | null> {
  const found = (await readAll<unknown>(path, MOST_WAITING)).length;
  return found ? row([h("strong", {}, words(countRead(found, MOST_WAITING)))], h("a", { class: "button", href }, say("去办理", "Go there"))) : null;
}

async function showOwed(place: HTMLElement, reader: Reader, said: Stage["said"]): Promise<void> {
  await show(place, async () => {
    const [proposed, closed, erasures, ...lines] = await Promise.all([
      readAll<InterestGrid>("interest-grids?state=proposed", MOST_WAITING),
      reader.rights.has("interest.edit") ? readAll<InterestGrid>("interest-grids?place_closed=true", MOST_WAITING) : [],
      reader.rights.has("member.edit") ? erasuresOwed() : [],
      reader.rights.has("demand.edit") ? waitingLine("demands?state=handed_up", (number) => say(`${number} 项群众需求等待街镇答复`, `${number} demands wait for an answer`), "/network/demands") : null,
      reader.rights.has("demand.edit") ? waitingLine("hotline-issues?state=noted", (number) => say(`${number} 件事项待转交 12345`, `${number} issues to hand to the hotline`), "/network/hotline") : null,
    ]);
    const also = lines.filter((line) => line !== null);
    const crossing = proposed.filter(awaitsCrossing);
    const plain = proposed.filter((grid) => !awaitsCrossing(grid));
    const mine = [...(reader.rights.has("interest.cross") ? crossing : []), ...(reader.rights.has("interest.edit") ? plain : [])];
    const waiting = reader.rights.has("interest.cross") || crossing.length === 0 ? null : h("p", { class: "muted" }, say(`另有 ${count(crossing.length)} 个跨社区的提议正等待区县批准。`, `${count(crossing.length)} more cross community borders and wait for the county.`));
    const answered = { said, reload: () => void showOwed(place, reader, said) };
    return [mine.length || also.length || erasures.length || closed.length ? rows(...erasures.map((request) => erasureRow(request, answered)), ...also, ...closed.map(closedRow), ...mine.map(owedRow)) : emptyBox(say("✓ 没有等您办理的事。", "✓ Nothing waits for you.")), waiting];
  });
}

function owedRow(grid: InterestGrid): HTMLElement {
  const crossing = awaitsCrossing(grid);
  const what = crossing ? say("▲ 跨社区，待批准", "▲ crosses borders") : say("待确认成立", "to be confirmed");
  return row([h("a", { class: "rows__name", href: `/interest-grids/${grid.id}` }, grid.name), " ", h("span", { class: "mark mark--warn" }, what), h("small", {}, about(grid))], h("a", { class: "button", href: `/interest-grids/${grid.id}` }, say("去办理", "Decide")));
}

/** One whose place, or that of a coming meeting, was closed: its leader is told too and may be quicker. */
function closedRow(grid: InterestGrid): HTMLElement {
  const where = (grid.warnings ?? []).map(sayEither).join("") || say("有活动安排在已停用的地点", "a meeting is planned at a place that was closed");
  return row([h("a", { class: "rows__name", href: `/interest-grids/${grid.id}` }, grid.name), " ", closedMark(), h("small", { class: "warned" }, where), h("small", {}, about(grid))], h("a", { class: "button", href: `/interest-grids/${grid.id}` }, say("去办理", "Decide")));
}

function about(grid: InterestGrid): string {
  return [placeName(grid.community.name), grid.item.name, say(`${count(grid.member_count)} 名网格员`, `${count(grid.member_count)} members`), say(`${count(grid.participant_count)} 人参加`, `${count(grid.participant_count)} people`)].join(" · ");
}

async function listed(place: HTMLElement, asked: { state: string; name: string }, url?: string, before: InterestGrid[] = []): Promise<void> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(asked.state ? { state: asked.state } : {}), ...(asked.name ? { name: asked.name } : {}) });
  await (url ? renew : show)(place, async (isLatest) => {
    const page = await read<Page<InterestGrid>>(url ?? `interest-grids?${query}`);
    const found = [...before, ...page.results];
    const { next } = page;
    if (isLatest()) byId("where").textContent = "";
    if (found.length === 0) return asked.state || asked.name ? emptyBox(say("没有符合条件的兴趣网格。", "No interest grid is like that."), say("请换一个名称或状态。", "Try another name or state.")) : emptyBox(say("辖区内还没有兴趣网格。", "No interest grid yet."), say("网格长在“我的网格”中提出，这里可以确认。", "Leaders propose them; they are confirmed here."));
    return [rows(...found.map(gridRow)), next ? h("button", { class: "button", type: "button", onclick: () => void listed(place, asked, next, found) }, say(`再看 ${PAGE} 个`, `${PAGE} more`)) : null];
  });
}

function gridRow(grid: InterestGrid): HTMLElement {
  const [words, look] = GRID_STATES[grid.state];
  const when = [usualTime(grid), grid.site?.name ?? grid.place_name].filter(Boolean).join(" · ");
  return row([h("a", { class: "rows__name", href: `/interest-grids/${grid.id}` }, grid.name), " ", h("span", { class: `mark ${look}` }, words), ...(grid.warnings?.length ? [" ", closedMark()] : []), h("small", {}, about(grid)), when ? h("small", {}, when) : null]);
}
