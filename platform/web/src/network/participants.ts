import { type Page, problemBox, read, renew, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count } from "../lib/numbers";
import { say } from "../lib/words";
import { actButton, row, rows, textField } from "./parts";
import type { Participation } from "./types";

const PAGE = 30;

interface Acts {
  may: boolean;
  done: (told: string) => void;
}

/** Who takes part in an interest grid, a page at a time; whoever enrols people there lets them leave and erases them. */
export async function showParticipants(place: HTMLElement, interestGrid: number, acts: Acts, url = `interest-grids/${interestGrid}/participants?limit=${PAGE}`, before: Participation[] = []): Promise<void> {
  await renew(place, async () => {
    const page = await read<Page<Participation>>(url);
    const found = [...before, ...page.results];
    const { next } = page;
    if (found.length === 0) return emptyBox(say("还没有人参加。", "Nobody takes part yet."), say("扫码签到的人会自动加入，也可以帮人报名。", "Who checks in joins by that; others can be enrolled."));
    return [rows(...found.map((one) => personRow(one, acts))), next ? h("button", { class: "button", type: "button", onclick: () => void showParticipants(place, interestGrid, acts, next, found) }, say(`再看 ${PAGE} 人`, `${PAGE} more`)) : null];
  });
}

function personRow(one: Participation, acts: Acts): HTMLElement {
  return row(
    [h("strong", {}, one.name), one.phone ? h("span", { class: "muted" }, ` ${one.phone}`) : null, h("small", {}, say(`${one.joined_on} 加入`, `joined ${one.joined_on}`))],
    acts.may ? actButton(say("退出…", "Leave…"), () => askLeave(one, acts.done), { class: "button button--quiet", "aria-label": say(`${one.name} 退出`, `${one.name} leaves`) }) : null,
  );
}

/** Leaving, or being erased altogether: the second is what the person may ask for at any time. */
function askLeave(one: Participation, done: (told: string) => void): void {
  const reason = textField("reason", say("本人是怎么提出的（一句话）", "How they asked for it (a sentence)"), { maxlength: 300 });
  reason.hidden = true;
  const choice = (value: string, words: string, checked: boolean): HTMLElement => h("label", { class: "choice" }, h("input", { type: "radio", name: "what", value, checked }), h("span", {}, words));
  const what = h("fieldset", {}, h("legend", {}, say("本人要求", "What they ask for")), choice("leave", say("只是不再参加：今天退出，登记保留", "only to leave: today, the entry stays"), true), choice("erase", say("删除个人信息：抹去姓名和电话，不能恢复", "to be erased: name and phone go for good"), false));
  what.addEventListener("change", () => {
    const erases = what.querySelector<HTMLInputElement>("[value=erase]")?.checked ?? false;
    reason.hidden = !erases;
    (reason.querySelector("input") as HTMLInputElement).required = erases;
  });
  ask({
    title: say(`${one.name} 退出？`, `${one.name} leaves?`),
    body: [what, reason],
    confirm: say("办理", "Do it"),
    carryOut: async (form) => {
      if (form.get("what") !== "erase") {
        await write("POST", `participations/${one.id}/leave`, {});
        return done(say("已退出", "has left"));
      }
      const answer = await write<{ elsewhere: number; request_id: number | null; due_on: string | null } | undefined>("POST", `participations/${one.id}/erase`, { reason: String(form.get("reason")).trim(), own_grids_only: true });
      const elsewhere = answer?.elsewhere ?? 0;
      const number = `${answer?.request_id ?? ""}`;
      const due = answer?.due_on ?? "";
      done(elsewhere ? say(`这里已删除；本人还参加了另外 ${count(elsewhere)} 个兴趣网格，已转交主管单位（编号 ${number}），最迟 ${due} 答复，结果会在本页显示`, `erased here; no. ${number} asks the office to erase ${count(elsewhere)} interest grids elsewhere by ${due}; this page tells what comes of it`) : say("个人信息已删除", "erased"));
    },
    showFault: problemBox,
  });
}
