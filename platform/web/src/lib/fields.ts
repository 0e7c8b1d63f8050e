import { Problem, wordsOf } from "./api";
import { h } from "./dom";

const FAULT = "field__fault";

/** Takes away what an earlier answer said beside the fields. */
export function clearFieldFaults(form: HTMLElement): void {
  form.querySelectorAll(`.${FAULT}`).forEach((said) => said.remove());
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const kept = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !id.startsWith("fault-"));
    if (kept.length) field.setAttribute("aria-describedby", kept.join(" "));
    else field.removeAttribute("aria-describedby");
  }
}

/**
 * Puts every refusal of the server beside the field that it names, opens what is folded around it, and goes to the first.
 * Returns what has no field in the form, to be shown elsewhere; null when nothing is left.
 */
export function showFieldFaults(form: HTMLElement, fault: unknown): unknown {
  clearFieldFaults(form);
  if (!(fault instanceof Problem)) return fault;
  const several = fault.document.errors?.length ? fault.document.errors : [fault.document];
  let first: HTMLElement | null = null;
  const left = several.filter((refusal) => {
    const field = refusal.field ? form.querySelector<HTMLElement>(`[name="${CSS.escape(refusal.field)}"]`) : null;
    if (!field) return true;
    const { said: words, fix } = wordsOf(refusal);
    const id = `fault-${refusal.field}`;
    const said = h("p", { class: FAULT, id, role: "alert" }, "✕ ", words, fix ? h("span", { class: "fix" }, " ", fix) : null);
    const around = field.closest(".field, .crossing, fieldset");
    if (around) around.append(said);
    // What is appended to a field itself is never drawn: a tick's words go below its label.
    else (field.closest("label") ?? field).after(said);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
    const folded = field.closest("details");
    if (folded) folded.open = true;
    first ??= field;
    return false;
  });
  (first as HTMLElement | null)?.focus();
  return left.length ? new Problem({ ...fault.document, errors: left }) : null;
}

type Typed = HTMLInputElement | HTMLTextAreaElement;

/** The fields that are typed into, each with the value it was drawn with. */
function typedInto(form: Element): Typed[] {
  return [...form.querySelectorAll<Typed>("input[name]:not([type=checkbox], [type=radio], [type=file]), textarea[name]")];
}

/** Whether somebody has begun to type: such a form is not drawn anew under the fingers. */
export function isTouched(form: Element): boolean {
  return typedInto(form).some((field) => field.value !== field.defaultValue);
}

/**
 * Puts what was typed and not sent into the form that takes this one's place. The returned function is called once that
 * form stands there: whoever was typing goes on where they were.
 */
export function keepTyped(before: Element, form: Element): () => void {
  const fields = typedInto(form);
  for (const old of typedInto(before).filter((field) => field.value !== field.defaultValue)) {
    const field = fields.find((one) => one.name === old.name);
    if (field) field.value = old.value;
  }
  const typing = typedInto(before).find((field) => field === document.activeElement);
  const next = fields.find((one) => one.name === typing?.name);
  return () => {
    if (!typing || !next) return;
    next.focus({ preventScroll: true });
    // A number or a day has no place in it to go on from.
    if (typing.selectionStart !== null) next.setSelectionRange(typing.selectionStart, typing.selectionEnd);
  };
}

/** What was sent and taken is no more only typed; what was typed since then still is. */
export function settle(form: Element, sent: FormData): void {
  for (const field of typedInto(form)) field.defaultValue = String(sent.get(field.name) ?? field.defaultValue);
}
