import { Problem } from "./api";
import { h } from "./dom";
import { sayEither } from "./words";

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
    const fix = sayEither(refusal.how_to_fix);
    const id = `fault-${refusal.field}`;
    const said = h("p", { class: FAULT, id, role: "alert" }, "✕ ", sayEither(refusal.message) || (refusal.detail ?? refusal.code), fix ? h("span", { class: "fix" }, " ", fix) : null);
    (field.closest(".field, .crossing, fieldset") ?? field).append(said);
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
