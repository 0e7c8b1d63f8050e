import { problemBox, readAll, readLatest, renew, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, countRead } from "../lib/numbers";
import { say } from "../lib/words";
import type { Stage } from "../network";
import { box } from "./boxes";
import { actButton, row, rows, textField } from "./parts";
import type { Reader } from "./reader";
import { type Demand, DEMAND_STATES } from "./types";

const MOST = 400;
const ANSWERED_SHOWN = 20;

const COURSES: Record<string, string> = { skill_class: say("技能课", "a class"), lecture: say("健身讲座", "a lecture") };

/** Demands that grids handed up: first those that wait for the street's or town's answer, then all that are still gathered. */
export function startDemands({ place, said }: Stage, reader: Reader): void {
  const may = reader.rights.has("demand.edit");
  const load = async (): Promise<void> => {
    const changed = (told: string): void => {
      said(told);
      void load();
    };
    await renew(place, async () => {
      const [waiting, open, taken, declined] = await Promise.all([readAll<Demand>("demands?state=handed_up", MOST), readAll<Demand>("demands?state=open", MOST), readLatest<Demand>("demands?state=taken", ANSWERED_SHOWN), readLatest<Demand>("demands?state=declined", ANSWERED_SHOWN)]);
      const answered = [...taken, ...declined].sort((one, other) => (other.answered_on ?? "").localeCompare(one.answered_on ?? ""));
      return [
        box("handed-up", titled(say("等待街镇答复", "Waiting for the answer"), waiting), listed(waiting, may ? changed : null, say("✓ 没有等待答复的需求。", "✓ Nothing waits."))),
        box("open", titled(say("网格正在汇集", "Still gathered by the grids"), open), listed(open, null, say("没有正在汇集的需求。", "Nothing is being gathered."))),
        box("answered", say("最近答复", "Answered lately"), listed(answered, null, say("还没有答复过需求。", "Nothing was answered yet."))),
      ];
    });
  };
  void load();
}

function titled(title: string, found: Demand[]): string {
  return found.length ? say(`${title}（${countRead(found.length, MOST)}）`, `${title} (${countRead(found.length, MOST)})`) : title;
}

function listed(found: Demand[], changed: ((told: string) => void) | null, empty: string): HTMLElement {
  return found.length ? rows(...found.map((demand) => demandRow(demand, changed))) : emptyBox(empty);
}

function demandRow(demand: Demand, changed: ((told: string) => void) | null): HTMLElement {
  const people = demand.people === null ? "" : say(`约 ${count(demand.people)} 人参加`, `about ${count(demand.people)} people`);
  const what = [demand.community_name, COURSES[demand.course_type] ?? demand.course_type, say(`${count(demand.askers)} 人提出`, `${count(demand.askers)} asked`), people, demand.place_name, demand.town?.name ?? "", demand.handed_up_on ? say(`${demand.handed_up_on} 上报`, `handed up ${demand.handed_up_on}`) : ""];
  const answer = demand.state === "taken" || demand.state === "declined" ? h("small", {}, [DEMAND_STATES[demand.state], demand.answered_on, demand.answer_reason].filter(Boolean).join(" · ")) : null;
  const from = demand.interest_grid_id === null ? null : h("small", {}, h("a", { href: `/interest-grids/${demand.interest_grid_id}` }, demand.interest_grid_name ?? ""));
  return row(
    [h("strong", {}, demand.item.name), h("small", {}, what.filter(Boolean).join(" · ")), answer, from],
    changed ? h("div", { class: "buttons" }, actButton(say("采纳…", "Take…"), () => askAnswer(demand, true, changed), { "aria-label": say(`采纳 ${demand.item.name}`, `take ${demand.item.name}`) }), actButton(say("不采纳…", "Decline…"), () => askAnswer(demand, false, changed), { class: "button button--quiet", "aria-label": say(`不采纳 ${demand.item.name}`, `decline ${demand.item.name}`) })) : null,
  );
}

function askAnswer(demand: Demand, taken: boolean, done: (told: string) => void): void {
  ask({
    title: taken ? say(`采纳“${demand.item.name}”的需求？`, `Take the demand for ${demand.item.name}?`) : say(`不采纳“${demand.item.name}”的需求？`, `Decline the demand for ${demand.item.name}?`),
    body: [
      h("p", {}, taken ? say("采纳后列入街镇的配送意向，提出和上报的人会收到消息。", "It becomes a wish of the street or town; those who asked and handed it up are told.") : say("原因会发给提出和上报的人。", "Those who asked and handed it up read the reason.")),
      textField("reason", taken ? say("说明（可不填）", "In words (optional)") : say("原因", "Why"), { required: !taken, maxlength: 300 }),
    ],
    confirm: taken ? say("采纳", "Take it") : say("不采纳", "Decline it"),
    carryOut: async (form) => {
      await write("POST", `demands/${demand.id}/answer`, { answer: taken ? "taken" : "declined", reason: String(form.get("reason") ?? "").trim() });
      done(taken ? say("已采纳", "taken") : say("已答复不采纳", "declined"));
    },
    showFault: problemBox,
  });
}
