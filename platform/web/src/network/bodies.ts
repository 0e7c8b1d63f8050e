import { latestAt, problemBox, read, readAll, renew, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { type Child, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, today } from "../lib/numbers";
import { fromAddress, keepInAddress } from "../lib/tabs";
import { placeName, say } from "../lib/words";
import type { Stage } from "../network";
import { askBodiesFile } from "./bodies-file";
import { box, filter, filterChoice } from "./boxes";
import { actButton, chooser, row, rows, textField } from "./parts";
import type { Reader } from "./reader";

interface Body {
  id: number;
  kind: string;
  name: string;
  unit: { id: number; name: string; level: string };
  founded_on: string;
  dissolved_on: string | null;
  dissolve_reason: string;
  version: number;
}

interface Coverage {
  as_of: string;
  levels: { level: string; kind: string; units: number; covered: number; percent: string | null }[];
}

interface Unit {
  id: number;
  name: string;
  parent: number | null;
}

const KINDS: [string, string][] = [
  ["sports_federation", say("体育总会", "sports federation")],
  ["fitness_organisation", say("全民健身组织", "fitness organisation")],
];
const LEVELS: [string, string][] = [
  ["city", say("市", "city")],
  ["county", say("区县", "county")],
  ["town", say("街镇", "street or town")],
  ["village", say("社区（村）", "community")],
];
const MOST_UNITS = 400;
const MOST_BODIES = 2000;
const SHOWN_AT_FIRST = 60;

function nameOf(pairs: [string, string][], key: string): string {
  return pairs.find(([value]) => value === key)?.[1] ?? key;
}

/** Federations on three levels and fitness organisations on four: how many units have one, which they are, new ones. */
export function startBodies({ place, said }: Stage, reader: Reader): void {
  const may = reader.rights.has("sports_body.edit");
  const asked = { as_of: fromAddress("as_of") || today(), kind: fromAddress("kind"), level: fromAddress("level") };
  const coverage = h("div", {});
  const list = h("div", {});
  const day = h("input", { type: "date", value: asked.as_of, max: today() });
  const reload = (): void => {
    keepInAddress("as_of", asked.as_of === today() ? null : asked.as_of);
    keepInAddress("kind", asked.kind);
    keepInAddress("level", asked.level);
    void showCoverage(coverage, asked.as_of);
    void showList(list, asked, may, changed);
  };
  const changed = (told: string): void => {
    said(told);
    reload();
  };
  day.addEventListener("change", () => {
    asked.as_of = day.value || today();
    reload();
  });
  const kind = filterChoice(say("类别", "Kind"), [["", say("全部", "all")], ...KINDS], asked.kind, (chosen) => {
    asked.kind = chosen;
    reload();
  });
  const level = filterChoice(say("层级", "Level"), [["", say("全部", "all")], ...LEVELS], asked.level, (chosen) => {
    asked.level = chosen;
    reload();
  });
  const add = may ? actButton(say("＋ 登记组织", "+ Enter one"), () => askFound(changed), { class: "button button--main", id: "found" }) : null;
  const file = may ? actButton(say("从文件登记…", "From a file…"), () => askBodiesFile(changed), { class: "button button--quiet" }) : null;
  fill(
    place,
    box("coverage", say("覆盖情况", "Coverage"), coverage, filter(say("截至", "As of"), day)),
    box("bodies", say("组织名单", "The organisations"), h("div", {}, h("div", { class: "filters" }, kind, level), list), add, file),
  );
  reload();
}

async function showCoverage(place: HTMLElement, asOf: string): Promise<void> {
  await renew(place, async () => {
    const { levels } = await read<Coverage>(`sports-bodies/coverage?as_of=${asOf}`);
    const cell = (level: string, kind: string): HTMLElement => {
      const found = levels.find((one) => one.level === level && one.kind === kind);
      if (!found || found.units === 0) return h("td", { class: "number muted" }, "—");
      return h("td", { class: "number" }, `${count(found.covered)} / ${count(found.units)}`, h("br"), h("small", { class: "muted" }, found.percent === null ? "—" : `${found.percent}%`));
    };
    return [
      h(
        "div",
        { class: "table-frame" },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("层级", "Level")), ...KINDS.map(([, name]) => h("th", { scope: "col", class: "number" }, name)))),
          h("tbody", {}, ...LEVELS.map(([level, name]) => h("tr", {}, h("th", { scope: "row" }, name), ...KINDS.map(([kind]) => cell(level, kind))))),
        ),
      ),
      h("p", { class: "muted small" }, say("已有组织的单位数 / 单位总数。体育总会设到街镇，全民健身组织设到社区（村）。", "Units that have one, of all units. Federations stand down to streets and towns, fitness organisations down to communities.")),
    ];
  });
}

async function showList(place: HTMLElement, asked: { as_of: string; kind: string; level: string }, may: boolean, changed: (told: string) => void): Promise<void> {
  const query = new URLSearchParams({ as_of: asked.as_of, ...(asked.kind ? { kind: asked.kind } : {}), ...(asked.level ? { level: asked.level } : {}) });
  await renew(place, async () => {
    const found = await readAll<Body>(`sports-bodies?${query}`, MOST_BODIES);
    if (found.length === 0) return emptyBox(say("这一天没有登记的组织。", "None stood on that day."), may ? say("按“登记组织”逐个登记，或从文件登记。", "Enter them one by one or from a file.") : "");
    const sorted = [...found].sort((one, other) => rank(one) - rank(other));
    const shown = (most: number): Child[] => [h("p", { class: "muted" }, say(`共 ${count(sorted.length)} 个`, `${count(sorted.length)} in all`)), rows(...sorted.slice(0, most).map((body) => bodyRow(body, may, changed))), sorted.length > most ? h("button", { class: "button", type: "button", onclick: () => fill(place, ...shown(sorted.length)) }, say("全部显示", "Show all")) : null];
    return shown(SHOWN_AT_FIRST);
  });
}

