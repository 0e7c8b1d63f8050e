import { problemBox, write } from "../lib/api";
import { type Child, fill, h } from "../lib/dom";
import { showFieldFaults } from "../lib/fields";
import { today } from "../lib/numbers";
import { say } from "../lib/words";
import { actButton } from "../network/parts";
import { fieldset, numberField, printSheet } from "./parts";
import type { Case, Prescription } from "./types";

export const TYPES: [string, string][] = [
  ["walking", say("步行", "walking")],
  ["running", say("跑步", "running")],
  ["cycling", say("骑行", "cycling")],
  ["swimming", say("游泳", "swimming")],
  ["dance", say("舞蹈健身", "dance")],
  ["ball_game", say("球类", "ball games")],
  ["tai_chi", say("太极拳等", "tai chi")],
  ["resistance", say("力量练习", "resistance")],
  ["flexibility", say("柔韧练习", "flexibility")],
  ["balance", say("平衡练习", "balance")],
];
const FIRST: Omit<Prescription, "number" | "starts_on" | "ends_on"> = { frequency_per_week: 3, exertion_low: 11, exertion_high: 13, minutes: 30, types: [], volume_minutes_per_week: 90, step_weeks: 2, step_minutes: 5, weeks: 12 };
/** Borg's scale, in the words that are read out. */
const BORG = say("自感用力 6–20：9 很轻松，11 轻松，13 有点吃力，15 吃力，17 很吃力", "Borg 6–20: 9 very light, 11 light, 13 somewhat hard, 15 hard, 17 very hard");

function factsOf(plan: Prescription): [string, string][] {
  const names = plan.types.map((kind) => TYPES.find(([known]) => known === kind)?.[1] ?? kind).join("、");
  return [
    [say("频率 F", "Frequency"), say(`每周 ${plan.frequency_per_week} 次`, `${plan.frequency_per_week} times a week`)],
    [say("强度 I", "Intensity"), say(`自感用力 ${plan.exertion_low}–${plan.exertion_high}（6–20）`, `exertion ${plan.exertion_low}–${plan.exertion_high} (of 6–20)`)],
    [say("时间 T", "Time"), say(`每次 ${plan.minutes} 分钟`, `${plan.minutes} minutes each time`)],
    [say("方式 T", "Type"), names],
    [say("总量 V", "Volume"), say(`每周 ${plan.volume_minutes_per_week} 分钟`, `${plan.volume_minutes_per_week} minutes a week`)],
    [say("进阶 P", "Progression"), plan.step_minutes ? say(`每 ${plan.step_weeks} 周，每次加 ${plan.step_minutes} 分钟`, `${plan.step_minutes} minutes more every ${plan.step_weeks} weeks`) : say("不进阶", "none")],
    [say("有效期", "Valid"), say(`${plan.starts_on} 至 ${plan.ends_on}（${plan.weeks} 周）`, `${plan.starts_on} to ${plan.ends_on} (${plan.weeks} weeks)`)],
  ];
}

