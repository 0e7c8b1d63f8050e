import "../style/assigning.css";

import { Problem, problemBox, read, write } from "../lib/api";
import { announce, fill, h } from "../lib/dom";
import { count } from "../lib/numbers";
import { say } from "../lib/words";
import { AssigningMap } from "./assigning-map";
import { changeTable, gridName, historyList, type PlanEvent } from "./assigning-words";
import { BuildingList } from "./building-list";
import { changesOf, gridsBeside, type Land, middleOf, type Neighbours } from "./land";

interface PlanBrief {
  id: number;
  number: number;
  version: number;
  community: { name: string };
  events: PlanEvent[];
}

/** Buildings that are to belong to a grid, or to stand where they lie (`sequence` null). */
interface Order {
  buildings: string[];
  sequence: number | null;
  reason: string;
}

const BACK = "back";

/** Opens the map on which buildings of a plan are assigned to grids by hand; `changed` hears when it closes after a change. */
export function openAssigning(planId: number, changed: () => void): void {
  const body = h("div", { class: "assigning__body" }, h("p", { class: "loading", role: "status" }, say("正在读取…", "Loading…")));
  const dialog = h("dialog", { class: "assigning", "aria-label": say("手工指定建筑", "Assign buildings by hand") }, body);
  let view: Assigning | null = null;
  dialog.addEventListener("close", () => {
    view?.destroy();
    dialog.remove();
    if (view?.hasChanged) changed();
  });
  // Escape first gives up what is chosen: a slip must not throw away ten minutes of clicking.
  dialog.addEventListener("cancel", (event) => {
    if (view?.clear()) event.preventDefault();
  });
  document.body.append(dialog);
  dialog.showModal();
  const start = (): void => {
    Promise.all([read<PlanBrief>(`grid-plans/${planId}`), read<Land>(`grid-plans/${planId}/land`)])
      .then(([plan, land]) => (view = new Assigning(body, plan, land, () => dialog.close())))
      .catch((fault: unknown) => fill(body, problemBox(fault, start), h("p", {}, h("button", { class: "button", type: "button", onclick: () => dialog.close() }, say("关闭", "Close")))));
  };
  start();
}

class Assigning {
  hasChanged = false;
  private readonly chosen = new Set<string>();
  private readonly foreign = new Set<string>();
  private to: number | null | undefined;
  /** An order is on its way: what is chosen meanwhile waits for the next one. */
  private isSaving = false;
  private sent: string[] = [];
  /** The target was chosen since the last order was sent. */
  private isAimed = false;
  private neighbours: Neighbours | null = null;
  private checkFault: unknown = null;
  private readonly map: AssigningMap;
  private readonly list = new BuildingList(
    (ref) => this.toggle(ref, false),
    (ref) => this.locate(ref),
  );
  private readonly chosenPlace = h("div", { id: "chosen", role: "status" });
  private readonly target = h("select", { id: "assign-to" });
  private readonly reason = h("input", { type: "text", id: "assign-reason", maxlength: 500, placeholder: say("如：同一小区", "e.g. the same compound") });
  private readonly preview = h("div", { id: "preview", "aria-live": "polite" });
  private readonly fault = h("div", { id: "assign-fault" });
  private readonly history = h("div", { id: "assigned" });
  private readonly save = h("button", { class: "button button--main", type: "button", id: "assign-save" }, say("保存指定", "Save"));
  private readonly undo = h("button", { class: "button", type: "button", id: "assign-undo" }, say("撤销上一次", "Undo the last"));
  private readonly around = h("button", { class: "button button--small", type: "button", "aria-pressed": "false", id: "encircle" }, say("◌ 圈选", "◌ Encircle"));

  constructor(
    body: HTMLElement,
    private plan: PlanBrief,
    private land: Land,
    private readonly close: () => void,
  ) {
    const frame = h("div", { class: "assigning__map", id: "assign-map", role: "region", "aria-label": say("方案地图；不便使用地图时请用“建筑列表”", "The plan's map; use the list of buildings if the map is hard to use") });
    fill(body, this.head(), h("div", { class: "assigning__map-frame" }, frame, h("div", { class: "assigning__tools" }, this.around)), this.panel());
    this.map = new AssigningMap(frame, land, {
      building: (ref, foreign) => this.toggle(ref, foreign),
      grid: (sequence) => this.aim(sequence),
      several: (refs) => this.encircled(refs),
    });
    this.around.addEventListener("click", () => this.encircle(this.around.getAttribute("aria-pressed") !== "true"));
    this.target.addEventListener("change", () => this.aim(this.target.value === "" ? undefined : this.target.value === BACK ? null : Number(this.target.value)));
    this.save.addEventListener("click", () => void this.keep());
    this.undo.addEventListener("click", () => void this.takeBack());
    this.draw();
    void this.readNeighbours();
  }

