import { problemBox, read, readAll, renew, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count, share, today } from "../lib/numbers";
import { placeName, say } from "../lib/words";
import type { Stage } from "../network";
import { box } from "./boxes";
import { actButton, chooser, row, rows, textField } from "./parts";
import type { Reader } from "./reader";

interface Pilot {
  id: number;
  unit: { id: number; name: string };
  features: string[];
  starts_on: string;
  ends_on: string | null;
  note: string;
  version: number;
}

interface Side {
  counties: string[];
  indicators: {
    organised: { base_grids: number; led_in_office: number; led_acting: number; interest_grids_active: number; members: number; fitness_groups: number };
    served: { participants: number; participants_per_1000_households: number | null; reached_share: number | null };
    active: { regular_interest_grids: number; occurrences: number; satisfaction: { share: number | null } };
    coverage: { communities: number; covered: number; share: number | null } | null;
  };
}

interface Compared {
  as_of: string;
  since: string;
  pilots: Side;
  others: Side;
}

/** Features that the program switches by pilots; others are only told, by the names they bear in the register. */
const FEATURES: Record<string, string> = {
  interest_grids: say("兴趣网格（成立）", "interest grids (proposing)"),
  member_posts: say("网格员任职（提名、导入）", "posts of members (nominating, importing)"),
  fitness_groups: say("网格健身组织（成立）", "fitness organisations of grids (founding)"),
  fitness_tests: say("体质测试（邀请）", "fitness tests (inviting)"),
};

function featureName(name: string): string {
  return FEATURES[name] ?? name;
}

/** Which county tries what and until when, and how pilots do beside the others. */
export function startPilots({ place, said }: Stage, reader: Reader): void {
  const may = reader.rights.has("pilot.edit");
  const list = h("div", {});
  const compared = h("div", {});
  const load = (): void => {
    void showPilots(list, may, changed);
    if (reader.rights.has("indicator.view")) void showCompared(compared);
  };
  const changed = (told: string): void => {
    said(told);
    load();
  };
  const add = may ? actButton(say("＋ 设为试点", "+ Make a pilot"), () => askPilot(changed), { class: "button button--main", id: "pilot" }) : null;
  fill(place, box("pilots", say("试点区县", "Pilot counties"), list, add), reader.rights.has("indicator.view") ? box("compared", say("试点与其他区县", "Pilots beside the others"), compared) : null);
  load();
}

async function showPilots(place: HTMLElement, may: boolean, changed: (told: string) => void): Promise<void> {
  await renew(place, async () => {
    const found = await readAll<Pilot>("pilots", 400);
    const running = (pilot: Pilot): boolean => pilot.ends_on === null || pilot.ends_on >= today();
    const sorted = [...found.filter(running), ...found.filter((pilot) => !running(pilot))];
    return sorted.length ? rows(...sorted.map((pilot) => pilotRow(pilot, may, changed))) : emptyBox(say("还没有试点区县。", "No county is a pilot yet."), may ? say("按“设为试点”选择区县、功能和日期。", "Choose a county, features and days.") : "");
  });
}

function stateOf(pilot: Pilot): [string, string] {
  if (pilot.starts_on > today()) return [say("尚未开始", "to come"), ""];
  if (pilot.ends_on !== null && pilot.ends_on < today()) return [say("已结束", "ended"), ""];
  return [say("✓ 试点中", "✓ running"), "mark--good"];
}

function pilotRow(pilot: Pilot, may: boolean, changed: (told: string) => void): HTMLElement {
  const [words, look] = stateOf(pilot);
  const open = pilot.ends_on === null || pilot.ends_on >= today();
  const days = say(`${pilot.starts_on} 至 ${pilot.ends_on ?? "未定"}`, `${pilot.starts_on} to ${pilot.ends_on ?? "open"}`);
  return row(
    [h("strong", {}, pilot.unit.name), " ", h("span", { class: `mark ${look}` }, words), h("small", {}, pilot.features.map(featureName).join(say("、", ", "))), h("small", {}, [days, pilot.note].filter(Boolean).join(" · "))],
    may && open ? actButton(pilot.ends_on ? say("改结束日期…", "Change the end…") : say("结束…", "End…"), () => askEnd(pilot, changed), { class: "button button--quiet", "aria-label": say(`结束 ${pilot.unit.name} 的试点`, `end the pilot of ${pilot.unit.name}`) }) : null,
  );
}

