import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import type { Job } from "../lib/jobs";
import { type NotTold } from "../lib/not-told";
import { today } from "../lib/numbers";
import { say } from "../lib/words";
import type { Run } from "./types";

/** Asks how to compute; the parameters are folded, because the usual ones fit. */
export function askToCompute(started: (run: Run, job: Job) => void): void {
  ask({
    title: say("计算站点指导员分配", "Compute who serves which site"),
    body: [
      h("p", {}, say("先保证服务到的户数最多，再使路程最短、负担均衡。固定的人不动。结果要采用后才生效。", "Most households first, then the shortest ways and a fair load; pinned people stay. Nothing is in force until it is adopted.")),
      h(
        "details",
        {},
        h("summary", {}, say("参数", "Parameters")),
        field(say("计算日期", "As of"), h("input", { type: "date", name: "as_of", value: today() })),
        field(say("家到站点最远（米）", "Longest way from home (m)"), h("input", { type: "number", name: "reach_m", value: 3000, min: 500, step: 500, max: 50000, required: true })),
        field(say("保持原安排的价值（米路程）", "What keeping a pair is worth (m)"), h("input", { type: "number", name: "stability_m", value: 1000, min: 0, max: 50000, required: true }), say("越大，新结果与现行分配越接近。", "The larger, the nearer to what is in force.")),
        h("label", { class: "choice" }, h("input", { type: "checkbox", name: "assume_free" }), say("没有填报时间的指导员按全周可用计算", "who gave no free times counts as free all week")),
      ),
    ],
    confirm: say("开始计算", "Compute"),
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      const order = { as_of: form.get("as_of") || null, reach_m: Number(form.get("reach_m")), stability_m: Number(form.get("stability_m")), assume_free: form.get("assume_free") !== null };
      const { run, job } = await write<{ run: Run; job: Job }>("POST", "assignment-runs", order);
      started(run, job);
    },
  });
}

const WHO_IS_TOLD = say("每周值守有变化的指导员会收到通知，其他人不会。", "Instructors whose weekly duties change are told; nobody else is.");

/** Puts a run into force, after saying what changes; duties may be booked ahead. */
export function askToAdopt(run: Run, change: string, done: (job: Job | null, warnings: NotTold[]) => void): void {
  ask({
    title: say(`采用第 ${run.id} 次分配`, `Adopt assignment ${run.id}`),
    body: [
      h("p", {}, change),
      h("p", {}, WHO_IS_TOLD),
      field(say("同时登记今后几周的值守", "Also book duties for so many weeks"), h("input", { type: "number", name: "book_weeks", value: 0, min: 0, max: 26, required: true }), say("0：只采用，不登记时间。", "0: adopt only, book nothing.")),
    ],
    confirm: say("采用", "Adopt"),
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      const { job, warnings } = await write<{ job: Job | null; warnings: NotTold[] }>("POST", `assignment-runs/${run.id}/adopt`, { book_weeks: Number(form.get("book_weeks")) });
      done(job, warnings);
    },
  });
}

/** What taking the run back leaves in force. */
function afterwards(run: Run): string {
  if (run.replaces_id === null) return say("此前没有别的分配：撤回后没有执行中的分配，为它登记的今后值守全部退回。", "There was none before it: nothing is in force afterwards, and the coming duties booked for it are given back.");
  return say(`它所替换的第 ${run.replaces_id} 次将重新执行；那一次没有排的人，今后的值守退回。`, `Assignment ${run.replaces_id}, which it replaced, is in force again; coming duties of those who are not in that one are given back.`);
}

export function askToWithdraw(run: Run, done: (warnings: NotTold[]) => void): void {
  ask({
    title: say(`撤回第 ${run.id} 次分配`, `Take assignment ${run.id} back`),
    body: [h("p", {}, afterwards(run)), h("p", {}, WHO_IS_TOLD), field(say("理由", "Reason"), h("textarea", { name: "reason", rows: 3, required: true, maxlength: 200 }), say("只作记录，不写进通知。", "For the record only; the notices do not say it."))],
    confirm: say("撤回", "Take back"),
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      const { warnings } = await write<{ warnings: NotTold[] }>("POST", `assignment-runs/${run.id}/withdraw`, { reason: form.get("reason") });
      done(warnings);
    },
  });
}

export function field(name: string, input: HTMLElement, note = ""): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, name), input, note ? h("small", {}, note) : null);
}
