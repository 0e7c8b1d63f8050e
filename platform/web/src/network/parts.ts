import { type Child, h } from "../lib/dom";

/** A row of a list: what it is, and what may be done with it. */
export function row(what: Child[], ...acts: Child[]): HTMLLIElement {
  return h("li", {}, h("div", { class: "rows__what" }, ...what), ...acts);
}

export function rows(...lines: Child[]): HTMLElement {
  return h("ul", { class: "rows" }, ...lines);
}

export function actButton(words: string, run: () => void, more: Record<string, unknown> = {}): HTMLButtonElement {
  return h("button", { class: "button", type: "button", onclick: run, ...more }, words);
}

/** A labelled choice of one out of a few. */
export function chooser(name: string, label: string, options: [string | number, string][], chosen?: string | number): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, label), h("select", { name }, ...options.map(([value, words]) => h("option", { value, selected: value === chosen }, words))));
}

export function textField(name: string, label: string, more: Record<string, unknown> = {}, note = ""): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { type: "text", name, ...more }), note ? h("small", {}, note) : null);
}
