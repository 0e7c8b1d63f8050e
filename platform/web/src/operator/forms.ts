import { Problem, problemBox, type Refusal } from "../lib/api";
import { type Child, fill, h } from "../lib/dom";
import { say, sayEither } from "../lib/words";

/** A labelled field with its hint; the hint and a later refusal are read out with it. */
export function field(name: string, label: string, control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, hint: Child = null): HTMLElement {
  control.id = `field-${name}`;
  control.name = name;
  const note = h("small", { id: `hint-${name}` }, hint);
  control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field", "data-field": name }, h("label", { for: control.id }, label), control, note);
}

interface Told {
  field: string;
  text: string;
}

/** The wording without the name that the API calls the field by: the form has a label of its own. */
function plainly(text: string): string {
  return text.replace(/^(字段“[^”]*”：|field “[^”]*”: )/, "");
}

/** A list that is empty is, on the page, a field that nobody filled in. */
function textOf(refusal: Refusal): string {
  if (refusal.field === "hosts" && refusal.facts?.["reason"] === "min_length") return say("请至少填写一个", "enter at least one");
  return plainly(sayEither(refusal.message) || (refusal.detail ?? ""));
}

/** The form's own name of the field; of the two numbers of a point the second has one for itself. */
function fieldOf(refusal: Refusal): string {
  if (refusal.field === "centre.1") return "latitude";
  return (refusal.field ?? "").split(/[.[]/)[0] ?? "";
}

function tellings(fault: unknown): Told[] {
  if (!(fault instanceof Problem)) return [];
  const refusals = fault.document.errors?.length ? fault.document.errors : [fault.document];
  return refusals.map((refusal) => ({ field: fieldOf(refusal), text: textOf(refusal) }));
}

/** Shows what was refused at the top, and beside each field it speaks of; the first such field is gone to. */
export function showRefusal(form: HTMLElement, place: Element, fault: unknown): void {
  clearRefusal(form, place);
  const told = tellings(fault).map((one) => ({ ...one, holder: one.field ? form.querySelector<HTMLElement>(`[data-field="${CSS.escape(one.field)}"]`) : null }));
  for (const { holder, text } of told) {
    holder?.querySelector("input,select,textarea")?.setAttribute("aria-invalid", "true");
    holder?.querySelector("small")?.append(h("strong", { class: "field__fault" }, ` ✕ ${text}`));
  }
  const inForm = told.length > 0 && told.every(({ holder }) => holder) && fault instanceof Problem && fault.status === 400;
  fill(
    place,
    inForm
      ? h("div", { class: "notice notice--bad", role: "alert" }, h("p", {}, say(`请改正以下 ${told.length} 处：`, `Please mend ${told.length}:`)), h("ul", {}, ...told.map(({ holder, text }) => h("li", {}, `${holder?.querySelector("label")?.textContent ?? ""}：${text}`))))
      : problemBox(fault),
  );
  const first = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (first) first.focus();
  else place.scrollIntoView({ block: "nearest" });
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
