import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/wellness.css";

import { problemBox, write } from "./lib/api";
import { ask } from "./lib/dialog";
import { byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { day } from "./lib/numbers";
import { say } from "./lib/words";
import { actButton, chooser, row, rows } from "./network/parts";
import { exampleMark, told } from "./wellness/parts";
import { type Consent, GRADES, named, PURPOSES, STATES, standardName, type TestContent } from "./wellness/types";

interface OwnRecord {
  citizen: { name: string; community: string };
  consents: Consent[];
  tests: (Omit<TestContent, "values"> & { values: { zh: string; en: string; unit: string; value: string }[] })[];
  cases: { state: string }[];
  shared: { institution: string; shared_at: string }[];
}

/** A person without an account, with a code from the station in hand: it is typed, never part of an address. */
class OwnRecordPage {
  private readonly code = h("input", { type: "text", name: "code", required: true, maxlength: 20, autocomplete: "off", autocapitalize: "characters", spellcheck: "false" });

  constructor() {
    const form = h(
      "form",
      {},
      h("label", { class: "field" }, h("span", {}, say("查询码", "Code")), this.code, h("small", {}, say("测试员交给您的 10 位查询码，用一次即失效。", "The ten letters from the tester; good for one act."))),
      h("button", { class: "button button--main button--huge", type: "submit", id: "record" }, say("查看我的记录", "Show my record")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.record();
    });
    fill(byId("code"), form, h("div", { class: "buttons more" }, actButton(say("撤回同意…", "Take a consent back…"), () => this.withdraw(), { class: "button button--wide" }), actButton(say("删除我的记录…", "Erase my record…"), () => this.erase(), { class: "button button--wide button--quiet" })));
  }

  private typed(): string {
    return this.code.value.replace(/\s/g, "").toUpperCase();
  }

  private async record(): Promise<void> {
    fill(byId("said"));
    try {
      fill(byId("shown"), ...recordShown(await write<OwnRecord>("POST", "wellness/by-code/record", { code: this.typed() })));
      this.code.value = "";
      byId("shown").focus();
    } catch (fault) {
      fill(byId("said"), problemBox(fault));
    }
  }

  private withdraw(): void {
    if (!this.code.reportValidity()) return;
    ask({
      title: say("撤回同意", "Take a consent back"),
      body: [chooser("purpose", say("撤回哪一项", "Which"), PURPOSES), h("p", { class: "muted" }, say("撤回后，据此录入的内容立即不再显示，随后删除。", "What was entered under it is shown no more, and deleted."))],
      confirm: say("撤回", "Take it back"),
      leave: say("不撤回", "Leave it"),
      showFault: problemBox,
      carryOut: async (form) => {
        await write("POST", "wellness/by-code/withdraw", { code: this.typed(), purpose: form.get("purpose") });
        this.done(say("已撤回。", "It is taken back."));
      },
    });
  }

  private erase(): void {
    if (!this.code.reportValidity()) return;
    ask({
      title: say("删除我的记录", "Erase my record"),
      body: [h("p", {}, say("姓名、电话和全部体质数据将删除，不能恢复。", "Name, phone and all fitness data go for good."))],
      confirm: say("删除", "Erase"),
      leave: say("不删除", "Keep it"),
      showFault: problemBox,
      carryOut: async () => {
        await write("POST", "wellness/by-code/erase", { code: this.typed() });
        this.done(say("您的记录已删除。", "Your record is erased."));
      },
    });
  }

  private done(words: string): void {
    this.code.value = "";
    fill(byId("shown"));
    told(byId("said"), words);
  }
}

function recordShown(record: OwnRecord): HTMLElement[] {
  const live = record.consents.filter((one) => one.withdrawn_at === null);
  return [
    h("h2", {}, say("我的记录", "My record")),
    h("p", {}, `${record.citizen.name} · ${record.citizen.community}`),
    h("h3", {}, say("体质测试", "Fitness tests")),
    record.tests.length ? rows(...record.tests.map((test) => row([h("strong", {}, test.tested_on), " ", test.result.grade ? named(GRADES, test.result.grade) : say("项目不全，无等级", "incomplete, no grade"), " ", exampleMark(test.standard.is_example), h("small", {}, test.values.map((one) => `${say(one.zh, one.en)} ${one.value} ${one.unit}`).join(say("，", ", "))), h("small", {}, standardName(test.standard))]))) : emptyBox(say("没有可以查看的测试。", "There is no test to be seen.")),
    ...(record.cases.length ? [h("h3", {}, say("运动干预", "Exercise programme")), h("p", {}, record.cases.map((one) => named(STATES, one.state)).join("、"))] : []),
    h("h3", {}, say("我同意过的", "What I agreed to")),
    live.length ? rows(...live.map((one) => row([named(PURPOSES, one.purpose), h("small", {}, day(one.given_at))]))) : emptyBox(say("没有生效的同意。", "No consent is in force.")),
    ...(record.shared.length ? [h("h3", {}, say("已交给", "Handed to")), rows(...record.shared.map((one) => row([one.institution, h("small", {}, day(one.shared_at))])))] : []),
    h("p", { class: "notice notice--warn" }, say("查询码已使用。看完请关闭此页；再次查看请向测试员要新的查询码。", "The code is used up. Close this page when you have read it; for another reading ask for a new code.")),
  ];
}

new OwnRecordPage();
