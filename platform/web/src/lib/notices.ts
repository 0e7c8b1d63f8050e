import { latestAt, problemBox, readLatest, write } from "./api";
import { announce, fill, h } from "./dom";
import { asOf } from "./figures";
import { clock, count } from "./numbers";
import { knownNow } from "./pending";
import { say } from "./words";

interface Notice {
  id: number;
  facts: { title?: string; text?: string };
  created_at: string;
}

const LATEST = 30;
/** Under which pages that are read without a network keep the notices. */
const KEPT_AS = "notices";
/** So many stand open; the rest is a press away, so that a page's own work is not pushed down. */
const OPEN = 3;

/** How a page reads: what it read, and since when that stands where there was no network (`at`); undefined for too late. */
type Reading = (load: () => Promise<Notice[]>) => Promise<{ value: Notice[]; at: string | null } | undefined>;

const fromTheNetwork: Reading = async (load) => ({ value: await load(), at: null });

/**
 * What has come for the person in the product and was not put away yet, newest first; nothing where nothing has.
 * `putAway`: the place in the list of the one that was, where who goes by keyboard goes on.
 */
export async function showNotices(place: HTMLElement, reading: Reading = fromTheNetwork, putAway: number | null = null): Promise<void> {
  const isLatest = latestAt(place);
  try {
    const found = await reading(() => readLatest<Notice>("messages?unread=true", LATEST));
    if (!found || !isLatest()) return;
    const drawn = (...box: HTMLElement[]): void => {
      const isHere = place.contains(document.activeElement) || document.activeElement === document.body;
      fill(place, ...box);
      if (putAway !== null && isHere) goOnAt(place, putAway);
    };
    const unread = found.value.filter((one) => one.facts.title);
    if (unread.length === 0) return drawn();
    let left = found.value;
    const gone = async (one: Notice, at: number): Promise<void> => {
      left = left.filter((other) => other.id !== one.id);
      // Should the network go before the next answer, what was put away does not come back.
      if (reading !== fromTheNetwork) await knownNow(KEPT_AS, left);
      await showNotices(place, reading, at);
    };
    const listed = (some: Notice[]): HTMLElement => h("ul", { class: "plain-list notices" }, ...some.map((one) => noticeRow(one, (at) => gone(one, at))));
    const many = count(unread.length) + (found.value.length === LATEST ? "+" : "");
    const earlier = unread.slice(OPEN);
    const more = earlier.length ? h("details", { open: place.querySelector("details")?.open }, h("summary", {}, say(`更早的 ${count(earlier.length)} 条`, `${count(earlier.length)} earlier`)), listed(earlier)) : null;
    drawn(h("section", { class: "box notices-box", "aria-labelledby": "notices-title" }, h("h2", { id: "notices-title" }, say(`通知（${many} 条未读）`, `Notices (${many} unread)`)), found.at ? asOf(found.at) : null, listed(unread.slice(0, OPEN)), more));
  } catch (fault) {
    if (isLatest()) fill(place, problemBox(fault, () => void showNotices(place, reading)));
  }
}

function buttonsIn(place: HTMLElement): HTMLElement[] {
  return [...place.querySelectorAll<HTMLElement>(".notices > li > button")];
}

/** The focus goes to the notice that has taken that place in the list, or to where the list was when none is left. */
function goOnAt(place: HTMLElement, at: number): void {
  const buttons = buttonsIn(place);
  const next = buttons[Math.min(at, buttons.length - 1)];
  if (!next) place.tabIndex = -1;
  (next ?? place).focus();
}

/** `gone` hears which place of the list has become free. */
function noticeRow(one: Notice, gone: (at: number) => Promise<void>): HTMLElement {
  const said = h("div", {});
  const read = (event: Event): void => {
    const button = event.currentTarget as HTMLElement;
    const at = buttonsIn(button.closest<HTMLElement>(".notices-box") ?? button).indexOf(button);
    write("POST", `messages/${one.id}/read`)
      .then(() => {
        announce(say("已收起", "put away"));
        return gone(at);
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
