import { Problem, problemBox } from "../lib/api";
import { type Child, fill, h } from "../lib/dom";
import { sayEither } from "../lib/words";

/** A labelled field with its hint; the hint and a later refusal are read out with it. */
export function field(name: string, label: string, control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, hint: Child = null): HTMLElement {
  control.id = `field-${name}`;
  control.name = name;
  const note = h("small", { id: `hint-${name}` }, hint);
  control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field", "data-field": name }, h("label", { for: control.id }, label), control, note);
}

/** Shows what was refused at the top, and beside each field it speaks of; the first such field is gone to. */
export function showRefusal(form: HTMLElement, place: Element, fault: unknown): void {
  clearRefusal(form, place);
  const box = problemBox(fault);
  fill(place, box);
  const refusals = fault instanceof Problem ? (fault.document.errors?.length ? fault.document.errors : [fault.document]) : [];
  let first: HTMLElement | null = null;
  for (const refusal of refusals) {
    const key = (refusal.field ?? "").split(/[.[]/)[0];
    const holder = key ? form.querySelector<HTMLElement>(`[data-field="${CSS.escape(key)}"]`) : null;
    const control = holder?.querySelector<HTMLElement>("input,select,textarea");
    if (!holder || !control) continue;
    control.setAttribute("aria-invalid", "true");
    holder.querySelector("small")?.append(h("strong", { class: "field__fault" }, ` ✕ ${sayEither(refusal.message) || (refusal.detail ?? "")}`));
    first ??= control;
  }
  if (first) first.focus();
  else box.scrollIntoView({ block: "nearest" });
}

export function clearRefusal(form: HTMLElement, place: Element): void {
  fill(place);
  form.querySelectorAll(".field__fault").forEach((fault) => fault.remove());
  form.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
}

/** Runs a button's work once at a time. */
export async function busy(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  button.disabled = true;
  try {
    await work();
  } finally {
    button.disabled = false;
  }
}
