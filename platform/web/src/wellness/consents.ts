import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { day, today } from "../lib/numbers";
import { say } from "../lib/words";
import { actButton, row, rows, textField } from "../network/parts";
import { ageOn, type Citizen, type Consent, named, type Purpose, PURPOSES } from "./types";

/** The wording that is read to the person; a city with a paper form of its own writes that form's version instead. */
const WORDING = "station-1";
const GUARDED_UNTIL = 15; // the server decides to the month; the question is not put to grown people
const TEXTS: Record<Purpose, string> = {
  fitness_test: say("我同意测试站记录我的体质测试数值、得分和等级，只供本人、测试员和我另行同意的运动处方师查看；网格员只知道“已邀请”或“已完成”。我可以随时撤回，撤回后立即不再显示，随后删除。", "I agree that the station keeps the values, points and grade of my fitness tests, seen only by me, the testers and, where I agree to that too, the prescriber; grid staff learn only “invited” or “done”. I may take this back at any time: then it is shown no more, and deleted."),
  exercise_case: say("我同意为我做运动风险筛查、开具运动处方、记录运动并复测。问卷答案不保存，不记录任何疾病诊断。我可以随时退出。", "I agree to be screened, prescribed exercise, and followed to a re-test. No answer of the questionnaire and no diagnosis is kept. I may leave at any time."),
  share_with_health_centre: say("我同意把我的记录交一份给我指定的社区卫生服务机构。我可以随时撤回；已交出的副本由该机构管理。", "I agree that a copy of my record goes to the health centre I name. I may take this back at any time; copies handed over are that centre's."),
};

/** The three consents, each by itself: whether it is in force, since when, and the way to give it or take it back. */
export function consentsShown(person: Citizen, given: Consent[], changed: (words: string) => void): HTMLElement {
  return rows(
    ...PURPOSES.map(([purpose, name]) => {
      const live = given.find((one) => one.purpose === purpose && one.withdrawn_at === null);
      const last = given.filter((one) => one.purpose === purpose).at(-1);
      const state = live
        ? [h("span", { class: "mark mark--good" }, say("✓ 已同意", "✓ given")), h("small", {}, [day(live.given_at), live.text_version, live.given_by_guardian ? say("监护人同意", "by a guardian") : ""].filter(Boolean).join(" · "))]
        : [h("span", { class: "mark" }, last ? say("已撤回", "taken back") : say("未同意", "not given")), last ? h("small", {}, day(last.withdrawn_at)) : null];
      const act = live
        ? actButton(say("撤回…", "Take back…"), () => askWithdrawal(person, purpose, changed), { class: "button button--quiet", "data-withdraw": purpose })
        : actButton(say("登记同意…", "Record consent…"), () => askConsent(person, purpose, changed), { "data-consent": purpose });
      return row([h("strong", {}, name), " ", ...state], act);
    }),
  );
}

/** Reads the wording out and records that the person agreed to this one purpose. */
export function askConsent(person: Citizen, purpose: Purpose, changed: (words: string) => void): void {
  const mayBeGuarded = ageOn(person, today()) < GUARDED_UNTIL;
  ask({
    title: say(`同意：${named(PURPOSES, purpose)}`, `Consent: ${named(PURPOSES, purpose)}`),
    body: [
      h("p", {}, say("请念给本人听，或请本人阅读：", "Read it aloud, or let the person read:")),
      h("blockquote", { class: "wording" }, TEXTS[purpose]),
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "agreed", required: true }), h("span", {}, say("本人已单独同意这一项（书面或当面）", "The person agreed to this one thing (on paper or face to face)"))),
      mayBeGuarded ? h("label", { class: "choice" }, h("input", { type: "checkbox", name: "guardian" }), h("span", {}, say("由监护人同意（未满 14 周岁必须）", "By a guardian (needed under 14)"))) : null,
      textField("text_version", say("同意书版本", "Version of the wording"), { value: WORDING, required: true, maxlength: 40, pattern: "[0-9A-Za-z.\\-]+" }, say("用本市纸质同意书的，填其版本号。", "Where a paper form is used, its version.")),
    ],
    confirm: say("登记同意", "Record"),
    showFault: problemBox,
    carryOut: async (form) => {
      await write("POST", `wellness/citizens/${person.id}/consents`, { purpose, text_version: String(form.get("text_version")).trim(), given_by_guardian: form.get("guardian") === "on" });
      changed(say(`已登记“${named(PURPOSES, purpose)}”的同意`, `the consent to ${named(PURPOSES, purpose)} is recorded`));
    },
  });
}

function askWithdrawal(person: Citizen, purpose: Purpose, changed: (words: string) => void): void {
  const ends = purpose === "exercise_case" ? say("进行中的运动干预同时结束。", "An open exercise case ends with it.") : "";
  ask({
    title: say(`撤回：${named(PURPOSES, purpose)}`, `Take back: ${named(PURPOSES, purpose)}`),
    body: [h("p", {}, say(`按本人要求撤回。此前据此录入的内容立即不再显示，以后再同意也不会恢复。${ends}`, `At the person's word. What was entered under it is shown no more, also after a later consent. ${ends}`))],
    confirm: say("撤回同意", "Take it back"),
    leave: say("不撤回", "Leave it"),
    showFault: problemBox,
    carryOut: async () => {
      await write("POST", `wellness/citizens/${person.id}/consents/withdraw`, { purpose });
      changed(say(`已撤回“${named(PURPOSES, purpose)}”的同意`, `the consent to ${named(PURPOSES, purpose)} is taken back`));
    },
  });
}
