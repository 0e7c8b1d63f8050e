import { type Child, h } from "./dom";
import { say } from "./words";

interface Question {
  title: string;
  body: Child[];
  confirm: string;
  /** Called with the form; the dialog stays open and shows what it throws, when it throws. */
  carryOut: (form: FormData) => Promise<void>;
  showFault: (fault: unknown) => HTMLElement;
}

/** Asks before something happens; Escape and “取消” leave all as it was. */
export function ask(question: Question): void {
  const fault = h("div", {});
  const go = h("button", { class: "button button--main", type: "submit" }, question.confirm);
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "dialog-title" }, question.title),
    fault,
    ...question.body,
    h(
      "div",
      { class: "dialog__end" },
      h("button", { class: "button button--quiet", type: "button", onclick: () => dialog.close() }, say("取消", "Cancel")),
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
