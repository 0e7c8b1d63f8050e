import { type Page, problemBox, read, readAll, renew, show, write } from "../lib/api";
import { announce, fill, h, whenQuiet } from "../lib/dom";
import { placeName, say, sayEither } from "../lib/words";
import { whenText } from "../lib/week";
import type { Named, Pair, Unserved } from "../sites/types";
import type { Pin, Run, Why } from "./types";

interface Found extends Named {
  unit: Named;
  grade: string | null;
}

type NeedHere = Pair["need"] | Unserved["need"];

const GRADES: Record<string, string> = { grade3: say("三级", "grade 3"), grade2: say("二级", "grade 2"), grade1: say("一级", "grade 1"), national: say("国家级", "national") };

/** Opens “为什么是他 / 为什么不是他” for a need: anybody of the register can be asked about. */
export function openWhy(run: Run, need: NeedHere, first: Named | null, mayPin: boolean, changed: () => void): void {
  new WhyDialog(run, need, mayPin, changed).open(first);
}

class WhyDialog {
  private readonly answer = h("div", { id: "why-answer", "aria-live": "polite" });
  private readonly found = h("ul", { class: "plain-list scrolled", id: "why-found" });
  private readonly dialog: HTMLDialogElement;
  private hasChanged = false;

  constructor(
    private readonly run: Run,
    private readonly need: NeedHere,
    private readonly mayPin: boolean,
    changed: () => void,
  ) {
    const search = h("input", { type: "search", id: "why-search", autocomplete: "off", placeholder: say("输入姓名", "a name") });
    search.addEventListener("input", whenQuiet(() => void this.look(search.value.trim()), 250));
    const close = h("button", { class: "button", type: "button" }, say("关闭", "Close"));
    this.dialog = h(
      "dialog",
      { class: "dialog--wide", id: "why", "aria-labelledby": "why-title" },
      h(
        "div",
        { class: "dialog__body" },
        h("h2", { id: "why-title" }, say("为什么是他，为什么不是他", "Why this one, why not that one")),
        h("p", {}, `${this.need.site.name} · ${whenText(this.need)} ${this.need.item.name}`),
        this.answer,
        h("div", { class: "field" }, h("label", { for: "why-search" }, say("换一位指导员问问", "Ask about another instructor")), search),
        this.found,
        h("div", { class: "dialog__end" }, close),
      ),
    );
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      if (this.hasChanged) changed();
    });
  }

  open(first: Named | null): void {
    document.body.append(this.dialog);
    this.dialog.showModal();
    if (first) void this.explain(first);
    void this.look("");
  }

  private async look(words: string): Promise<void> {
    await renew(this.found, async () => {
      const path = words ? `instructors?limit=20&name=${encodeURIComponent(words)}` : `instructors?limit=8&item=${encodeURIComponent(this.need.item.code)}`;
      const page = await read<Page<Found>>(path);
      const rows = page.results.map((one) =>
        h("li", { class: "person" }, h("span", {}, h("strong", {}, one.name), " ", h("small", {}, [placeName(one.unit.name), one.grade ? GRADES[one.grade] : say("无有效等级", "no grade in force")].filter(Boolean).join(" · "))), h("button", { class: "button button--small button--quiet", type: "button", onclick: () => void this.explain(one) }, say("为什么", "Why"))),
      );
      const none = words ? say("没有找到这个姓名。", "Nobody of that name.") : say(`名册中没有人教${this.need.item.name}；输入姓名可以问任何人。`, `Nobody in the register teaches ${this.need.item.name}; type a name to ask about anybody.`);
      return rows.length ? rows : h("li", { class: "muted" }, none);
    });
  }

  private async explain(one: Named): Promise<void> {
    const looked = async (isLatest: () => boolean): Promise<HTMLElement> => {
      const [why, pins, known] = await Promise.all([
        read<Why>(`assignment-runs/${this.run.id}/why?need=${this.need.id}&instructor=${one.id}`),
        this.pins(),
        read<Named>(`instructors/${one.id}`).catch(() => one), // the name in full, to who keeps the record
      ]);
      if (isLatest()) announce(say(`${one.name}：${why.is_assigned ? "已安排" : "未安排"}`, `${one.name}: ${why.is_assigned ? "assigned" : "not assigned"}`));
      return this.told(known, why, pins.find((pin) => pin.instructor.id === one.id) ?? null);
    };
    await show(this.answer, looked, say("正在查明…", "Looking…"));
  }

  private async pins(): Promise<Pin[]> {
    return (await readAll<Pin>("assignment-pins")).filter((pin) => pin.need.id === this.need.id);
  }

  private told(one: Named, why: Why, pin: Pin | null): HTMLElement {
    const question = why.is_assigned ? say(`为什么是${one.name}？`, `Why ${one.name}?`) : say(`为什么不是${one.name}？`, `Why not ${one.name}?`);
    return h(
      "section",
      { "data-assigned": String(why.is_assigned) },
      h("h3", {}, question, " ", why.is_assigned ? h("span", { class: "mark mark--good" }, say("✓ 已安排", "✓ assigned")) : h("span", { class: "mark" }, say("未安排", "not assigned"))),
      why.changed_since.length ? h("p", { class: "notice notice--warn" }, say("计算之后资料有变动，以下按现在的资料说明。", "Things have changed since it was computed; this tells how they stand now.")) : null,
      h("ul", { class: "reasons" }, ...why.reasons.map((reason) => h("li", { "data-code": reason.code }, sayEither(reason)))),
      this.mayPin ? this.pinning(one, pin) : null,
    );
  }

  private pinning(one: Named, pin: Pin | null): HTMLElement {
    const fault = h("div", {});
    const act = h("button", { class: "button button--small", type: "button", id: "pin" }, pin ? say("取消固定", "Unpin") : say("◆ 固定给此需求", "◆ Pin to this need"));
    act.addEventListener("click", () => {
      act.disabled = true;
      const done = pin ? write("DELETE", `assignment-pins/${pin.id}`) : write("POST", "assignment-pins", { need: this.need.id, instructor: one.id, reach_m: this.run.parameters.reach_m, assume_free: this.run.parameters.assume_free });
      done
        .then(() => {
          this.hasChanged = true;
          // Who has asked about somebody else meanwhile reads on there.
          if (fault.isConnected) return this.explain(one);
        })
        .catch((reason: unknown) => {
          act.disabled = false;
          fill(fault, problemBox(reason));
        });
    });
    return h("div", {}, fault, h("p", {}, act, " ", h("span", { class: "muted small" }, pin ? say("已固定，每次计算都会安排。", "Pinned: every computation keeps it.") : say("固定后，下次计算一定安排。", "Once pinned, the next computation must keep it."))));
  }
}
