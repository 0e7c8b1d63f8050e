import { API, problemBox, read, readLatest, renew } from "../lib/api";
import { announce, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { bytes, clock, count } from "../lib/numbers";
import { say, sayEither } from "../lib/words";

export interface Operation {
  id: number;
  kind: string;
  city_slug: string;
  state: "waiting" | "running" | "succeeded" | "failed";
  done: number;
  total: number;
  stage: string;
  result: Record<string, unknown> | null;
  problem: { message?: { zh?: string; en?: string }; detail?: string; how_to_fix?: { zh?: string; en?: string } } | null;
  started_by: string;
  created_at: string;
  finished_at: string | null;
  has_file: boolean;
}

const KINDS: Record<string, [string, string]> = {
  backup: ["备份", "Backup"],
  export: ["导出（迁往他处）", "Export (to move elsewhere)"],
  import: ["导入", "Import"],
  restore: ["恢复", "Restore"],
  drop: ["注销城市", "Drop"],
};
const STATES: Record<Operation["state"], [string, string, string]> = {
  waiting: ["等待", "waiting", ""],
  running: ["进行中", "running", "mark--info"],
  succeeded: ["✓ 已完成", "✓ done", "mark--good"],
  failed: ["✕ 失败", "✕ failed", "mark--bad"],
};

const isOpen = (one: Operation): boolean => one.state === "waiting" || one.state === "running";
const nameOf = (one: Operation): string => say(...(KINDS[one.kind] ?? [one.kind, one.kind]));

function bar(one: Operation): HTMLElement {
  const part = one.total > 0 ? Math.min(1, one.done / one.total) : 0;
  return h(
    "div",
    { class: `bar${one.total || one.state === "waiting" ? "" : " bar--unknown"}`, role: "progressbar", "aria-label": nameOf(one), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": one.total ? Math.round(part * 100) : undefined },
    h("i", { style: `width:${(part * 100).toFixed(1)}%` }),
  );
}

function facts(one: Operation): string {
  const size = one.result?.["size_bytes"];
  return [isOpen(one) ? one.stage : "", one.total && isOpen(one) ? `${count(one.done)} / ${count(one.total)}` : "", typeof size === "number" ? bytes(size) : "", one.started_by ? say(`由 ${one.started_by} 发起`, `by ${one.started_by}`) : say("定时", "timed")].filter(Boolean).join(" · ");
}

function row(one: Operation): HTMLElement {
  const [zh, en, tone] = STATES[one.state];
  const fix = sayEither(one.problem?.how_to_fix);
  return h(
    "div",
    { class: "job", "data-operation": one.id, "data-state": one.state },
    h("div", { class: "job__line" }, h("strong", {}, nameOf(one)), h("span", {}, h("span", { class: `mark ${tone}` }, say(zh, en)), " ", h("span", { class: "muted small" }, clock(one.finished_at ?? one.created_at)))),
    isOpen(one) ? bar(one) : null,
    h(
      "div",
      { class: "job__line" },
      h("span", { class: "muted small" }, facts(one)),
      one.has_file ? h("a", { class: "button button--small button--quiet", href: `${API}operations/${one.id}/file`, download: true, "aria-label": say(`下载 ${nameOf(one)} ${clock(one.created_at)}`, `Download ${nameOf(one)} ${clock(one.created_at)}`) }, say("下载", "Download")) : null,
    ),
    one.state === "failed" && one.problem ? h("div", { class: "notice notice--bad" }, h("p", {}, sayEither(one.problem.message) || (one.problem.detail ?? "")), fix ? h("p", { class: "fix" }, say("怎么办：", "What to do: "), fix) : null) : null,
  );
}

/** The long work on one city, newest first; what runs is followed to its end. */
export class Operations {
  private readonly followed = new Set<number>();

  constructor(
    private readonly place: Element,
    private readonly slug: string,
    private readonly ended: (one: Operation) => void,
  ) {}

  async load(): Promise<void> {
    await renew(this.place, async () => {
      const rows = await readLatest<Operation>(`operations?city=${encodeURIComponent(this.slug)}`, 10);
      rows.filter((one) => isOpen(one)).forEach((one) => void this.follow(one));
      return rows.length ? rows.map(row) : emptyBox(say("还没有备份或导出。", "No backups or exports yet."));
    });
  }

  started(one: Operation): void {
    this.put(one);
    void this.follow(one);
  }

  private put(one: Operation): void {
    const fresh = row(one);
    const old = this.place.querySelector(`[data-operation="${one.id}"]`);
    if (old) old.replaceWith(fresh);
    else if (this.place.querySelector(".job")) this.place.prepend(fresh);
    else fill(this.place, fresh);
  }

  private async follow(one: Operation): Promise<void> {
    if (this.followed.has(one.id)) return;
    this.followed.add(one.id);
    let wait_ms = 500;
    let now = one;
    while (isOpen(now)) {
      await new Promise((resume) => setTimeout(resume, wait_ms));
      wait_ms = Math.min(3000, wait_ms * 1.25);
      try {
        now = await read<Operation>(`operations/${one.id}`);
      } catch (fault) {
        this.place.prepend(problemBox(fault, () => void this.load()));
        this.followed.delete(one.id);
        return;
      }
      this.put(now);
    }
    announce(`${nameOf(now)}：${say(STATES[now.state][0], STATES[now.state][1])}`);
    this.ended(now);
  }
}
