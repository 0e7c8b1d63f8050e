import { planStateOf, PLAN_STATES } from "../map/colours";
import { h } from "./dom";

/** A plan's state with its colour and its word. */
export function stateMark(state: string): HTMLElement {
  const colour = PLAN_STATES.find((known) => known.key === state)?.colour ?? "#dcdad3";
  return h("span", { class: "mark" }, h("i", { class: "state-swatch", style: `background:${colour}`, "aria-hidden": "true" }), planStateOf(state));
}
