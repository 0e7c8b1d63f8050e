import { problemBox } from "../lib/api";
import { fill, h } from "../lib/dom";
import { clearFieldFaults, showFieldFaults } from "../lib/fields";
import { emptyBox } from "../lib/figures";
import { today } from "../lib/numbers";
import type { Pending } from "../lib/pending";
import { say } from "../lib/words";
import { chooser } from "../network/parts";
import { numberField } from "./parts";
import { type Case, type CaseContent, GRADES, named, type Prescription, type Session, type Standard } from "./types";
import { indicatorName } from "./result";

/** What was done, the newest first. */
export function sessionsShown(held: Session[]): HTMLElement {
  if (held.length === 0) return emptyBox(say("还没有运动记录。", "No session yet."));
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...[say("日期", "Day"), say("到场", "Came"), say("自感用力", "Exertion"), say("备注", "Note")].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...[...held].reverse().map((one) => h("tr", {}, h("th", { scope: "row" }, one.held_on), h("td", {}, one.attended ? say("✓ 到场", "✓ yes") : say("✕ 未到", "✕ no")), h("td", {}, one.exertion ?? "—"), h("td", {}, one.stopped ? h("span", { class: "mark mark--bad" }, say("中止", "stopped")) : "")))),
    ),
  );
}

/** One session; it is kept on the phone while there is no network, and sent once. */
export function sessionForm(one: Case, plan: Prescription, pending: Pending, done: (words: string) => void): HTMLElement {
  const fault = h("div", {});
  const felt = h("div", {}, numberField("exertion", say("自感用力（6–20）", "Exertion (6–20)"), { min: 6, max: 20, value: plan.exertion_low, inputmode: "numeric" }), h("label", { class: "choice" }, h("input", { type: "checkbox", name: "stopped" }), h("span", {}, say("因不适中止（处方师复核前不再继续）", "Stopped for discomfort (the prescriber looks first)"))));
  const came = chooser("attended", say("到场", "Came"), [["yes", say("到场", "yes")], ["no", say("未到", "no")]]);
  const form = h(
    "form",
    { id: "session", novalidate: true },
    h("div", { class: "pair" }, h("label", { class: "field" }, h("span", {}, say("日期", "Day")), h("input", { type: "date", name: "held_on", required: true, min: plan.starts_on, max: today(), value: today() })), came),
    felt,
    fault,
    h("button", { class: "button button--main", type: "submit", id: "save-session" }, say("记录一次运动", "Record the session")),
  );
  came.addEventListener("change", () => {
    felt.hidden = new FormData(form).get("attended") === "no";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearFieldFaults(form);
    fill(fault);
    const given = new FormData(form);
    const attended = given.get("attended") === "yes";
    const fields = { held_on: given.get("held_on"), attended, ...(attended ? { exertion: Number(given.get("exertion")), stopped: given.get("stopped") === "on" } : {}) };
    pending
      .add(`wellness/cases/${one.id}/sessions`, { fields }, say(`运动记录（个案 ${one.id}）`, `session (case ${one.id})`))
      .then((arrived) => done(arrived ? say("运动已记录", "the session is recorded") : ""))
      .catch((reason: unknown) => {
        const left = showFieldFaults(form, reason);
        fill(fault, left ? problemBox(left) : null);
      });
  });
  return form;
}

/** First test and re-test side by side: what each item has changed by, and the grades. */
export function comparisonShown(comparison: NonNullable<CaseContent["comparison"]>, standard: Standard): HTMLElement {
  const grade = (key: string | null): string => (key ? named(GRADES, key) : say("缺项，无等级", "none"));
  return h(
    "div",
    { class: "table-frame", id: "comparison" },
    h(
      "table",
      {},
      h("caption", {}, say(`${comparison.first.tested_on} → ${comparison.re_test.tested_on}：${grade(comparison.first.grade)} → ${grade(comparison.re_test.grade)}`, `${comparison.first.tested_on} → ${comparison.re_test.tested_on}: ${grade(comparison.first.grade)} → ${grade(comparison.re_test.grade)}`)),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("项目", "Item")), h("th", { scope: "col", class: "number" }, say("变化", "Change")))),
      h("tbody", {}, ...Object.entries(comparison.changes).map(([code, change]) => h("tr", {}, h("th", { scope: "row" }, indicatorName(standard, code)), h("td", { class: "number" }, `${change.startsWith("-") ? "" : "+"}${change} ${standard.indicators.find((each) => each.code === code)?.unit ?? ""}`)))),
    ),
  );
}
