import { latestAt, Problem, problemBox, readAll, readLatest } from "../lib/api";
import { fill, h } from "../lib/dom";
import { clearFieldFaults, showFieldFaults } from "../lib/fields";
import { today } from "../lib/numbers";
import { lastRead, type Pending } from "../lib/pending";
import { say } from "../lib/words";
import { emptyBox } from "../lib/figures";
import { exampleNotice } from "./parts";
import { standardWhole } from "./result";
import { ageOn, type Case, type Citizen, type Group, type Indicator, named, SEXES, type Standard, standardName, type StandardRow, type TestRow } from "./types";

/** What somebody has entered of a test and not sent: it goes into the form that takes the place of theirs. */
export interface Entered {
  standard_id: number;
  tested_on: string;
  is_retest: boolean;
  typed: Map<string, string>;
}

/** What became of a test that was sent. `newest`: the test as it is kept now, null where that could not be read. */
export type Outcome = { is: "saved"; newest: TestRow | null } | { is: "kept" } | { is: "refused"; fault: unknown };

/** Under which a value is remembered: of another standard it counts only where that measures the same in the same unit. */
function keyOf(one: Indicator): string {
  return `${one.code} ${one.unit}`;
}

/** Entering one person's test, item by item; what is missing is said before it is sent. */
export class Measuring {
  private typed = new Map<string, string>();
  private wanted = 0;
  /** Whether somebody changed anything here, or in the form before it, since it was drawn or saved. */
  private isTouched = false;
  private rows: StandardRow[] = [];
  private standard: Standard | null = null;
  private readonly items = h("div", { class: "items" });
  private readonly missing = h("p", { class: "muted", role: "status", id: "missing" });
  private readonly fault = h("div", {});
  private readonly choice = h("select", { name: "standard_id" });
  private readonly version = h("small", {});
  private readonly day = h("input", { type: "date", name: "tested_on", required: true, value: today(), max: today() });
  private readonly isRetest = h("input", { type: "checkbox", name: "is_retest" });
  private readonly form: HTMLFormElement;

