import { problemBox, read, readAll, write } from "../lib/api";
import { fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { today } from "../lib/numbers";
import { lastRead } from "../lib/pending";
import { say } from "../lib/words";
import { actButton, textField } from "../network/parts";
import { exampleMark } from "./parts";
import type { Case } from "./types";

interface FormRow {
  id: number;
  code: string;
  document_version: string;
  name: string;
  source: string;
  is_example: boolean;
}

interface Form extends FormRow {
  questions: { key: string; zh: string; en: string }[];
}

const ANSWERS: [string, string][] = [
  ["true", say("是", "yes")],
  ["false", say("否", "no")],
];

/** The questionnaire, question by question; the answers are weighed by the server and kept by nobody. */
export async function screeningForm(one: Case, done: (words: string) => void): Promise<HTMLElement[]> {
  const forms = (await lastRead("wellness-forms", () => readAll<FormRow>("wellness/screening-forms", 200))).value;
  const row = forms.at(-1);
  if (!row) return [emptyBox(say("还没有载入筛查问卷。", "No questionnaire was loaded yet."), say("请由市体育局在“体质统计”页载入。", "The bureau loads one on its page of totals."))];
  const whole = (await lastRead(`wellness-form-${row.id}`, () => read<Form>(`wellness/screening-forms/${row.id}`))).value;
  const fault = h("div", {});
  const form = h(
    "form",
    { id: "screening" },
    h("p", { class: "muted" }, whole.name, " ", say(`${whole.document_version} 版`, `version ${whole.document_version}`), " ", exampleMark(whole.is_example)),
    ...whole.questions.map((question) =>
      h("fieldset", { class: "question" }, h("legend", {}, say(question.zh, question.en)), h("div", { class: "question__answers" }, ...ANSWERS.map(([value, words]) => h("label", { class: "choice" }, h("input", { type: "radio", name: question.key, value, required: true }), words)))),
    ),
    h("p", { class: "muted small" }, say("答案只用于判断是否需要医生评估，不保存，不作诊断。", "The answers only tell whether a doctor is asked; they are not kept and diagnose nothing.")),
    fault,
    h("button", { class: "button button--main", type: "submit", id: "screen" }, say("完成筛查", "Finish the screening")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const answers = Object.fromEntries(whole.questions.map((question) => [question.key, given.get(question.key) === "true"]));
    write("POST", `wellness/cases/${one.id}/screening`, { form_id: whole.id, answers })
      .then(() => done(say("筛查已完成", "the screening is done")))
      .catch((reason: unknown) => fill(fault, problemBox(reason)));
  });
  return [form];
}

/** Clearance on the questionnaire, by a doctor's note, or the way to a doctor. */
export function clearanceForm(one: Case, asksForDoctor: boolean | null, mayClear: boolean, done: (words: string) => void): HTMLElement[] {
  const fault = h("div", {});
  const send = (path: string, body: unknown, words: string): void => void write("POST", `wellness/cases/${one.id}/${path}`, body).then(() => done(words)).catch((reason: unknown) => fill(fault, problemBox(reason)));
  const told = asksForDoctor === null ? null : h("p", { class: `notice ${asksForDoctor ? "notice--warn" : "notice--good"}` }, asksForDoctor ? say("问卷提示：须先由医生评估，凭医生意见才能确认可运动。", "The questionnaire asks for a doctor: only a doctor's note clears.") : say("问卷没有提示需要医生评估，由处方师确认。", "The questionnaire asks for no doctor; the prescriber confirms."));
  const parts: (HTMLElement | null)[] = [told, fault];
  if (one.state === "screened" && asksForDoctor !== true && mayClear) parts.push(actButton(say("确认可运动", "Clear"), () => send("clear", { basis: "questionnaire" }, say("已确认可运动", "cleared")), { class: "button button--main", id: "clear" }));
  if (one.state === "screened") parts.push(actButton(say("转医生评估", "Refer to a doctor"), () => send("refer", undefined, say("已转医生评估", "referred")), { class: asksForDoctor ? "button button--main" : "button", id: "refer" }));
  if (mayClear && (asksForDoctor !== false || one.state === "referred")) parts.push(noteForm(send));
  if (!mayClear) parts.push(h("p", { class: "muted" }, say("由运动处方师确认可运动。", "A prescriber clears.")));
  return parts.filter((part) => part !== null);
}

function noteForm(send: (path: string, body: unknown, words: string) => void): HTMLElement {
  const form = h(
    "form",
    { id: "note" },
    h("h3", {}, say("登记医生评估意见", "Enter the doctor's note")),
    h("p", { class: "muted small" }, say("只登记文书在哪里；病情和诊断不写在这里。", "Only where the note is found; nothing of the illness.")),
    h(
      "div",
      { class: "pair" },
      textField("reference", say("文书编号", "Reference"), { required: true, maxlength: 40, pattern: "[A-Z0-9][A-Z0-9\\-]{3,39}", autocomplete: "off" }, say("大写字母、数字和短横", "capitals, digits, hyphens")),
      textField("institution", say("机构统一社会信用代码", "Institution's code"), { required: true, maxlength: 18, pattern: "[0-9A-HJ-NP-RT-UW-Y]{18}", autocomplete: "off" }),
      h("label", { class: "field" }, h("span", {}, say("日期", "Dated")), h("input", { type: "date", name: "dated_on", required: true, max: today() })),
    ),
    h("button", { class: "button", type: "submit" }, say("凭医生意见确认可运动", "Clear on this note")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const note = { reference: String(given.get("reference")).trim(), institution: String(given.get("institution")).trim(), dated_on: given.get("dated_on") };
    send("clear", { basis: "doctors_note", note }, say("已凭医生意见确认可运动", "cleared on a doctor's note"));
  });
  return form;
}
