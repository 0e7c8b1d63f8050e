import { latestAt, problemBox, read, write } from "../lib/api";
import { fill, h } from "../lib/dom";
import { keepTyped, settle } from "../lib/fields";
import { downloads } from "../lib/downloads";
import type { Job } from "../lib/jobs";
import { stateMark } from "../lib/marks";
import { clock, count } from "../lib/numbers";
import { type Action, DEEDS } from "../lib/plans";
import { say } from "../lib/words";
import { askToDraw } from "./drawing";
import { type GridRow, nameOf, type PlanQuality, qualityOf } from "./plan-quality";

interface PlanDetail {
  id: number;
  number: number;
  version: number;
  state: string;
  community: { id: number; name: string };
  allowed_actions: string[];
  findings: { level: "refusal" | "hint"; zh: string; en: string; how_to_fix_zh: string; how_to_fix_en: string }[];
  grids: GridRow[];
  quality: PlanQuality;
  events: { id: number; action: string; to_state: string; actor: string; organisation: string; reason: string; at: string }[];
}

/** Who looks at a plan, and what happens when it changed or its community is drawn anew. */
export interface PlanReader {
  rights: Set<string>;
  changed: () => void;
  watch?: ((job: Job) => void) | undefined;
}

/** Opens one plan: its findings with remedies, its grids with the reasons for odd sizes, its history. */
export function openPlan(id: number, reader: PlanReader): void {
  const body = h("div", { class: "dialog__body" }, h("p", { class: "loading" }, say("正在读取…", "Loading…")));
  const dialog = h("dialog", { class: "dialog--wide", "aria-label": say("网格方案", "Grid plan") }, body);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const view = new PlanView(body, reader, () => dialog.close());
  void view.load(id);
}

class PlanView {
  /** What was refused last: it stays in sight when the plan is drawn anew beside it. */
  private readonly fault = h("div", {});

  constructor(
    private readonly body: HTMLElement,
    private readonly reader: PlanReader,
    private readonly close: () => void,
  ) {}

  async load(id: number): Promise<void> {
    const isLatest = latestAt(this.body);
    try {
      const plan = await read<PlanDetail>(`grid-plans/${id}`);
      if (isLatest()) this.draw(plan);
    } catch (fault) {
      if (isLatest()) fill(this.body, problemBox(fault, () => void this.load(id)), this.end());
    }
  }

