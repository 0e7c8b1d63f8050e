import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/wellness.css";

import { problemBox, read, readAll, show, write } from "./lib/api";
import { ask } from "./lib/dialog";
import { announce, byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { today } from "./lib/numbers";
import { Pending } from "./lib/pending";
import { myRights } from "./lib/rights";
import { steadily } from "./lib/steady";
import { fromAddress, keepInAddress } from "./lib/tabs";
import { say } from "./lib/words";
import { actButton, row, rows } from "./network/parts";
import { exampleNotice, refused, told } from "./wellness/parts";
import { readOnce } from "./wellness/reading";
import { standardWhole } from "./wellness/result";
import { prescriptionForm, prescriptionShown } from "./wellness/prescription";
import { clearanceForm, screeningForm } from "./wellness/screening";
import { comparisonShown, sessionForm, sessionsShown } from "./wellness/sessions";
import { type Case, type CaseContent, type Citizen, named, type Prescription, STATES, type TestRow, whoseOf } from "./wellness/types";

const DUE = "due";
const BEGUN = ["prescribed", "in_programme"];

/** Exercise cases: what each still wants, and the next step of the one that is open. No place takes free text. */
class Cases {
  private readonly pending: Pending;
  private readonly mayPrescribe: boolean;
  /** Which case was asked for last; 0 where none is open. */
  private asked = 0;
  /** The form of the next version, of a case and the version it replaces: what is filled in there outlives what is recorded beside it. */
  private review = { of: "", form: h("details", {}) };

  constructor(rights: Set<string>) {
    this.mayPrescribe = rights.has("wellness.prescribe");
    // What waited has arrived: said, and not drawn anew, as somebody may be in the middle of a form.
    this.pending = new Pending(byId("waiting"), () => told(byId("said"), say("等待的记录已上传；重新打开个案可见。", "what waited has arrived; open the case again to see it")));
    const state = h("select", { id: "state" }, h("option", { value: "" }, say("全部", "all")), h("option", { value: DUE }, say("复测到期", "re-test due")), ...STATES.map(([key, name]) => h("option", { value: key }, name)));
    state.value = fromAddress("state");
    state.addEventListener("change", () => {
      keepInAddress("state", state.value);
      void this.list(state.value);
    });
    fill(byId("tools"), h("label", { class: "field" }, h("span", {}, say("显示", "Show")), state));
    void this.list(state.value);
    const asked = Number(fromAddress("case"));
    if (asked) void this.open(asked);
  }

  private async list(state: string): Promise<void> {
    const query = state === DUE ? "?retest_due=true" : state ? `?state=${state}` : "";
    await steadily(byId("cases"), () => show(byId("cases"), async () => {
      const found = await readAll<Case>(`wellness/cases${query}`, 1000);
      if (found.length === 0) return emptyBox(say("没有这样的个案。", "No such case."), say("受邀参加“运动干预”的人会列在这里。", "Whoever is invited to an exercise programme is listed here."));
      return rows(...found.reverse().map((one) => row([h("strong", {}, one.name), " ", stateMark(one), h("small", {}, whoseOf(one)), h("small", {}, whenOf(one))], actButton(say("打开", "Open"), () => void this.open(one.id), { "data-case": one.id, "aria-label": say(`打开 ${one.name}`, `open ${one.name}`) }))));
    }));
  }

  private async open(id: number, words = ""): Promise<void> {
    keepInAddress("case", id);
    this.asked = id;
    told(byId("said"), "");
    byId("case-box").hidden = false;
    const outcome = await steadily(byId("case"), () => show(byId("case"), async (isLatest) => {
      const one = await read<Case>(`wellness/cases/${id}`);
      const [person, tests] = await Promise.all([read<Citizen>(`wellness/citizens/${one.citizen_id}`), readAll<TestRow>(`wellness/citizens/${one.citizen_id}/tests`, 200)]);
      if (!isLatest()) return [];
      byId("case-name").textContent = one.name;
      const agreed = person.consents.includes("exercise_case");
      const content = agreed && one.state !== "invited" ? await this.content(one) : null;
      // Who has gone on to the next case may be writing its prescription: an earlier one must not take that form's place.
      if (!isLatest()) return [];
      return this.shown(one, person, tests, content);
    }));
    if (outcome === "late") return;
    told(byId("case-said"), words);
    if (words) announce(words);
    byId("case-name").focus();
    byId("case-box").scrollIntoView({ block: "start" });
  }

  /** Opening a case reads what is kept in it, which is logged with the purpose. */
  private content(one: Case): Promise<CaseContent> {
    return readOnce<CaseContent>(`wellness/cases/${one.id}/read`, { purpose: this.mayPrescribe ? "prescribing" : "testing" }, "sessions");
  }

  private async shown(one: Case, person: Citizen, tests: TestRow[], content: CaseContent | null): Promise<HTMLElement[]> {
    const done = (words: string): void => {
      void this.list(byId<HTMLSelectElement>("state").value);
      // Who has gone on to the next case meanwhile stays there.
      if (this.asked === one.id) void this.open(one.id, words);
      else told(byId("said"), say(`${one.name}：${words}`, `${one.name}: ${words}`));
    };
    const plan = content?.prescriptions.at(-1);
    const isTested = tests.some((test) => !test.is_void);
    return [
      h("p", {}, stateMark(one), " ", h("span", { class: "muted" }, whenOf(one))),
      ...(one.state === "closed" ? [] : [missingShown(one, person, isTested, content)]),
      ...(await this.nextStep(one, person, isTested, content, done)),
      ...(plan ? [h("h3", {}, say("运动处方", "Prescription")), prescriptionShown(plan, one)] : []),
      ...(content && (plan || content.sessions.length) ? [h("h3", {}, say("运动记录", "Sessions")), sessionsShown(content.sessions)] : []),
      ...(await comparison(content)),
      content ? h("p", { class: "muted small logged" }, say(`打开个案已记入日志（用途：${this.mayPrescribe ? "开具处方" : "测试指导"}）。`, `Opening the case was logged (${this.mayPrescribe ? "to prescribe" : "to advise"}).`)) : h("span", {}),
      this.ends(one),
    ];
  }

  private async nextStep(one: Case, person: Citizen, isTested: boolean, content: CaseContent | null, done: (words: string) => void): Promise<HTMLElement[]> {
    const station = (words: string): HTMLElement => h("p", {}, h("a", { class: "button button--main", href: `/wellness/tests?person=${person.id}` }, words));
    const title = (words: string): HTMLElement => h("h3", {}, words);
    switch (one.state) {
      case "invited":
        return [title(say("下一步：本人同意", "Next: the consent")), station(say("去登记同意", "Record the consent"))];
      case "consented":
        return [title(say("下一步：风险筛查", "Next: the screening")), ...(await screeningForm(one, done))];
      case "screened":
      case "referred":
        return [title(say("下一步：确认可运动", "Next: clearance")), ...clearanceForm(one, content?.asks_for_doctor ?? null, this.mayPrescribe, done)];
      case "cleared":
        if (!isTested) return [title(say("下一步：体质测试（干预前的基线）", "Next: a fitness test, to compare with later")), station(say("去测试", "To the station"))];
        return [title(say("下一步：运动处方", "Next: the prescription")), this.mayPrescribe ? prescriptionForm(one, undefined, done) : h("p", { class: "muted" }, say("由运动处方师开具。", "A prescriber issues it."))];
      case "re_tested":
        return this.mayPrescribe ? [title(say("下一步：结案", "Next: the end")), actButton(say("结案", "Close the case"), () => void write("POST", `wellness/cases/${one.id}/close`).then(() => done(say("已结案", "closed"))).catch((fault: unknown) => refused(byId("case-said"), fault)), { class: "button button--main", id: "close" })] : [];
      default:
        return this.underWay(one, content, done);
    }
  }

  private underWay(one: Case, content: CaseContent | null, done: (words: string) => void): HTMLElement[] {
    const plan = content?.prescriptions.at(-1);
    if (!BEGUN.includes(one.state) || !plan || !content) return [];
    const isDue = one.retest_from !== null && one.retest_from <= today();
    const session = sessionForm(one, plan, this.pending, (words) => (words ? done(words) : told(byId("case-said"), say("已保存在手机上，联网后自动上传。", "kept on this phone; it is sent when the network is back"))));
    return [
      ...(isDue ? [h("p", { class: "notice notice--warn" }, say(`可以复测：${one.retest_from} 至 ${one.retest_to}。`, `The re-test may be taken: ${one.retest_from} to ${one.retest_to}.`)), h("p", {}, h("a", { class: "button button--main", href: `/wellness/tests?person=${one.citizen_id}`, id: "retest" }, say("去复测", "To the re-test")))] : []),
      h("h3", {}, say("记录运动", "Record a session")),
      session,
      ...(this.mayPrescribe ? [this.reviewing(one, plan, done)] : []),
    ];
  }

  private reviewing(one: Case, plan: Prescription, done: (words: string) => void): HTMLElement {
    const of = `${one.id}/${plan.number}`;
    if (this.review.of !== of) this.review = { of, form: h("details", {}, h("summary", {}, say("复核并开具新版处方", "Review and prescribe anew")), prescriptionForm(one, plan, done)) };
    return this.review.form;
  }

  private ends(one: Case): HTMLElement {
    if (one.state === "closed") return h("span", {});
    const leave = (): void =>
      ask({
        title: say("退出运动干预", "Leave the exercise case"),
        body: [h("p", {}, say("按本人要求随时可以退出：对应的同意同时撤回，个案内容不再显示，不能恢复。", "At the person's word, at any time: the consent is taken back with it, and nothing of the case is shown any more."))],
        confirm: say("退出", "Leave"),
        leave: say("不退出", "Stay"),
        showFault: problemBox,
        carryOut: async () => {
          await write("POST", `wellness/cases/${one.id}/withdraw`);
          keepInAddress("case", null);
          this.asked = 0;
          byId("case-box").hidden = true;
          told(byId("said"), say("已按本人要求退出", "left at the person's word"));
          void this.list(byId<HTMLSelectElement>("state").value);
        },
      });
    return h("p", { class: "buttons" }, h("a", { class: "button button--quiet", href: `/wellness/tests?person=${one.citizen_id}` }, say("同意与测试", "Consents and tests")), actButton(say("本人退出…", "The person leaves…"), leave, { class: "button button--quiet", id: "leave" }));
  }
}

function stateMark(one: Case): HTMLElement {
  return h("span", { class: `mark ${STATES.find(([key]) => key === one.state)?.[2] ?? ""}` }, named(STATES, one.state));
}

function whenOf(one: Case): string {
  if (one.ended_on) return say(`${one.ended_on} 结案`, `closed on ${one.ended_on}`);
  if (one.retest_from) return say(`${one.programme_from} 起运动，${one.retest_from} 至 ${one.retest_to} 复测`, `since ${one.programme_from}, re-test ${one.retest_from} to ${one.retest_to}`);
  return one.screened_on ? say(`${one.screened_on} 筛查`, `screened on ${one.screened_on}`) : "";
}

/** What stands between the person and a prescription: each step, there or missing. */
function missingShown(one: Case, person: Citizen, isTested: boolean, content: CaseContent | null): HTMLElement {
  const at = STATES.findIndex(([key]) => key === one.state);
  const reached = (state: string): boolean => at >= STATES.findIndex(([key]) => key === state);
  const steps: [boolean, string, string][] = [
    [person.consents.includes("exercise_case"), say("本人同意运动干预", "consent to the exercise case"), ""],
    [person.consents.includes("fitness_test"), say("本人同意记录体质测试", "consent to fitness tests"), ""],
    [isTested, say("体质测试（基线）", "a fitness test to compare with"), ""],
    [reached("screened"), say("风险筛查", "screening"), ""],
    [reached("cleared"), say("确认可运动", "clearance"), content?.asks_for_doctor && !reached("cleared") ? say("问卷提示须医生评估", "the questionnaire asks for a doctor") : ""],
  ];
  return h("ul", { class: "case-steps", id: "missing" }, ...steps.map(([isDone, name, note]) => h("li", { class: isDone ? "is-done" : "is-missing" }, h("b", { "aria-hidden": "true" }, isDone ? "✓" : "✕"), h("span", {}, isDone ? name : say(`缺：${name}`, `missing: ${name}`), note ? h("span", { class: "muted" }, `（${note}）`) : null))));
}

async function comparison(content: CaseContent | null): Promise<HTMLElement[]> {
  if (!content?.comparison) return [];
  const standard = await standardWhole(content.comparison.standard.id);
  return [h("h3", {}, say("首测与复测", "First test and re-test")), exampleNotice(content.comparison.standard.is_example) ?? h("span", {}), comparisonShown(content.comparison, standard)];
}

myRights()
  .then((rights) => new Cases(rights))
  .catch((fault: unknown) => fill(byId("cases"), problemBox(fault, () => location.reload())));
