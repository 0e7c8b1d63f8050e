import "./pressed.css";

import { h } from "./dom";

/** A write that begins this long after a press belongs to the pressed button. */
const BELONGS_FOR_MS = 1000;

let last: { button: HTMLButtonElement; at: number } | null = null;

document.addEventListener("click", (event) => remember(event.target instanceof Element ? event.target.closest("button") : null), { capture: true });
document.addEventListener("submit", (event) => remember(event.submitter instanceof HTMLButtonElement ? event.submitter : null), { capture: true });

function remember(button: HTMLButtonElement | null): void {
  if (button) last = { button, at: Date.now() };
}

/** Runs the write while the button that began it rests; afterwards it has the focus again, if nothing else took it. */
export async function held<T>(run: () => Promise<T>): Promise<T> {
  const button = last && Date.now() - last.at < BELONGS_FOR_MS && !last.button.disabled ? last.button : null;
  last = null;
  if (!button) return run();
  const focused = document.activeElement === button;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    return await run();
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    if (focused && document.activeElement === document.body) button.focus();
  }
}

/** Says over the page what is being waited for; the returned function takes it away. */
export function waiting(text: string): () => void {
  const said = h("p", { class: "waiting notice notice--warn", role: "status" }, text);
  // An open dialog covers the page: what is said must stand within it.
  (document.querySelector("dialog[open]") ?? document.body).append(said);
  return () => said.remove();
}
