import { type Child, fill, h } from "../lib/dom";
import { problemBox } from "../lib/api";
import { say } from "../lib/words";

/** The mark of what is graded by invented numbers; it stands wherever such a grade does. */
export function exampleMark(isExample: boolean): HTMLElement | null {
  return isExample ? h("span", { class: "mark mark--warn" }, say("示例 · 虚构", "example · invented")) : null;
}

export function exampleNotice(isExample: boolean): HTMLElement | null {
  return isExample ? h("p", { class: "notice notice--warn" }, say("示例标准：数值均为虚构，只用于演示，不得用于实际评定。", "Example standard: its figures are invented, for demonstration only; it grades nobody.")) : null;
}

/** A labelled group of fields. */
export function fieldset(title: string, ...children: Child[]): HTMLElement {
  return h("fieldset", { class: "group" }, h("legend", {}, title), ...children);
}

export function numberField(name: string, label: string, more: Record<string, unknown> = {}, note = ""): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { type: "number", name, required: true, step: 1, ...more }), note ? h("small", {}, note) : null);
}

/** Says in one place that it was done, or what was refused. */
export function told(place: Element, words: string): void {
  fill(place, words ? h("p", { class: "notice notice--good", role: "status" }, `✓ ${words}`) : null);
}

export function refused(place: Element, fault: unknown): void {
  fill(place, problemBox(fault));
  place.scrollIntoView({ block: "center" });
}

/** Prints one sheet and nothing of the page around it. */
export function printSheet(...content: Child[]): void {
  document.querySelector(".print-sheet")?.remove();
  const sheet = h("section", { class: "print-sheet" }, ...content);
  document.body.append(sheet);
  // The sheet bears what is kept about a person: it leaves the page with the printing.
  window.addEventListener("afterprint", () => sheet.remove(), { once: true });
  window.print();
}
