import { Problem, problemBox, read, write } from "./api";
import { ask, nextDialog } from "./dialog";
import { announce, fill, h } from "./dom";
import { say, sayEither } from "./words";

/** A number in full is masked again after this long, and at once when the page is left. */
const SHOWN_FOR_MS = 60_000;
const NOTE_MOST = 200;

interface Purpose {
  name: string;
  zh: string;
  en: string;
}

/** Whose number it is, what everybody who sees the person reads (empty: nothing), and where the whole is asked for. */
export interface Masked {
  owner: string;
  masked: string;
  path: string;
}

/** A masked phone number with the way to the whole: purpose and reason first, which are logged, then a short look. */
export function maskedNumber(number: Masked): HTMLElement {
  const place = h("span", { class: "phone-number" });
  const fault = h("span", { role: "alert" });
  const words = say("查看号码", "Show number");
  const asks = h("button", { class: "button button--small button--quiet", type: "button", "aria-label": `${words} ${number.owner}`, onclick: () => void begin() }, words);
  const mask = (): void => fill(place, number.masked ? h("span", { class: "muted" }, number.masked) : null, asks, fault);
  const begin = async (): Promise<void> => {
    const isWanted = nextDialog();
    fill(fault);
    asks.disabled = true;
    try {
      const purposes = await read<Purpose[]>("personal-purposes");
      if (isWanted()) askWhy(number, purposes, (phone) => shown(place, phone, () => { mask(); asks.focus(); }, mask));
    } catch (reason) {
      fill(fault, problemBox(reason));
    }
    asks.disabled = false;
  };
  mask();
  return place;
}

/** What the number is looked at for: whoever may not is refused here, in words. */
function askWhy({ owner, path }: Masked, purposes: Purpose[], done: (phone: string) => void): void {
  const choices = [["", say("请选择", "choose one")], ...purposes.map((one) => [one.name, sayEither(one)])];
  ask({
    title: say(`查看 ${owner} 的号码`, `The number of ${owner}`),
    body: [
      h("p", { class: "muted" }, say("谁在什么时候、为什么看过，都会记录下来。号码显示一分钟。", "Who looked, when and why is recorded. The number is shown for a minute.")),
      h("label", { class: "field" }, h("span", {}, say("用途", "What for")), h("select", { name: "purpose", required: true }, ...choices.map(([name, words]) => h("option", { value: name }, words)))),
      h("label", { class: "field" }, h("span", {}, say("事由", "Why")), h("input", { type: "text", name: "note", required: true, maxlength: NOTE_MOST }), h("small", {}, say("一句话，例如：通知明早活动改期", "A sentence, such as: tomorrow's activity moves"))),
    ],
    confirm: say("查看", "Show"),
    carryOut: async (form) => {
      const { phone } = await write<{ phone?: string }>("POST", path, { purpose: form.get("purpose"), note: form.get("note") });
      // A number is sent once: the answer to the same request sent again is without it.
      if (!phone) throw new Problem({ code: "NUMBER_LOST", status: 409, detail: say("号码在路上丢了，没有收到", "the number was lost on its way"), how_to_fix: { zh: "请再按一次“查看”", en: "press “Show” once more" } });
      done(phone);
    },
    showFault: problemBox,
  });
}

function shown(place: HTMLElement, phone: string, hide: () => void, forget: () => void): void {
  const call = h("a", { class: "phone-number__whole", href: `tel:${phone}` }, phone);
  const timer = window.setTimeout(() => end(forget), SHOWN_FOR_MS);
  const leave = (): void => end(forget);
  const end = (how: () => void): void => {
    window.clearTimeout(timer);
    window.removeEventListener("pagehide", leave);
    if (call.isConnected) how();
  };
  window.addEventListener("pagehide", leave);
  fill(place, call, h("button", { class: "button button--small button--quiet", type: "button", onclick: () => end(hide) }, say("收起", "Hide")));
  announce(say("号码已显示，一分钟后自动隐藏", "the number is shown for a minute"));
  // The dialog gives the focus back to a button that is gone by then.
  window.setTimeout(() => call.isConnected && call.focus());
}
