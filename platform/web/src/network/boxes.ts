import { type Child, h } from "../lib/dom";

/** A box with a heading, tools beside it, and a place for what it shows. */
export function box(id: string, title: string, place: HTMLElement, ...tools: Child[]): HTMLElement {
  return h(
    "section",
    { class: "box", "aria-labelledby": `${id}-title` },
    h("div", { class: "box__head" }, h("h2", { id: `${id}-title` }, title), tools.some(Boolean) ? h("div", { class: "buttons" }, ...tools) : null),
    place,
  );
}

/** A labelled field in a row of filters. */
export function filter(label: string, field: HTMLElement): HTMLElement {
  return h("label", { class: "filter" }, h("span", {}, label), field);
}

/** A choice among filters; the first means all. */
export function filterChoice(label: string, options: [string, string][], chosen: string, changed: (value: string) => void): HTMLElement {
  const field = h("select", {}, ...options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  field.addEventListener("change", () => changed(field.value));
  return filter(label, field);
}