  constructor(
    private readonly place: Element,
    readonly person: Citizen,
    private readonly open: Case | null,
    private readonly pending: Pending,
    private readonly told: (outcome: Outcome) => void,
    entered: Entered | null = null,
  ) {
    this.choice.addEventListener("change", () => void this.choose());
    this.day.addEventListener("change", () => this.standards());
    this.isRetest.addEventListener("change", () => this.standards());
    this.isRetest.checked = this.retestNow();
    if (entered) this.goOnWith(entered);
    this.form = h(
      "form",
      { novalidate: true, id: "measuring" },
      this.open?.retest_from ? h("label", { class: "choice" }, this.isRetest, h("span", {}, say(`作为运动干预的复测（${this.open.retest_from} 至 ${this.open.retest_to}，与首测同一版标准）`, `as the re-test of the exercise case (${this.open.retest_from} to ${this.open.retest_to}, by the first test's version)`))) : null,
      h("div", { class: "pair" }, h("label", { class: "field" }, h("span", {}, say("测试日期", "Tested on")), this.day), h("label", { class: "field" }, h("span", {}, say("测定标准", "Standard")), this.choice, this.version)),
      this.items,
      this.missing,
      this.fault,
      h("button", { class: "button button--main button--huge", type: "submit", id: "save-test" }, say("保存测试", "Save the test")),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.form.addEventListener("input", () => (this.isTouched = true));
    this.items.addEventListener("input", () => {
      this.remember();
      this.tellMissing();
    });
    void this.begin();
  }

  /** What was entered here and not sent; null where nothing was. */
  entered(): Entered | null {
    if (!this.isTouched) return null;
    // While a year is typed, or the standards are still being read, none is in the list.
    return { standard_id: Number(this.choice.value) || this.wanted, tested_on: this.day.value, is_retest: this.isRetest.checked, typed: this.typed };
  }

  private goOnWith({ standard_id, tested_on, is_retest, typed }: Entered): void {
    this.isTouched = true;
    this.wanted = standard_id;
    this.day.value = tested_on;
    this.isRetest.checked = is_retest && this.open !== null;
    this.typed = typed;
  }

  /**
   * The fields are emptied: whoever presses again would measure the person twice. The form that took the place of this one
   * meanwhile shares what was typed and forgets it too; what was typed since is not sent yet and stays.
   */
  private forget(sent: Map<string, string>): void {
    for (const [key, value] of sent) if (this.typed.get(key) === value) this.typed.delete(key);
    this.isTouched = this.typed.size > 0;
  }

  private remember(): void {
    for (const one of this.standard?.indicators ?? []) {
      const input = this.items.querySelector<HTMLInputElement>(`[name="${CSS.escape(one.code)}"]`);
      if (input) this.typed.set(keyOf(one), input.value);
    }
  }

  private retestNow(): boolean {
    return this.open?.state === "in_programme" && (this.open.retest_from ?? "9") <= today();
  }

  private async begin(): Promise<void> {
    try {
      this.rows = (await lastRead("wellness-standards", () => readAll<StandardRow>("wellness/standards", 400))).value;
    } catch (fault) {
      return fill(this.place, problemBox(fault, () => void this.begin()));
    }
    if (this.rows.length === 0) return fill(this.place, emptyBox(say("还没有载入测定标准。", "No standard was loaded yet."), say("请由市体育局在“体质统计”页载入。", "The bureau loads one on its page of totals.")));
    fill(this.place, this.form);
    this.standards();
  }

  /** Those in force on the day; for a re-test every version, as the first test's may be an older one. */
  private standards(): void {
    const on = this.day.value || today();
    const begun = this.rows.filter((row) => row.valid_from <= on);
    const newest = (row: StandardRow): boolean => !begun.some((other) => other.code === row.code && other.valid_from > row.valid_from);
    const offered = this.isRetest.checked ? begun : begun.filter(newest);
    // While a year is typed no standard may be in force: the one that was chosen is chosen again afterwards.
    this.wanted = Number(this.choice.value) || this.wanted;
    fill(this.choice, ...offered.map((row) => h("option", { value: row.id, selected: row.id === this.wanted }, `${standardName(row)}${row.is_example ? say("（示例）", " (example)") : ""}`)));
    void this.choose();
  }

  private async choose(): Promise<void> {
    const isLatest = latestAt(this.items);
    if (!this.choice.value) return fill(this.items, emptyBox(say("这一天没有生效的标准。", "No standard is in force on that day.")));
    try {
      const chosen = await standardWhole(Number(this.choice.value));
      if (!isLatest()) return;
      this.standard = chosen;
      this.version.textContent = say(`${chosen.document_version} 版，${chosen.valid_from} 起生效`, `version ${chosen.document_version}, from ${chosen.valid_from}`);
      const focused = this.items.contains(document.activeElement) ? (document.activeElement as HTMLInputElement).name : "";
      this.drawItems(chosen);
      // Who is typing goes on typing there.
      if (focused) this.items.querySelector<HTMLInputElement>(`[name="${CSS.escape(focused)}"]`)?.focus();
    } catch (fault) {
      if (isLatest()) fill(this.items, problemBox(fault, () => void this.choose()));
    }
  }

  private group(): Group | undefined {
    const age = ageOn(this.person, this.day.value || today());
    return this.standard?.groups.find((group) => group.sex === this.person.sex && group.age_from <= age && age <= group.age_to);
  }

  private drawItems(standard: Standard): void {
    const group = this.group();
    const age = ageOn(this.person, this.day.value || today());
    if (!group) return fill(this.items, h("p", { class: "notice notice--warn" }, say(`这个标准不适用于 ${age} 岁${named(SEXES, this.person.sex)}性，请换一个标准。`, `This standard does not cover ${named(SEXES, this.person.sex)}, ${age} years: choose another.`)));
    const needed = group.indicators.map((code) => standard.indicators.find((one) => one.code === code)).filter((one): one is Indicator => one !== undefined);
    fill(
      this.items,
      exampleNotice(standard.is_example),
      ...needed.map((one) =>
        h("label", { class: "field item" }, h("span", {}, say(one.zh, one.en)), h("span", { class: "item__value" }, h("input", { type: "text", inputmode: "decimal", name: one.code, autocomplete: "off", maxlength: 9, value: this.typed.get(keyOf(one)) ?? "" }), h("b", {}, one.unit)), h("small", {}, say(`合理范围 ${one.lowest} 至 ${one.highest} ${one.unit}，${one.places ? `最多 ${one.places} 位小数` : "整数"}；未测则留空`, `${one.lowest} to ${one.highest} ${one.unit}, ${one.places} places; empty: not measured`))),
      ),
    );
    this.tellMissing();
  }

  private values(): { indicator: string; value: string }[] {
    const inputs = [...this.items.querySelectorAll<HTMLInputElement>("input")];
    return inputs.map((input) => ({ indicator: input.name, value: input.value.trim().replace("．", ".").replace("。", ".") })).filter((one) => one.value !== "");
  }

  private tellMissing(): void {
    const group = this.group();
    const there = new Set(this.values().map((one) => one.indicator));
    const left = group?.indicators.filter((code) => !there.has(code)) ?? [];
    const names = left.map((code) => this.standard?.indicators.find((one) => one.code === code)).map((one) => (one ? say(one.zh, one.en) : ""));
    this.missing.textContent = left.length ? say(`还差 ${left.length} 项：${names.join("、")}。缺项可以保存，但没有总分和等级。`, `${left.length} missing: ${names.join(", ")}. It may be saved, but gets no total and no grade.`) : say("项目齐全，保存后得出总分和等级。", "All items are there: it gets a total and a grade.");
  }

  private async send(): Promise<void> {
    const values = this.values();
    const wrong = values.filter((one) => !/^-?\d+(\.\d+)?$/.test(one.value));
    const errors = wrong.map((one) => ({ code: "NUMBER", field: one.indicator, message: { zh: "请填数字", en: "a number, please" } }));
    if (values.length === 0) return fill(this.fault, h("p", { class: "notice notice--bad", role: "alert" }, say("请至少填写一项。", "Fill in one item at least.")));
    if (errors.length) return void showFieldFaults(this.form, new Problem({ code: "NUMBER", status: 400, errors }));
    // What was refused before stays in sight until there is an answer: nothing moves under the finger that presses.
    const button = this.form.querySelector<HTMLButtonElement>("#save-test");
    if (button) button.disabled = true;
    const retest = this.isRetest.checked && this.open !== null;
    const path = retest ? `wellness/cases/${this.open?.id}/re-test` : `wellness/citizens/${this.person.id}/tests`;
    const fields = { standard_id: Number(this.choice.value), tested_on: this.day.value, values };
    const sent = new Map(this.typed);
    try {
      // What waits on the phone bears a number and no name: who finds it learns nobody's values.
      const arrived = await this.pending.add(path, { fields }, say(`体质测试（档案 ${this.person.id}）`, `fitness test (record ${this.person.id})`));
      clearFieldFaults(this.form);
      fill(this.fault);
      this.forget(sent);
      if (this.standard) this.drawItems(this.standard);
      this.told(arrived ? { is: "saved", newest: await this.newest(fields.standard_id, fields.tested_on).catch(() => null) } : { is: "kept" });
    } catch (fault) {
      this.refuse(fault);
    }
    if (button) button.disabled = false;
  }

  /** Beside the fields; where somebody else's are on the page by now, whoever made this form tells it. */
  private refuse(fault: unknown): void {
    if (!this.form.isConnected) return this.told({ is: "refused", fault });
    const left = showFieldFaults(this.form, atTheItems(fault));
    fill(this.fault, left ? problemBox(left) : null);
  }

  private async newest(standard: number, on: string): Promise<TestRow | null> {
    const found = await readLatest<TestRow>(`wellness/citizens/${this.person.id}/tests`, 20);
    return found.find((test) => test.standard.id === standard && test.tested_on === on && !test.is_void) ?? null;
  }
}

/** Refusals of values name the indicator among their facts: they are shown beside it. */
function atTheItems(fault: unknown): unknown {
  if (!(fault instanceof Problem)) return fault;
  const { document } = fault;
  const several = document.errors?.length ? document.errors : [document];
  const errors = several.map((one) => (typeof one.facts?.["indicator"] === "string" ? { ...one, field: one.facts["indicator"] } : one));
  return new Problem({ ...document, errors });
}
