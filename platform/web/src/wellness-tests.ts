import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/wellness.css";

import { problemBox, read, readAll, show, write } from "./lib/api";
import { ask, nextDialog } from "./lib/dialog";
import { announce, byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { clock, today } from "./lib/numbers";
import { Pending } from "./lib/pending";
import { fromAddress, keepInAddress } from "./lib/tabs";
import { say } from "./lib/words";
import { actButton, row, rows, textField } from "./network/parts";
import { consentsShown } from "./wellness/consents";
import { Measuring, type Outcome } from "./wellness/measuring";
import { exampleMark, printSheet, refused, told } from "./wellness/parts";
import { aboutPerson, askCorrection, askInvitation, communities, FindPeople } from "./wellness/people";
import { readOnce } from "./wellness/reading";
import { printResult, readResult, resultShown, standardWhole } from "./wellness/result";
import { type Case, type Citizen, type Community, type Consent, KINDS, standardName, type TestRow, whoseOf } from "./wellness/types";

const INSTITUTION = "[0-9A-HJ-NP-RT-UW-Y]{18}";

/** A test station: find or invite, see to the consents, measure item by item, tell and print the result. */
class Station {
  private readonly places: Map<number, string>;
  private readonly find: FindPeople;
  private readonly pending: Pending;
  private person: Citizen | null = null;
  private measuring: Measuring | null = null;
  /** Whether the page says of the open person that a test waits on the phone. */
  private kept = false;
  /** Who was asked for last; shown once the answer is there. */
  private asked = 0;

  constructor(private readonly all: Community[]) {
    this.places = new Map(all.map((place) => [place.id, place.name]));
    this.pending = new Pending(byId("waiting"), () => void this.arrived());
    this.find = new FindPeople(byId("find"), this.places, (id) => void this.open(id));
    fill(byId("actions"), actButton(say("＋ 邀请新的人", "+ Invite somebody"), () => this.invite(), { class: "button button--main", id: "invite", disabled: all.length === 0 }));
    void this.due();
    const asked = Number(fromAddress("person"));
    if (asked) void this.open(asked);
  }

  private invite(): void {
    askInvitation(this.all, KINDS, this.pending, (invited) => {
      if (!invited.arrived) return;
      told(byId("said"), say("已邀请", "invited"));
      void this.find.find(invited.phone || invited.name).then((found) => {
        const [only, other] = found;
        if (only && !other) void this.open(only.id);
      });
    });
  }

  /** What waited has been sent: lists are read anew, a form that somebody is filling in stays. */
  private async arrived(): Promise<void> {
    void this.due();
    const { person } = this;
    if (!person || byId("person-box").hidden) return;
    const tests = await readAll<TestRow>(`wellness/citizens/${person.id}/tests`, 200).catch(() => null);
    const place = document.getElementById("tests");
    if (this.person !== person || !place) return;
    if (tests) fill(place, this.tests(tests));
    if (this.kept) told(byId("person-said"), say("已上传，测试记录在下面。", "sent; the tests are below"));
    this.kept = false;
  }

  private async due(): Promise<void> {
    await show(byId("due"), async () => {
      const found = await readAll<Case>("wellness/cases?retest_due=true", 400);
      if (found.length === 0) return emptyBox(say("没有到期的复测。", "No re-test is due."));
      return rows(
        ...found.map((one) =>
          row(
            [h("strong", {}, one.name), " ", (one.retest_to ?? "") < today() ? h("span", { class: "mark mark--bad" }, say("已过期", "overdue")) : h("span", { class: "mark mark--info" }, say("可复测", "due")), h("small", {}, whoseOf(one)), h("small", {}, say(`${one.retest_from} 至 ${one.retest_to}`, `${one.retest_from} to ${one.retest_to}`))],
            actButton(say("打开", "Open"), () => void this.open(one.citizen_id), { "aria-label": say(`打开 ${one.name}`, `open ${one.name}`) }),
          ),
        ),
      );
    });
  }

  /** Shows a person; false where somebody else was asked for meanwhile. */
  private async open(id: number, words = ""): Promise<boolean> {
    keepInAddress("person", id);
    this.kept = false;
    this.asked = id;
    byId("person-box").hidden = false;
    const outcome = await show(byId("person"), async (isLatest) => {
      const person = await read<Citizen>(`wellness/citizens/${id}`);
      const [given, tests, own] = await Promise.all([readAll<Consent>(`wellness/citizens/${id}/consents`, 200), readAll<TestRow>(`wellness/citizens/${id}/tests`, 200), person.open_case_id ? read<Case>(`wellness/cases/${person.open_case_id}`) : null]);
      if (!isLatest()) return [];
      this.person = person;
      byId("person-name").textContent = person.name;
      return this.shown(person, given, tests, own);
    });
    if (outcome === "late") return false;
    told(byId("person-said"), words);
    if (words) announce(words);
    byId("person-name").focus();
    byId("person-box").scrollIntoView({ block: "start" });
    return outcome === "shown";
  }

  private shown(person: Citizen, given: Consent[], tests: TestRow[], own: Case | null): HTMLElement[] {
    const changed = (words: string): void => void this.open(person.id, words);
    const measured = h("div", {});
    // Another consent, a correction: what is being entered beside it stays, for as long as the person agrees to it.
    const entered = this.measuring?.person.id === person.id ? this.measuring.entered() : null;
    this.measuring = person.consents.includes("fitness_test") ? new Measuring(measured, person, own, this.pending, (outcome) => void this.recorded(person, outcome), entered) : null;
    if (!this.measuring) fill(measured, h("p", { class: "notice" }, say("体质数据属敏感个人信息，需单独同意。请先登记“体质测试数据”的同意。", "Fitness data are sensitive: record the consent to fitness test data first.")));
    return [
      h("p", { class: "muted" }, aboutPerson(person, this.places)),
      h("h3", {}, say("同意（逐项，可随时撤回）", "Consents (each by itself, to be taken back at any time)")),
      h("div", { id: "consents" }, consentsShown(person, given, changed)),
      h("h3", {}, say("记录测试", "Record a test")),
      measured,
      h("h3", {}, say("测试记录", "Tests")),
      h("div", { id: "tests" }, this.tests(tests)),
      h("div", { id: "result", tabindex: -1 }),
      h("h3", {}, say("其他", "More")),
      this.more(person, own, changed),
    ];
  }

  private tests(tests: TestRow[]): HTMLElement {
    if (tests.length === 0) return emptyBox(say("没有可以查看的测试。", "There is no test to be seen."));
    return rows(
      ...[...tests].reverse().map((test) =>
        row(
          [h("strong", {}, test.tested_on), " ", h("span", { class: `mark ${test.is_complete ? "mark--good" : "mark--warn"}` }, test.is_complete ? say("项目齐全", "complete") : say("项目不全，无等级", "incomplete, no grade")), " ", exampleMark(test.standard.is_example), h("small", {}, standardName(test.standard))],
          actButton(say("查看结果", "Show the result"), () => void this.result(test.id), { "data-result": test.id }),
          actButton(say("作废…", "Strike out…"), () => this.strikeOut(test), { class: "button button--quiet" }),
        ),
      ),
    );
  }

  /** After sending: the grade at once; or, while there is no network, that it is kept. */
  private async recorded(person: Citizen, outcome: Outcome): Promise<void> {
    // Who has gone on to the next person meanwhile stays there.
    if (this.asked !== person.id) return this.tellOfAnother(person, outcome);
    this.kept = outcome.is === "kept";
    if (outcome.is === "refused") return refused(byId("person-said"), outcome.fault);
    if (outcome.is === "kept") return told(byId("person-said"), say("已保存在手机上，联网后自动上传并评分。", "kept on this phone; it is sent and graded when the network is back"));
    const isOpen = await this.open(person.id, say("测试已保存", "the test is saved"));
    if (isOpen && outcome.newest) await this.result(outcome.newest.id);
  }

  private tellOfAnother(person: Citizen, outcome: Outcome): void {
    if (outcome.is === "saved") return told(byId("said"), say(`${person.name} 的测试已保存`, `the test of ${person.name} is saved`));
    if (outcome.is === "kept") return told(byId("said"), say(`${person.name} 的测试已保存在手机上，联网后自动上传`, `the test of ${person.name} is kept on this phone and sent later`));
    const again = say(`${person.name} 的测试没有保存，请打开此人重新录入。`, `The test of ${person.name} was not saved: open the record and enter it again.`);
    fill(byId("said"), h("p", { class: "notice notice--bad", role: "alert" }, again), problemBox(outcome.fault));
  }

  private async result(id: number): Promise<void> {
    const place = byId("result");
    const outcome = await show(place, async () => {
      const test = await readResult(id);
      const standard = await standardWhole(test.standard.id);
      return [h("div", { class: "result" }, h("h3", {}, say(`${test.tested_on} 的结果`, `The result of ${test.tested_on}`)), ...resultShown(test, standard), h("p", { class: "muted small" }, say("本次查看已记入日志（用途：测试指导）。", "This reading was logged (to advise the person).")), actButton(say("打印结果（A4 一页）", "Print (one A4 sheet)"), () => this.person && printResult(test, standard, this.person, this.places), { id: "print" }))];
    });
    if (outcome === "late") return;
    place.scrollIntoView({ block: "start" });
    place.focus({ preventScroll: true });
  }

  private strikeOut(test: TestRow): void {
    ask({
      title: say(`作废 ${test.tested_on} 的测试`, `Strike out the test of ${test.tested_on}`),
      body: [h("p", {}, say("录错了才作废：数值即刻删除，不能恢复；之后可以重新录入。", "Only what was entered wrongly: its values go at once and for good; it may be entered anew."))],
      confirm: say("作废", "Strike out"),
      showFault: problemBox,
      carryOut: async () => {
        await write("POST", `wellness/fitness-tests/${test.id}/void`);
        void this.open(test.citizen_id, say("测试已作废", "struck out"));
      },
    });
  }

  private more(person: Citizen, own: Case | null, changed: (words: string) => void): HTMLElement {
    const said = byId("person-said");
    return h(
      "div",
      { class: "buttons" },
      own ? h("a", { class: "button", href: `/wellness/cases?case=${own.id}` }, say("运动干预", "Exercise case")) : null,
      actButton(say("查询码…", "Access code…"), () => void this.code(person.id), { id: "code" }),
      person.consents.includes("share_with_health_centre") ? actButton(say("交卫生服务机构…", "For the health centre…"), () => this.share(person.id)) : null,
      actButton(say("更正资料…", "Correct…"), () => void askCorrection(person.id, changed).catch((fault: unknown) => refused(said, fault)), { class: "button button--quiet" }),
      actButton(say("删除档案…", "Erase…"), () => this.erase(person.id), { class: "button button--quiet" }),
    );
  }

  /** A code on paper, with which the person reads, takes back or erases without an account. */
  private async code(id: number): Promise<void> {
    const isWanted = nextDialog();
    try {
      const given = await readOnce<{ code: string; expires_at: string }>(`wellness/citizens/${id}/access-code`, undefined, "code");
      // A code that comes when the page shows somebody else is handed to nobody.
      if (!isWanted() || this.asked !== id) return;
      const place = `${location.host}/wellness/own`;
      const words = [h("p", { class: "access-code" }, given.code.replace(/(.{5})/, "$1 ")), h("p", {}, say(`在 ${place} 填写，可查看、撤回或删除本人记录一次；${clock(given.expires_at)} 前有效。请只交给本人。`, `At ${place} it opens one's own record once, to read, take back or erase; good until ${clock(given.expires_at)}. Hand it to the person only.`))];
      ask({ title: say("本人查询码", "Code for the own record"), body: words, confirm: say("打印", "Print"), leave: say("关闭", "Close"), showFault: problemBox, carryOut: async () => printSheet(h("h1", {}, say("体质记录查询码", "Code for one's fitness record")), ...words.map((one) => one.cloneNode(true))) });
    } catch (fault) {
      refused(byId("person-said"), fault);
    }
  }

  private share(id: number): void {
    ask({
      title: say("给卫生服务机构的副本", "The copy for a health centre"),
      body: [textField("institution", say("机构统一社会信用代码", "The centre's unified social credit code"), { required: true, maxlength: 18, pattern: INSTITUTION, autocomplete: "off" }, say("下载后交该机构；去向会记入日志，本人可查。", "Download it and hand it over; where it went is logged and shown to the person."))],
      confirm: say("生成并下载", "Make and download"),
      showFault: problemBox,
      carryOut: async (form) => {
        const record = await readOnce<{ tests: unknown }>(`wellness/citizens/${id}/share`, { institution: String(form.get("institution")).trim() }, "tests");
        const url = URL.createObjectURL(new Blob([JSON.stringify(record, null, 2)], { type: "application/json" }));
        h("a", { href: url, download: "wellness-record.json" }).click();
        URL.revokeObjectURL(url);
      },
    });
  }

  private erase(id: number): void {
    ask({
      title: say("删除档案", "Erase the record"),
      body: [h("p", {}, say("按本人要求删除姓名、电话和全部体质数据，不能恢复。同意的记录按规定保留。", "At the person's word: name, phone and all fitness data go for good. The consents stay, as they must.")), h("label", { class: "choice" }, h("input", { type: "checkbox", required: true }), h("span", {}, say("本人要求删除", "The person asked for it")))],
      confirm: say("删除", "Erase"),
      leave: say("不删除", "Keep it"),
      showFault: problemBox,
      carryOut: async () => {
        await write("POST", `wellness/citizens/${id}/erase`);
        keepInAddress("person", null);
        byId("person-box").hidden = true;
        this.asked = 0;
        told(byId("said"), say("档案已删除", "erased"));
        void this.find.find("");
        void this.due();
      },
    });
  }
}

communities()
  .then((found) => new Station(found))
  .catch((fault: unknown) => fill(byId("find"), problemBox(fault, () => location.reload())));