function listOf(facts: [string, Child][]): HTMLElement {
  return h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** The present version as a list of facts, with the sheet for the person. */
export function prescriptionShown(plan: Prescription, one: Case): HTMLElement {
  return h("div", { class: "plan-shown" }, h("p", {}, h("span", { class: "mark mark--good" }, say(`第 ${plan.number} 版`, `version ${plan.number}`))), listOf(factsOf(plan)), h("p", {}, actButton(say("打印处方单（A4 一页）", "Print (one A4 sheet)"), () => printPrescription(plan, one), { id: "print-plan" })));
}

function printPrescription(plan: Prescription, one: Case): void {
  printSheet(
    h("h1", {}, say("运动处方单", "Exercise prescription")),
    listOf([[say("姓名", "Name"), `${one.name}  ${say("（由本人填写：____________）", "(by hand: ____________)")}`], ...factsOf(plan), [say("复测", "Re-test"), one.retest_from ? `${one.retest_from} — ${one.retest_to}` : say("首次运动后按周计算", "counted from the first session")]]),
    h("p", {}, BORG),
    h("p", {}, h("strong", {}, say("出现以下任何一种情况，立即停止运动：胸部不适、头晕、心慌、喘不过气、疼痛或任何让您担心的不适。休息后不缓解，立即拨打 120，并告知处方师；处方师复核前不再继续。", "Stop at once with discomfort in the chest, dizziness, palpitations, breathlessness, pain or anything that worries you. If rest does not help, call 120, and tell the prescriber; go on only after a review."))),
    h("p", {}, say("本单不是诊断，也不代替药物和就医。", "This is no diagnosis and replaces neither medicine nor a doctor.")),
    h("p", { class: "sign" }, say("处方师：____________　　日期：____________", "Prescriber: ____________  Date: ____________")),
  );
}

/** FITT-VP in closed fields, filled with the version that stands; the weekly volume is reckoned, not typed. */
export function prescriptionForm(one: Case, present: Prescription | undefined, done: (words: string) => void): HTMLElement {
  const known = present ?? FIRST;
  const fault = h("div", {});
  const volume = h("output", { class: "mark mark--info", name: "volume_minutes_per_week" });
  const form = h(
    "form",
    { id: "prescription", novalidate: true },
    fieldset(say("频率与时间（F、T）", "Frequency and time"), h("div", { class: "pair" }, numberField("frequency_per_week", say("每周次数", "Times a week"), { min: 1, max: 7, value: known.frequency_per_week }), numberField("minutes", say("每次分钟", "Minutes each time"), { min: 5, max: 120, value: known.minutes })), h("p", {}, say("每周总量（V）：", "Volume: "), volume)),
    fieldset(say("强度（I）", "Intensity"), h("p", { class: "muted small" }, BORG), h("div", { class: "pair" }, numberField("exertion_low", say("自感用力从", "Exertion from"), { min: 6, max: 20, value: known.exertion_low }), numberField("exertion_high", say("到", "to"), { min: 6, max: 20, value: known.exertion_high }))),
    fieldset(say("方式（T）", "Type"), h("div", { class: "kinds" }, ...TYPES.map(([kind, words]) => h("label", { class: "choice" }, h("input", { type: "checkbox", name: "types", value: kind, checked: known.types.includes(kind) }), words)))),
    fieldset(say("进阶（P）", "Progression"), h("div", { class: "pair" }, numberField("step_weeks", say("每几周", "Every so many weeks"), { min: 1, max: 12, value: known.step_weeks }), numberField("step_minutes", say("每次加几分钟（0 为不进阶）", "Minutes more (0: none)"), { min: 0, max: 30, value: known.step_minutes }))),
    h("div", { class: "pair" }, h("label", { class: "field" }, h("span", {}, say("开始日期", "First day")), h("input", { type: "date", name: "starts_on", required: true, min: today(), value: today() })), numberField("weeks", say("有效周数", "Weeks it is valid"), { min: 1, max: 26, value: known.weeks })),
    fault,
    h("button", { class: "button button--main", type: "submit", id: "prescribe" }, present ? say(`开具第 ${present.number + 1} 版`, `Issue version ${present.number + 1}`) : say("开具处方", "Issue the prescription")),
  );
  const numberOf = (name: string): number => Number(new FormData(form).get(name) ?? 0);
  const reckon = (): void => {
    volume.textContent = say(`${numberOf("frequency_per_week") * numberOf("minutes")} 分钟`, `${numberOf("frequency_per_week") * numberOf("minutes")} minutes`);
  };
  form.addEventListener("input", reckon);
  reckon();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // What was refused before stays in sight until there is an answer: nothing moves under the finger that presses.
    const given = new FormData(form);
    const names = ["frequency_per_week", "exertion_low", "exertion_high", "minutes", "step_weeks", "step_minutes", "weeks"];
    const order = { ...Object.fromEntries(names.map((name) => [name, Math.trunc(Number(given.get(name)))])), types: given.getAll("types"), volume_minutes_per_week: numberOf("frequency_per_week") * numberOf("minutes"), starts_on: given.get("starts_on"), replaces: present?.number ?? 0 };
    write("POST", `wellness/cases/${one.id}/prescriptions`, order)
      .then(() => done(say("处方已开具", "prescribed")))
      .catch((reason: unknown) => {
        const left = showFieldFaults(form, reason);
        fill(fault, left ? problemBox(left) : null);
      });
  });
  return form;
}
