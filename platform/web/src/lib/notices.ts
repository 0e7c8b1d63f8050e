import { latestAt, problemBox, readLatest, write } from "./api";
import { announce, fill, h } from "./dom";
import { asOf } from "./figures";
import { clock, count } from "./numbers";
import { say } from "./words";

interface Notice {
  id: number;
  facts: { title?: string; text?: string };
  created_at: string;
}

const LATEST = 30;
/** So many stand open; the rest is a press away, so that a page's own work is not pushed down. */
const OPEN = 3;

/** How a page reads: what it read, and since when that stands where there was no network (`at`); undefined for too late. */
type Reading = (load: () => Promise<Notice[]>) => Promise<{ value: Notice[]; at: string | null } | undefined>;

const fromTheNetwork: Reading = async (load) => ({ value: await load(), at: null });

/** What has come for the person in the product and was not put away yet, newest first; nothing where nothing has. */
export async function showNotices(place: HTMLElement, reading: Reading = fromTheNetwork): Promise<void> {
  const isLatest = latestAt(place);
  const again = (): void => void showNotices(place, reading);
  try {
    const found = await reading(() => readLatest<Notice>("messages?unread=true", LATEST));
    if (!found || !isLatest()) return;
    const unread = found.value.filter((one) => one.facts.title);
    if (unread.length === 0) return fill(place);
    const listed = (some: Notice[]): HTMLElement => h("ul", { class: "plain-list notices" }, ...some.map((one) => noticeRow(one, again)));
    const many = count(unread.length) + (found.value.length === LATEST ? "+" : "");
    const earlier = unread.slice(OPEN);
    const more = earlier.length ? h("details", {}, h("summary", {}, say(`更早的 ${count(earlier.length)} 条`, `${count(earlier.length)} earlier`)), listed(earlier)) : null;
    fill(place, h("section", { class: "box notices-box", "aria-labelledby": "notices-title" }, h("h2", { id: "notices-title" }, say(`通知（${many} 条未读）`, `Notices (${many} unread)`)), found.at ? asOf(found.at) : null, listed(unread.slice(0, OPEN)), more));
  } catch (fault) {
    if (isLatest()) fill(place, problemBox(fault, again));
  }
}

function noticeRow(one: Notice, changed: () => void): HTMLElement {
  const said = h("div", {});
  const read = (): void => {
    write("POST", `messages/${one.id}/read`)
      .then(() => {
        announce(say("已收起", "put away"));
        changed();
      })
      .catch((fault: unknown) => fill(said, problemBox(fault)));
  };
  const lines = (one.facts.text ?? "").split("\n").filter(Boolean);
  return h(
    "li",
    {},
    h("div", {}, h("strong", {}, one.facts.title ?? ""), ...lines.map((line) => h("p", {}, line)), h("small", {}, clock(one.created_at)), said),
    h("button", { class: "button button--quiet", type: "button", onclick: read, "aria-label": say(`知道了：${one.facts.title ?? ""}`, `put away: ${one.facts.title ?? ""}`) }, say("知道了", "Got it")),
  );
}
