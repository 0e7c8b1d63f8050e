import { read, write } from "./api";
import { announce, h } from "./dom";
import { clock, count } from "./numbers";
import { say, sayEither } from "./words";

export interface Job {
  id: number;
  kind: string;
  state: "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  done: number;
  total: number;
  stage: string;
  result: Record<string, unknown> | null;
  problem: { message?: { zh?: string; en?: string }; detail?: string; how_to_fix?: { zh?: string; en?: string } } | null;
  cancel_requested: boolean;
  created_at: string;
  finished_at: string | null;
}

const KINDS: Record<string, [string, string]> = {
  "interest.import_members": ["导入网格员", "Import members"],
  "layers.import": ["导入图层", "Import a layer"],
  "layers.undo": ["撤销导入", "Undo an import"],
  "units.draw_plans": ["绘制网格", "Draw grids"],
  "units.run_coverage": ["计算覆盖率", "Compute coverage"],
  "assignment.run_assignment": ["计算指导员分配", "Compute an assignment"],
  "assignment.book_duties": ["登记值守时间", "Book duties"],
  "assignment.study_gaps": ["分析站点缺口", "Study where sites are missing"],
};

const STATES: Record<Job["state"], [string, string, string]> = {
  waiting: ["等待", "waiting", ""],
  running: ["进行中", "running", "mark--info"],
  succeeded: ["✓ 已完成", "✓ done", "mark--good"],
  failed: ["✕ 失败", "✕ failed", "mark--bad"],
  cancelled: ["已取消", "cancelled", ""],
};

/** Whether the job still may change. */
export function isOpen(job: Job): boolean {
  return job.state === "waiting" || job.state === "running";
}

export function kindOf(job: Job): string {
  const known = KINDS[job.kind];
  return known ? say(...known) : job.kind;
}

function bar(job: Job): HTMLElement {
  const known = job.total > 0;
  const part = job.state === "succeeded" ? 1 : known ? Math.min(1, job.done / job.total) : 0;
  const tone = job.state === "succeeded" ? " bar--good" : job.state === "failed" ? " bar--bad" : "";
  return h(
    "div",
    {
      class: `bar${tone}${!known && job.state === "running" ? " bar--unknown" : ""}`,
      role: "progressbar",
      "aria-label": kindOf(job),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": known || !isOpen(job) ? Math.round(part * 100) : undefined,
    },
    h("i", { style: `width:${(part * 100).toFixed(1)}%` }),
  );
}

/** One job: what, state, how far, its problem. */
export function jobRow(job: Job, cancel?: (job: Job) => void): HTMLElement {
  const [zh, en, tone] = STATES[job.state];
  const row = h(
    "div",
    { class: "job", "data-job": job.id, "data-state": job.state },
    h(
      "div",
      { class: "job__line" },
      h("strong", {}, kindOf(job)),
      h("span", {}, h("span", { class: `mark ${tone}` }, say(zh, en)), " ", h("span", { class: "muted small" }, clock(job.finished_at ?? job.created_at))),
    ),
    isOpen(job) ? bar(job) : null,
    isOpen(job)
      ? h(
          "div",
          { class: "job__line" },
          h("span", { class: "muted small" }, [job.stage, job.total ? `${count(job.done)} / ${count(job.total)}` : ""].filter(Boolean).join(" · ")),
          cancel && !job.cancel_requested
            ? h("button", { class: "button button--small button--quiet", type: "button", onclick: () => cancel(job) }, say("停止", "Stop"))
            : null,
        )
      : null,
  );
  const kept = job.state === "cancelled" ? job.result?.plans : undefined;
  if (typeof kept === "number") {
    row.append(h("p", { class: "muted small" }, say(`停止前已绘制 ${count(kept)} 个社区，均已保存；${count(Number(job.result?.not_drawn ?? 0))} 个未绘制。`, `${count(kept)} communities were drawn and kept before it was stopped; ${count(Number(job.result?.not_drawn ?? 0))} were not.`)));
  }
  if (job.problem && job.state === "failed") {
    const fix = sayEither(job.problem.how_to_fix);
    row.append(
      h(
        "div",
        { class: "notice notice--bad" },
        h("p", {}, sayEither(job.problem.message) || (job.problem.detail ?? "")),
        fix ? h("p", { class: "fix" }, say("怎么办：", "What to do: "), fix) : null,
      ),
    );
  }
  return row;
}

/** Follows a job until it ends; `changed` hears every state. Asks less often the longer it takes. */
export async function follow(id: number, changed: (job: Job) => void): Promise<Job> {
  let wait_ms = 500;
  for (;;) {
    const job = await read<Job>(`jobs/${id}`);
    changed(job);
    if (!isOpen(job)) {
      announce(`${kindOf(job)}：${say(STATES[job.state][0], STATES[job.state][1])}`);
      return job;
    }
    await new Promise((resume) => setTimeout(resume, wait_ms));
    wait_ms = Math.min(3000, wait_ms * 1.25);
  }
}

export async function stop(job: Job): Promise<Job> {
  return write<Job>("POST", `jobs/${job.id}/cancel`);
}