function rank(body: Body): number {
  return LEVELS.findIndex(([level]) => level === body.unit.level);
}

function bodyRow(body: Body, may: boolean, changed: (told: string) => void): HTMLElement {
  const told = [placeName(body.unit.name), nameOf(LEVELS, body.unit.level), nameOf(KINDS, body.kind), say(`${body.founded_on} 成立`, `since ${body.founded_on}`), body.dissolved_on ? say(`${body.dissolved_on} 撤销`, `until ${body.dissolved_on}`) : ""];
  return row(
    [h("strong", {}, body.name), h("small", {}, told.filter(Boolean).join(" · "))],
    may && !body.dissolved_on
      ? h("div", { class: "buttons" }, actButton(say("更正", "Correct"), () => askChange(body, changed), { class: "button button--quiet", "aria-label": say(`更正 ${body.name}`, `correct ${body.name}`) }), actButton(say("撤销…", "Dissolve…"), () => askDissolve(body, changed), { class: "button button--quiet", "aria-label": say(`撤销 ${body.name}`, `dissolve ${body.name}`) }))
      : null,
  );
}

/** Units of a level; communities by their street or town, so that no list is longer than a screen can bear. */
function unitFields(): HTMLElement[] {
  const level = chooser("level", say("哪一级", "Which level"), LEVELS, "county");
  const town = chooser("town", say("所在街镇", "Street or town"), []);
  const unit = chooser("unit_id", say("哪个单位", "Which unit"), []);
  const said = h("div", {});
  const select = (field: HTMLElement): HTMLSelectElement => field.querySelector("select") as HTMLSelectElement;
  const put = async (field: HTMLElement, query: string, isLatest: () => boolean): Promise<void> => {
    const found = await readAll<Unit>(`org-units?${query}`, MOST_UNITS);
    if (isLatest()) select(field).replaceChildren(...found.map((one) => h("option", { value: one.id }, placeName(one.name))));
  };
  // Until the units of what was chosen are there, none can be: not one of another level or town.
  const fresh = (): (() => boolean) => {
    select(unit).replaceChildren();
    said.replaceChildren();
    return latestAt(unit);
  };
  const villages = async (isLatest: () => boolean): Promise<void> => {
    if (select(town).value) await put(unit, `level=village&parent=${select(town).value}`, isLatest);
  };
  const attempt = async (load: (isLatest: () => boolean) => Promise<void>): Promise<void> => {
    const isLatest = fresh();
    try {
      await load(isLatest);
    } catch (fault) {
      if (isLatest()) said.replaceChildren(problemBox(fault, () => void attempt(load)));
    }
  };
  const load = async (isLatest: () => boolean): Promise<void> => {
    const chosen = select(level).value;
    town.hidden = chosen !== "village";
    if (chosen !== "village") return put(unit, `level=${chosen}`, isLatest);
    await put(town, "level=town", isLatest);
    if (isLatest()) await villages(isLatest);
  };
  select(level).addEventListener("change", () => void attempt(load));
  select(town).addEventListener("change", () => void attempt(villages));
  void attempt(load);
  return [level, town, unit, said];
}

function askFound(done: (told: string) => void): void {
  ask({
    title: say("登记体育组织", "Enter a sports body"),
    body: [chooser("kind", say("类别", "Kind"), KINDS), ...unitFields(), textField("name", say("组织名称", "Name"), { required: true, maxlength: 120 }), textField("founded_on", say("成立日期", "Founded on"), { type: "date", required: true, max: today() })],
    confirm: say("登记", "Enter"),
    carryOut: async (form) => {
      await write("POST", "sports-bodies", { unit_id: Number(form.get("unit_id")), kind: form.get("kind"), name: String(form.get("name")).trim(), founded_on: form.get("founded_on") });
      done(say("已登记", "entered"));
    },
    showFault: problemBox,
  });
}

function askChange(body: Body, done: (told: string) => void): void {
  ask({
    title: say("更正名称或成立日期", "Correct name or founding day"),
    body: [textField("name", say("组织名称", "Name"), { required: true, maxlength: 120, value: body.name }), textField("founded_on", say("成立日期", "Founded on"), { type: "date", required: true, max: today(), value: body.founded_on })],
    confirm: say("保存", "Save"),
    carryOut: async (form) => {
      await write("PATCH", `sports-bodies/${body.id}`, { name: String(form.get("name")).trim(), founded_on: form.get("founded_on") }, { "If-Match": `"${body.version}"` });
      done(say("已更正", "corrected"));
    },
    showFault: problemBox,
  });
}

function askDissolve(body: Body, done: (told: string) => void): void {
  ask({
    title: say(`撤销“${body.name}”？`, `Dissolve “${body.name}”?`),
    body: [
      h("p", {}, say("从次日起不再计入覆盖率；以前的日期仍按存在计算。撤销后不能恢复，可以重新登记。", "From the next day on it counts no more; earlier days keep it. It is not undone; a new one may be entered.")),
      textField("dissolved_on", say("最后一天", "Last day"), { type: "date", required: true, min: body.founded_on, max: today(), value: today() }),
      textField("reason", say("原因", "Why"), { required: true, maxlength: 300 }),
    ],
    confirm: say("撤销这个组织", "Dissolve it"),
    carryOut: async (form) => {
      await write("POST", `sports-bodies/${body.id}/dissolve`, { dissolved_on: form.get("dissolved_on"), reason: String(form.get("reason")).trim() });
      done(say("已撤销", "dissolved"));
    },
    showFault: problemBox,
  });
}