  /** Gives up what is chosen; false when nothing was. */
  clear(): boolean {
    if (this.chosen.size === 0) return false;
    this.chosen.clear();
    this.foreign.clear();
    this.to = undefined;
    fill(this.fault);
    this.draw();
    announce(say("已取消选择", "nothing is chosen now"));
    return true;
  }

  destroy(): void {
    this.map.destroy();
  }

  private head(): HTMLElement {
    return h("div", { class: "assigning__head" }, h("h2", {}, say("手工指定建筑", "Assign buildings by hand"), h("small", { class: "muted" }, ` ${this.plan.community.name} #${this.plan.number}`)), h("button", { class: "button button--small button--quiet", type: "button", onclick: this.close }, say("关闭", "Close")));
  }

  private panel(): HTMLElement {
    return h(
      "div",
      { class: "assigning__panel" },
      h("p", { class: "small muted" }, say("点建筑选中或取消，再点目标网格的空地，或在下面选择。保存后户数立即更新，边界在下次“重新划分”时跟随。", "Click buildings to choose them, then open land of the target grid, or choose below. Households follow at once, borders with the next drawing.")),
      h("section", {}, h("h3", {}, say("1 选中的建筑", "1 Chosen buildings")), this.chosenPlace, h("details", { class: "building-list", open: !matchMedia("(max-width: 47.99rem)").matches }, h("summary", {}, say("建筑列表", "List of buildings")), this.list.place)),
      h("section", {}, h("h3", {}, say("2 目标网格", "2 Target grid")), h("label", { class: "field" }, h("span", { class: "unseen" }, say("目标网格", "Target grid")), this.target)),
      h("section", {}, h("h3", {}, say("3 前后对比", "3 Before and after")), this.preview),
      h("section", {}, h("label", { class: "field" }, h("span", {}, say("理由（可不填）", "Reason (optional)")), this.reason), this.fault, h("div", { class: "buttons" }, this.save, this.undo)),
      h("section", {}, h("h3", {}, say("已指定的", "Assigned so far")), this.history),
    );
  }

  private async readNeighbours(): Promise<void> {
    try {
      this.neighbours = await read<Neighbours>(`grid-plans/${this.land.plan}/neighbours`);
    } catch (fault) {
      this.checkFault = fault;
    }
    this.draw();
  }

  private toggle(ref: string, foreign: boolean): void {
    if (this.chosen.has(ref)) {
      this.chosen.delete(ref);
      this.foreign.delete(ref);
    } else {
      this.chosen.add(ref);
      if (foreign) this.foreign.add(ref);
    }
    fill(this.fault);
    this.draw();
  }

  private encircle(on: boolean): void {
    this.around.setAttribute("aria-pressed", String(on));
    this.map.encircle(on);
  }

  private encircled(refs: string[]): void {
    this.encircle(false);
    refs.forEach((ref) => this.chosen.add(ref));
    fill(this.fault);
    this.draw();
    announce(say(`圈选了 ${refs.length} 栋`, `${refs.length} buildings encircled`));
  }

  private aim(sequence: number | null | undefined): void {
    this.to = sequence;
    this.isAimed = true;
    fill(this.fault);
    this.draw();
  }

  private locate(ref: string): void {
    const house = this.land.buildings.features.find(({ properties }) => properties.building === ref);
    if (house?.geometry) this.map.goTo(middleOf(house.geometry));
  }

  private draw(): void {
    this.map.show(this.land, this.chosen, this.to ?? null);
    this.list.show(this.land, this.chosen);
    this.drawChosen();
    this.drawTargets();
    this.drawPreview();
    fill(this.history, historyList(this.land, this.plan.events));
    this.save.disabled = this.isSaving || this.chosen.size === 0 || this.to === undefined;
    this.undo.disabled = this.isSaving || !this.land.may_undo;
  }

  private drawChosen(): void {
    if (this.chosen.size === 0) {
      fill(this.chosenPlace, h("p", { class: "muted" }, say("还没有选中建筑。", "Nothing is chosen.")));
      return;
    }
    const homes = this.land.buildings.features.reduce((sum, { properties }) => sum + (this.chosen.has(properties.building) ? properties.households : 0), 0);
    const strange = this.foreign.size;
    const saving = this.sent.filter((ref) => this.chosen.has(ref)).length;
    fill(
      this.chosenPlace,
      h("p", { class: "job__line" }, h("span", {}, h("strong", {}, count(this.chosen.size)), say(" 栋，", " buildings, "), h("strong", {}, count(homes)), say(" 户", " households")), h("button", { class: "button button--small button--quiet", type: "button", onclick: () => this.clear() }, say("全部取消", "Clear"))),
      saving ? h("p", { class: "muted" }, this.chosen.size > saving ? say(`其中 ${saving} 栋正在保存；其余留到下一次保存。`, `${saving} of them are being saved; the others wait for the next save.`) : say("正在保存…", "Saving…")) : null,
      strange ? h("p", { class: "notice notice--warn" }, say(`其中 ${strange} 栋不在本方案的社区内。`, `${strange} of them lie outside the plan's community.`)) : null,
    );
  }

