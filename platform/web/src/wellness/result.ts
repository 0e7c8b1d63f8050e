import { read } from "../lib/api";
import { type Child, h } from "../lib/dom";
import { lastRead } from "../lib/pending";
import { placeName, say } from "../lib/words";
import { readOnce } from "./reading";
import { exampleMark, exampleNotice, printSheet } from "./parts";
import { ageOn, type Citizen, GRADES, type Indicator, named, SEXES, type Standard, standardName, type TestContent } from "./types";

/** A version of a standard never changes, so that what was read once serves without a network. */
export async function standardWhole(id: number): Promise<Standard> {
  return (await lastRead(`wellness-standard-${id}`, () => read<Standard>(`wellness/standards/${id}`))).value;
}

/** Opens a test's values for advising the person, which is logged. */
export function readResult(id: number): Promise<TestContent> {
  return readOnce<TestContent>(`wellness/fitness-tests/${id}/read`, { purpose: "testing" }, "result");
}

/** Values with their points, then total and grade, or why there is none. */
export function resultShown(test: TestContent, standard: Standard): HTMLElement[] {
  const { result } = test;
  const whole = result.grade !== null && result.total !== null;
  return [
    exampleNotice(test.standard.is_example) ?? h("span", {}),
    h("p", { class: "grade", role: "status" }, whole ? [named(GRADES, result.grade ?? ""), " "].join("") : say("没有总评等级", "No total grade"), whole ? h("small", {}, say(`总分 ${result.total}`, `total ${result.total}`)) : null),
    whole ? h("span", {}) : h("p", { class: "notice notice--warn" }, say(`缺少：${missingNames(test, standard)}。缺项的测试不计总分、不评等级。`, `Missing: ${missingNames(test, standard)}. A test with an item missing has no total and no grade.`)),
    valuesTable(test, standard),
    h("p", { class: "muted small" }, exampleMark(test.standard.is_example), " ", say(`按 ${standardName(test.standard)}（${test.standard.version.slice(0, 4)}）评定 · 来源：${test.standard.source}`, `By ${standardName(test.standard)} · source: ${test.standard.source}`)),
  ];
}

function missingNames(test: TestContent, standard: Standard): string {
  return test.result.missing.map((code) => indicatorName(standard, code)).join("、");
}

export function indicatorName(standard: Standard, code: string): string {
  const found = standard.indicators.find((one) => one.code === code);
  return found ? say(found.zh, found.en) : code;
}

function valuesTable(test: TestContent, standard: Standard): HTMLElement {
  const of = (code: string): Indicator | undefined => standard.indicators.find((one) => one.code === code);
  const lines = [
    ...test.values.map((one) => [indicatorName(standard, one.indicator), `${one.value} ${of(one.indicator)?.unit ?? ""}`, test.result.points[one.indicator] ?? "—"]),
    ...test.result.missing.map((code) => [indicatorName(standard, code), say("未测", "not measured"), "—"]),
  ];
  return h(
    "div",
    { class: "table-frame" },
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("项目", "Item")), h("th", { scope: "col", class: "number" }, say("测得", "Measured")), h("th", { scope: "col", class: "number" }, say("得分", "Points")))), h("tbody", {}, ...lines.map(([name, value, points]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, value), h("td", { class: "number" }, points))))),
  );
}

/** One person's result on one sheet of A4; the name is masked, so that the person writes it by hand. */
export function printResult(test: TestContent, standard: Standard, person: Citizen, places: Map<number, string>): void {
  const facts: [string, Child][] = [
    [say("姓名", "Name"), `${person.name}  ${say("（由本人填写：____________）", "(by hand: ____________)")}`],
    [say("性别 / 年龄", "Sex / age"), `${named(SEXES, person.sex)} / ${say(`${ageOn(person, test.tested_on)} 岁`, String(ageOn(person, test.tested_on)))}`],
    [say("社区", "Community"), placeName(places.get(person.community_id) ?? "—")],
    [say("测试日期", "Tested on"), test.tested_on],
    [say("测定标准", "Standard"), standardName(test.standard)],
    [say("标准来源", "Source"), test.standard.source],
  ];
  printSheet(
    h("h1", {}, say("体质测试结果告知单", "Result of a fitness test")),
    h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ...resultShown(test, standard).slice(0, -1),
    h("p", {}, say("本单不是诊断，也不代替就医。数据经本人单独同意记录；可随时向测试站撤回同意、查询或删除。", "This is no diagnosis and replaces no doctor. The data were recorded on the person's separate consent, which may be taken back at the station at any time, as the record may be read or erased.")),
    h("p", { class: "sign" }, say("测试员：____________　　日期：____________", "Tester: ____________  Date: ____________")),
  );
}
