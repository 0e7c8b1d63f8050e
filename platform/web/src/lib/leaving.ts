import { holdThePage, Problem, problemBox } from "./api";
import { ask } from "./dialog";
import { h } from "./dom";
import { forgetAll, type Kept, keptRows } from "./kept";
import { clock } from "./numbers";
import { sendKept } from "./pending";
import { hasUnsaved } from "./unsaved";
import { say } from "./words";

/**
 * Signing out sends first what waits on this device. What cannot be sent is told with its number, as is that something on
 * the page is not saved, and the person chooses between staying and discarding; nothing of the person is left on the device
 * of a next one.
 */
export function guardSigningOut(): void {
  const form = document.querySelector<HTMLFormElement>('form[action="/sign-out"]');
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    leave(form)
      // A browser that keeps nothing (private windows) has nothing to be asked about.
      .catch(() => form.submit())
      .finally(() => button && (button.disabled = false));
  });
}

async function leave(form: HTMLFormElement): Promise<void> {
  if ((await keptRows()).length) await sendKept();
  const left = await keptRows();
  if (left.length) return askDiscard(form, left);
  if (hasUnsaved()) return askUnsaved(form);
  // Where that fails, the browser itself tells why: no network, or a form too old.
  await signOut(form).catch(() => form.submit());
}

/** Signs out and then clears the device: without a network nobody is signed out, and what is kept is still needed. */
async function signOut(form: HTMLFormElement): Promise<void> {
  holdThePage(true);
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)])), credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) {
    holdThePage(false);
    throw new Problem({
      code: "NOT_SIGNED_OUT",
      status: answer?.status ?? 0,
      detail: say("没有网络，现在退不出登录；记录都还在", "without a network nobody is signed out; the records are still here"),
      how_to_fix: { zh: "联网后记录会自动上传，再按“退出”", en: "once the network is back they are sent by themselves; sign out then" },
    });
  }
  await forgetAll();
  location.assign(answer.url);
}

function askUnsaved(form: HTMLFormElement): void {
  ask({
    title: say("这一页有修改还没有保存", "Something on this page is not saved"),
    body: [h("p", {}, say("退出后，没有保存的修改就没有了。", "After signing out it is gone."))],
    confirm: say("不保存，退出", "Sign out without saving"),
    isDanger: true,
    leave: say("先不退出", "Stay"),
    carryOut: () => signOut(form),
    showFault: problemBox,
  });
}

function askDiscard(form: HTMLFormElement, left: Kept[]): void {
  const refused = left.filter((row) => row.refused).length;
  ask({
    title: say(`还有 ${left.length} 条记录没有上传`, `${left.length} records were not sent`),
    body: [
      h("p", {}, say("退出后，这部手机上不保留您的任何内容，没有上传的记录就找不回来了。", "After signing out nothing of yours stays on this phone: what was not sent is lost.")),
      refused ? h("p", {}, say(`其中 ${refused} 条被系统退回，请先看一看页面上的原因。`, `${refused} of them were refused: look at the reasons on the page.`)) : null,
      h("ul", { class: "plain-list" }, ...left.map((row) => h("li", {}, `${row.name} · ${clock(row.since)}`))),
      h("p", { class: "fix" }, say("怎么办：先不退出，连上网络后记录会自动上传，再按“退出”。", "What to do: stay; once the network is back they are sent by themselves, then sign out.")),
    ],
    confirm: say(`丢弃 ${left.length} 条，退出`, `Discard ${left.length}, sign out`),
    isDanger: true,
    leave: say("先不退出", "Stay"),
    carryOut: () => signOut(form),
    showFault: problemBox,
  });
}