  private drawTargets(): void {
    const beside = gridsBeside(this.land, this.neighbours, this.chosen);
    const option = (sequence: number): HTMLElement => {
      const grid = this.land.grids.features.find(({ properties }) => properties.sequence === sequence)?.properties;
      const words = `${gridName(this.land, sequence)} · ${count(grid?.households)} ${say("户", "households")}${grid?.is_locked ? say("（已锁定）", " (locked)") : ""}`;
      return h("option", { value: sequence, selected: this.to === sequence }, words);
    };
    const others = this.land.grids.features.map(({ properties }) => properties.sequence).filter((sequence) => !beside.has(sequence));
    const group = (label: string, places: number[]): HTMLElement | null => (places.length ? h("optgroup", { label }, ...places.map(option)) : null);
    fill(
      this.target,
      h("option", { value: "", selected: this.to === undefined }, say("请选择…", "choose…")),
      group(say("相邻网格", "Neighbouring grids"), [...beside].sort((a, b) => a - b)),
      group(beside.size ? say("其他网格", "Other grids") : say("网格", "Grids"), others),
      h("option", { value: BACK, selected: this.to === null }, say("恢复到所在位置（取消手工指定）", "back to where they stand (no longer by hand)")),
    );
  }

  private drawPreview(): void {
    if (this.chosen.size === 0 || this.to === undefined) {
      fill(this.preview, h("p", { class: "muted" }, say("选好建筑和目标网格后，这里显示两边的户数变化。", "Choose buildings and a grid to see what changes.")));
      return;
    }
    if (this.foreign.size > 0) {
      fill(this.preview, h("p", { class: "muted" }, say("有建筑不在本方案的社区内，无法预估；请先取消这些建筑。", "Some buildings lie outside the plan's community: nothing can be said before they are taken out.")));
      return;
    }
    const changes = changesOf(this.land, this.neighbours, this.chosen, this.to);
    if (changes.length === 0) {
      fill(this.preview, h("p", { class: "notice" }, say("户数没有变化；建筑会固定在这个网格，重新划分时不再移动。", "No number changes; the buildings will stay in this grid when it is drawn anew.")));
      return;
    }
    fill(this.preview, changeTable(changes, this.land.limits, this.checkFault !== null), this.checkFault === null ? null : problemBox(this.checkFault));
  }

  private async keep(): Promise<void> {
    const { to } = this;
    if (to === undefined) return;
    const order: Order = { buildings: [...this.chosen], sequence: to, reason: this.reason.value.trim() };
    await this.deed(async () => {
      this.isAimed = false;
      this.sent = order.buildings;
      this.draw();
      const plan = await write<PlanBrief>("POST", `grid-plans/${this.land.plan}/assignments`, order, this.tag());
      this.settle(order);
      return plan;
    }, say("已保存", "saved"));
  }

  /** What was sent is no longer chosen; what was chosen or written since then still is. */
  private settle(sent: Order): void {
    this.sent = [];
    for (const ref of sent.buildings) {
      this.chosen.delete(ref);
      this.foreign.delete(ref);
    }
    if (!this.isAimed) this.to = undefined;
    if (this.reason.value.trim() === sent.reason) this.reason.value = "";
  }

  private async takeBack(): Promise<void> {
    await this.deed(() => write<PlanBrief>("POST", `grid-plans/${this.land.plan}/assignments/undo`, {}, this.tag()), say("已撤销", "taken back"));
  }

  private tag(): Record<string, string> {
    return { "If-Match": `"${this.land.version}"` };
  }

  /** Writes, then reads the land anew; a refusal stands above the buttons, and a plan that others changed can be read anew. */
  private async deed(act: () => Promise<PlanBrief>, said: string): Promise<void> {
    if (this.isSaving) return;
    this.isSaving = true;
    this.save.disabled = this.undo.disabled = true;
    fill(this.fault);
    try {
      this.plan = await act();
      this.hasChanged = true;
      this.draw();
      await this.readLand();
      fill(this.fault, h("p", { class: "notice notice--good", role: "status" }, "✓ ", said));
    } catch (fault) {
      const stale = fault instanceof Problem && fault.status === 412;
      fill(this.fault, problemBox(fault), stale ? h("button", { class: "button button--small", type: "button", onclick: () => void this.readAnew() }, say("读取最新的方案", "Read the plan anew")) : null);
    }
    this.isSaving = false;
    this.sent = [];
    this.draw();
  }

  private async readLand(): Promise<void> {
    this.land = await read<Land>(`grid-plans/${this.land.plan}/land`);
  }

  private async readAnew(): Promise<void> {
    try {
      this.plan = await read<PlanBrief>(`grid-plans/${this.land.plan}`);
      await this.readLand();
      fill(this.fault);
    } catch (fault) {
      fill(this.fault, problemBox(fault));
    }
    this.draw();
  }
}
