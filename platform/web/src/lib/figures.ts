import { type Child, h } from "./dom";
import { clock } from "./numbers";
import { say } from "./words";

export interface Figure {
  name: string;
  value: string;
  unit?: string;
  note?: Child;
  tone?: "good" | "warn" | "bad" | "";
}

/** The numbers at the top of a first screen. */
export function figures(rows: Figure[]): HTMLElement {
  return h(
    "dl",
    { class: "figures" },
    ...rows.map((row) =>
      h(
        "div",
        { class: `figure${row.tone ? ` figure--${row.tone}` : ""}` },
        h("dt", {}, row.name),
        h("dd", { class: "figure__value" }, row.value, row.unit ? h("small", {}, ` ${row.unit}`) : null),
        row.note ? h("dd", { class: "figure__note" }, row.note) : null,
      ),
    ),
  );
}

export function emptyBox(...lines: string[]): HTMLElement {
  return h("div", { class: "empty" }, ...lines.map((line) => h("p", {}, line)));
}

/** That something was read before the network went, and when. */
export function asOf(at: string): HTMLElement {
  return h("p", { class: "notice notice--warn" }, say(`没有网络，以下是 ${clock(at)} 的内容`, `No network: this is as of ${clock(at)}`));
}
