import { latestAt } from "./api";
import { type Child, h } from "./dom";
import { say } from "./words";

interface Question {
  title: string;
  body: Child[];
  confirm: string;
  /** What the way out is called; “取消” where nothing else is said. */
  leave?: string;
  /** What is confirmed cannot be undone: the way out is the one that stands out. */
  isDanger?: boolean;
  /** Called with the form; the dialog stays open and shows what it throws, when it throws. */
  carryOut: (form: FormData) => Promise<void>;
  showFault: (fault: unknown) => HTMLElement;
}

/**
 * Begins the way to a dialog that shows what has to be read first. The returned function tells, once it is read, whether
 * the dialog is still wanted: not where another was opened, or begun, meanwhile, nor this one by a second press.
 */
export function nextDialog(): () => boolean {
  const isLatest = latestAt(document.body);
  const before = topDialog();
  return () => isLatest() && topDialog() === before;
}

function topDialog(): Element | undefined {
  return [...document.querySelectorAll("dialog[open]")].at(-1);
}

/** Asks before something happens; Escape and “取消” leave all as it was. */
export function ask(question: Question): void {
  nextDialog();
  const fault = h("div", {});
  const go = h("button", { class: question.isDanger ? "button button--danger" : "button button--main", type: "submit" }, question.confirm);
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "dialog-title" }, question.title),
    fault,
    ...question.body,
    h(
      "div",
      { class: "dialog__end" },
      h("button", { class: question.isDanger ? "button button--main" : "button button--quiet", type: "button", onclick: () => dialog.close() }, question.leave ?? say("取消", "Cancel")),
      go,
    ),
  );
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    question
      .carryOut(new FormData(form))
      .then(() => dialog.close())
      .catch((reason: unknown) => {
        fault.replaceChildren(question.showFault(reason));
        go.disabled = false;
      });
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