function askPilot(done: (told: string) => void): void {
  const county = chooser("unit_id", say("区县", "County"), []);
  const said = h("div", {});
  const load = (): void =>
    void readAll<{ id: number; name: string }>("org-units?level=county", 400)
      .then((units) => county.querySelector("select")?.replaceChildren(...units.map((unit) => h("option", { value: unit.id }, unit.name))))
      .catch((fault: unknown) => said.replaceChildren(problemBox(fault, load)));
  load();
  const known = Object.entries(FEATURES).map(([value, words]) => h("label", { class: "choice" }, h("input", { type: "checkbox", name: "feature", value }), h("span", {}, words)));
  ask({
    title: say("设为试点", "Make a county a pilot"),
    body: [
      county,
      said,
      h("fieldset", {}, h("legend", {}, say("试点哪些功能", "What it tries")), ...known),
      h("p", { class: "notice notice--warn" }, say("请注意：只要有区县在试点某项功能，其他区县就暂时不能再用它新办（已有的不受影响）；没有区县试点时，所有区县都能用。", "Mind: while any county tries a feature, the others cannot begin anything new with it (what stands is not touched). While none tries it, all have it.")),
      textField("other", say("其他试点内容代号（可不填）", "Other things tried (optional)"), { maxlength: 200, pattern: "[a-z][a-z0-9_.]*([ ,，、]+[a-z][a-z0-9_.]*)*" }, say("小写字母开头，用逗号隔开。只作记录，不影响任何功能。", "Small letters, separated by commas. They are kept on record and switch nothing.")),
      textField("starts_on", say("开始日期", "From"), { type: "date", required: true, value: today() }),
      textField("ends_on", say("结束日期（未定可不填）", "Until (may be left open)"), { type: "date" }),
      textField("note", say("文件依据（可不填）", "The decision (optional)"), { maxlength: 300 }),
    ],
    confirm: say("设为试点", "Make it a pilot"),
    carryOut: async (form) => {
      const others = String(form.get("other") ?? "").split(/[\s,，、]+/).filter(Boolean);
      const features = [...new Set([...form.getAll("feature").map(String), ...others])];
      await write("POST", "pilots", { unit_id: Number(form.get("unit_id")), features, starts_on: form.get("starts_on"), ends_on: form.get("ends_on") || null, note: String(form.get("note") ?? "").trim() });
      done(say("已设为试点", "it is a pilot"));
    },
    showFault: problemBox,
  });
}

function askEnd(pilot: Pilot, done: (told: string) => void): void {
  ask({
    title: say(`结束 ${pilot.unit.name} 的试点`, `End the pilot of ${pilot.unit.name}`),
    body: [h("p", {}, say("最后一天之后不再算作试点：若还有别的区县在试点同一功能，本区县就暂不能再用它新办；若没有，则向所有区县开放。以往的数据和比较都保留。", "After its last day it is a pilot no more: while other counties still try the feature this one cannot begin anything new with it; else all may use it. Figures of the past stay.")), textField("ends_on", say("最后一天", "Last day"), { type: "date", required: true, min: pilot.starts_on, value: pilot.ends_on ?? (pilot.starts_on > today() ? pilot.starts_on : today()) })],
    confirm: say("保存结束日期", "Keep the last day"),
    carryOut: async (form) => {
      await write("PATCH", `pilots/${pilot.id}`, { ends_on: form.get("ends_on") }, { "If-Match": `"${pilot.version}"` });
      done(say("结束日期已保存", "the last day is kept"));
    },
    showFault: problemBox,
  });
}

const LINES: [string, (side: Side["indicators"]) => string][] = [
  [say("网格化覆盖率", "Network coverage"), ({ coverage }) => (coverage?.communities ? `${share(coverage.share)} (${count(coverage.covered)}/${count(coverage.communities)})` : "—")],
  [say("网格长在岗", "Grids led"), ({ organised }) => `${count(organised.led_in_office + organised.led_acting)} / ${count(organised.base_grids)}`],
  [say("网格健身组织", "Fitness organisations of grids"), ({ organised }) => count(organised.fitness_groups)],
  [say("活动中的兴趣网格", "Active interest grids"), ({ organised }) => count(organised.interest_grids_active)],
  [say("经常开展活动的", "Regular ones"), ({ active }) => count(active.regular_interest_grids)],
  [say("网格员", "Members"), ({ organised }) => count(organised.members)],
  [say("参加的人", "People who came"), ({ served }) => count(served.participants)],
  [say("每千户参加人数", "per 1,000 households"), ({ served }) => served.participants_per_1000_households?.toString() ?? "—"],
  [say("活动次数", "Meetings"), ({ active }) => count(active.occurrences)],
  [say("满意", "Satisfied"), ({ active }) => (active.satisfaction.share === null ? "—" : share(active.satisfaction.share))],
];

async function showCompared(place: HTMLElement): Promise<void> {
  await renew(place, async () => {
    const found = await read<Compared>("indicators/pilots");
    if (found.pilots.counties.length === 0) return emptyBox(say("您能查看的范围内今天没有整个的试点区县，无从比较。", "No whole county in your reach is a pilot today."));
    const names = (side: Side): string => side.counties.map(placeName).join(say("、", ", ")) || say("无", "none");
    return [
      h(
        "div",
        { class: "table-frame" },
        h(
          "table",
          { class: "compared" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("指标", "Indicator")), h("th", { scope: "col", class: "number" }, say("试点", "Pilots")), h("th", { scope: "col", class: "number" }, say("其他", "Others")))),
          h("tbody", {}, ...LINES.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, value(found.pilots.indicators)), h("td", { class: "number" }, value(found.others.indicators))))),
        ),
      ),
      h("p", { class: "muted small" }, say(`试点：${names(found.pilots)}。其他：${names(found.others)}。活动与参加按 ${found.since} 至 ${found.as_of}。人数是合计，区县大小不同，请看比例。`, `Pilots: ${names(found.pilots)}. Others: ${names(found.others)}. Meetings and people from ${found.since} to ${found.as_of}. Numbers are totals of counties of different size: compare shares.`)),
    ];
  });
}
