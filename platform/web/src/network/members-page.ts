import { API, type Page, problemBox, read, readAll, renew } from "../lib/api";
import { nextDialog } from "../lib/dialog";
import { fill, h, whenQuiet } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { say } from "../lib/words";
import type { Stage } from "../network";
import { box, filter, filterChoice } from "./boxes";
import { importPart } from "./member-import";
import { askMemberOf } from "./member-of";
import { askMember, type MembersReader, membersShown } from "./members";
import { actButton } from "./parts";
import type { Reader } from "./reader";
import { type GridMember, type InterestGrid, POST_STATES } from "./types";

const QUIET_MS = 300;
const PAGE = 30;
const STATES: [string, string][] = [["", say("全部", "all")], ...["nominated", "confirmed", "active"].map((state): [string, string] => [state, POST_STATES[state] ?? state])];

/** Members one manages: found by name, entered one by one or from a file, taken out as a file. */
export function startMembers({ place, said }: Stage, reader: Reader): void {
  const manages = reader.led.length > 0 || reader.rights.has("member.edit");
  const mine = reader.led.length > 0 && !reader.rights.has("interest.view");
  const list = h("div", {});
  const asked = { name: "", state: "" };
  const may = { manages, mine, opens: reader.rights.has("personal.full_value") };
  const reload = (): void => void listed(list, asked, mine, may, reload);
  const name = h("input", { type: "search", maxlength: 60 });
  name.addEventListener("input", whenQuiet(() => {
    asked.name = name.value.trim();
    reload();
  }, QUIET_MS));
  const state = filterChoice(say("任职", "Post"), STATES, "", (chosen) => {
    asked.state = chosen;
    reload();
  });
  const add = manages ? actButton(say("＋ 增加网格员", "+ Add a member"), () => (mine ? void addOne(said, reload) : askMemberOf(reload))) : null;
  const out = h("a", { class: "button button--quiet", href: `${API}grid-members/export?format=xlsx${mine ? "&mine=true" : ""}`, download: true }, say("导出名单 XLSX", "Export XLSX"));
  fill(
    place,
    h(
      "div",
      { class: "columns" },
      h("div", {}, box("members", say("网格员名单", "Members"), h("div", {}, h("div", { class: "filters" }, filter(say("姓名", "Name"), name), state), list), add, out)),
      manages ? h("div", {}, importPart(() => reload())) : h("div", {}),
    ),
  );
  reload();
}

async function addOne(said: Stage["said"], done: () => void): Promise<void> {
  const isWanted = nextDialog();
  try {
    const grids = (await readAll<InterestGrid>("interest-grids?mine=true", 400)).filter((grid) => grid.state !== "closed");
    if (!isWanted()) return;
    if (grids.length) return askMember(grids, done);
    said(h("p", { class: "notice notice--warn", role: "status" }, say("请先在“我的网格”成立一个兴趣网格，再增加网格员。", "Bring an interest grid into being first.")));
  } catch (fault) {
    said(problemBox(fault));
  }
}

async function listed(place: HTMLElement, asked: { name: string; state: string }, mine: boolean, may: MembersReader, changed: () => void, url?: string, before: GridMember[] = []): Promise<void> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(mine ? { mine: "true" } : {}), ...(asked.name ? { name: asked.name } : {}), ...(asked.state ? { state: asked.state } : {}) });
  if (!url && !place.querySelector(".rows")) fill(place);
  await renew(place, async () => {
    const page = await read<Page<GridMember>>(url ?? `grid-members?${query}`);
    const found = [...before, ...page.results];
    const { next } = page;
    const narrowed = asked.name || asked.state;
    const shown = found.length || !narrowed ? membersShown(found, changed, may) : [emptyBox(say("没有符合条件的网格员。", "No member is like that."), may.manages ? say("可以只输入姓名的一部分。", "A part of the name will do.") : say("不归您管理的人按完整姓名查找。", "People you do not manage are found by their whole name."))];
    return [...shown, next ? h("button", { class: "button", type: "button", onclick: () => void listed(place, asked, mine, may, changed, next, found) }, say(`再看 ${PAGE} 人`, `${PAGE} more`)) : null];
  });
}