  private draw(plan: PlanDetail): void {
    const before = this.body.querySelector("form");
    const form = h("form", {}, this.findings(plan), qualityOf(plan.id, plan.grids, plan.quality), this.grids(plan), this.work(plan), h("p", { style: "margin:.75rem 0 0" }, say("导出本方案：", "This plan as a file: "), downloads(`grids/export?plan=${plan.id}`, plan.community.name)), history(plan), this.fault, this.end(this.tools(plan)));
    const goOn = before ? keepTyped(before, form) : () => undefined;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      this.attempt(plan.id, async () => {
        await this.keepReasons(plan, given);
        settle(form, given);
      });
    });
    fill(this.body, h("div", { class: "box__head" }, h("h2", { style: "margin:0" }, plan.community.name, ` #${plan.number}`), stateMark(plan.state)), form);
    goOn();
  }

  private attempt(id: number, deed: () => Promise<unknown>, focus?: string): void {
    fill(this.fault);
    deed()
      .then(async () => {
        this.reader.changed();
        await this.load(id);
        // Who has gone on to type a reason meanwhile stays there.
        if (focus && !this.body.contains(document.activeElement)) this.body.querySelector<HTMLElement>(focus)?.focus();
      })
      .catch((reason: unknown) => fill(this.fault, problemBox(reason)));
  }

  private async keepReasons(plan: PlanDetail, form: FormData): Promise<unknown> {
    const size_reasons = plan.grids
      .map((grid) => ({ sequence: grid.sequence, reason: String(form.get(`reason-${grid.sequence}`) ?? grid.size_reason) }))
      .filter((given, index) => given.reason !== plan.grids[index]?.size_reason);
    return write("PATCH", `grid-plans/${plan.id}`, { size_reasons }, { "If-Match": `"${plan.version}"` });
  }

  private findings(plan: PlanDetail): HTMLElement {
    if (plan.findings.length === 0) {
      return plan.state === "draft"
        ? h("p", { class: "notice" }, say("尚未校验。点“校验”检查界线、户数、村民小组与代码。", "Not validated yet: “Validate” checks land, sizes, villager groups and codes."))
        : h("p", { class: "notice notice--good" }, say("校验没有问题。", "Nothing found."));
    }
    return h(
      "ul",
      { class: "plain-list" },
      ...plan.findings.map((finding) =>
        h(
          "li",
          {},
          h("span", { class: `mark ${finding.level === "refusal" ? "mark--bad" : "mark--warn"}` }, finding.level === "refusal" ? say("✕ 须改", "✕ must") : say("⚠ 提示", "⚠ hint")),
          " ",
          say(finding.zh, finding.en),
          h("div", { class: "muted small" }, say(finding.how_to_fix_zh, finding.how_to_fix_en)),
        ),
      ),
    );
  }

  private grids(plan: PlanDetail): HTMLElement {
    const editable = this.mayEdit(plan);
    const heads = [say("网格", "Grid"), say("户数", "Households"), say("锁定", "Lock"), say("户数理由", "Reason for its size")];
    return h(
      "div",
      { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": say("方案中的网格", "Grids of the plan"), style: "margin-top:1rem" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...heads.map((name, index) => h("th", { scope: "col", class: index === 1 ? "number" : "" }, name)))),
        h(
          "tbody",
          {},
          ...plan.grids.map((grid) => {
            const odd = grid.quality.size_class === "hard" || grid.quality.size_class === "outside" || grid.size_reason !== "";
            const name = nameOf(grid);
            return h(
              "tr",
              {},
              h("td", { class: "code" }, name),
              h("td", { class: "number" }, count(grid.households)),
              h("td", {}, this.lock(plan, grid)),
              h(
                "td",
                {},
                odd && editable
                  ? h("input", { type: "text", name: `reason-${grid.sequence}`, value: grid.size_reason, maxlength: 500, "aria-label": say(`${name} 的户数理由`, `reason for ${name}`), placeholder: say("如：整栋高层不宜拆分", "e.g. one tower cannot be parted") })
                  : h("span", {}, grid.size_reason || (odd ? "—" : ""), grid.size_reason_accepted ? h("span", { class: "mark mark--good" }, say("✓ 已认可", "✓ accepted")) : null),
              ),
            );
          }),
        ),
      ),
    );
  }

  /** Says whether the grid is locked, and lets who may change that. */
  private lock(plan: PlanDetail, grid: GridRow): HTMLElement {
    const state = grid.is_locked ? h("span", { class: "mark mark--info", title: grid.lock_reason }, say("● 已锁定", "● locked")) : null;
    if (!this.reader.rights.has("grid_plan.lock") || !isUnderWork(plan)) return h("span", {}, state ?? "—");
    const name = nameOf(grid);
    const label = grid.is_locked ? say(`解除网格 ${name} 的锁定`, `unlock grid ${name}`) : say(`锁定网格 ${name}，重绘时不变`, `lock grid ${name}: drawing leaves it as it is`);
    const button = h("button", { class: "button button--small button--quiet", type: "button", "aria-label": label, "aria-pressed": String(grid.is_locked), "data-lock": grid.sequence }, grid.is_locked ? say("解锁", "Unlock") : say("锁定", "Lock"));
    button.addEventListener("click", () => this.attempt(plan.id, () => write("POST", `grid-plans/${plan.id}/locks`, { sequences: [grid.sequence], locked: !grid.is_locked }, { "If-Match": `"${plan.version}"` }), `[data-lock="${grid.sequence}"]`));
    return h("span", { class: "buttons" }, state, button);
  }

  private mayEdit(plan: PlanDetail): boolean {
    return this.reader.rights.has("grid_plan.draft") && isUnderWork(plan);
  }

  /** Ways to another division: drawing anew, and assigning buildings by hand. */
  private work(plan: PlanDetail): HTMLElement | null {
    if (!this.mayEdit(plan)) return null;
    const { watch } = this.reader;
    const anew = h("button", { class: "button", type: "button" }, say("重新划分…", "Draw anew…"));
    anew.addEventListener("click", () =>
      askToDraw({
        title: say("重新划分", "Draw anew"),
        communities: [plan.community],
        started: (job) => {
          this.close();
          watch?.(job);
        },
      }),
    );
    const rural = plan.grids.some((grid) => grid.villager_groups.length > 0);
    const byHand = h("button", { class: "button", type: "button" }, say("手工指定建筑…", "Assign buildings…"));
    byHand.addEventListener("click", () => void this.assign(plan));
    return h("div", { class: "buttons plan-work" }, watch ? anew : null, rural ? h("p", { class: "muted small" }, say("农村以村民小组为单位，不需要手工指定建筑。", "In the country the villager group is the unit: buildings are not assigned by hand.")) : byHand);
  }

  /** The map is large: it is read when somebody assigns. */
  private async assign(plan: PlanDetail): Promise<void> {
    const { openAssigning } = await import("./assigning");
    openAssigning(plan.id, () => {
      this.reader.changed();
      void this.load(plan.id);
    });
  }

  private tools(plan: PlanDetail): HTMLElement[] {
    const tools: HTMLElement[] = [];
    if (this.mayEdit(plan)) tools.push(h("button", { class: "button", type: "submit" }, say("保存理由", "Keep reasons")));
    for (const action of ["validate", "submit"] as Action[]) {
      if (!plan.allowed_actions.includes(action) || !this.reader.rights.has(DEEDS[action].right)) continue;
      const button = h("button", { class: "button button--main", type: "button" }, DEEDS[action].name);
      button.addEventListener("click", () => this.attempt(plan.id, () => write("POST", `grid-plans/${plan.id}/${action}`, {})));
      tools.push(button);
    }
    return tools;
  }

  private end(tools: HTMLElement[] = []): HTMLElement {
    return h("div", { class: "dialog__end" }, h("button", { class: "button button--quiet", type: "button", onclick: this.close }, say("关闭", "Close")), ...tools);
  }
}

function isUnderWork(plan: PlanDetail): boolean {
  return ["draft", "validated", "returned"].includes(plan.state);
}

function history(plan: PlanDetail): HTMLElement {
  return h(
    "details",
    { style: "margin-top:1rem" },
    h("summary", {}, say(`经过（${plan.events.length} 步）`, `History (${plan.events.length})`)),
    h("ol", { class: "plain-list" }, ...plan.events.map((event) => h("li", {}, stateMark(event.to_state), ` ${clock(event.at)} · ${event.actor}`, event.organisation ? `（${event.organisation}）` : "", event.reason ? h("div", { class: "muted small" }, event.reason) : null))),
  );
}
