import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { placeName, say, sayEither } from "../lib/words";
import { gridName } from "./interest";
import { actButton, row, rows, textField } from "./parts";
import type { LeaderTask, LeaderTasks } from "./types";

/** Where on the page a kind of task is done. */
const PLACES: [string, string][] = [
  ["interest_grid", "#interest-title"],
  ["member", "#members-title"],
  ["demands", "#demands-title"],
  ["issues", "#hotline-title"],
];

/** What waits, alerts first; each with the way to do it. */
export function tasksShown(duties: LeaderTasks, changed: () => void): Node[] {
  if (duties.tasks.length === 0) return [emptyBox(say("✓ 没有待办。", "✓ Nothing waits."))];
  return [rows(...duties.tasks.map((task) => taskRow(task, duties, changed)))];
}

function taskRow(task: LeaderTask, duties: LeaderTasks, changed: () => void): HTMLElement {
  const grid = duties.grids.find((one) => one.id === task.grid_id);
  const said = h("div", {});
  const urgent = task.alert ? [h("span", { class: "mark mark--bad" }, say("▲ 紧急", "▲ urgent")), " "] : [];
  const what = [...urgent, h("strong", {}, sayEither(task)), h("small", {}, [grid ? gridName(grid) : "", task.due_on].filter(Boolean).join(" · ")), said];
  return row(what, way(task, grid, said, changed));
}

function way(task: LeaderTask, grid: LeaderTasks["grids"][number] | undefined, said: HTMLElement, changed: () => void): HTMLElement | null {
  if (task.kind === "fitness_group_missing" && grid) return actButton(say("成立", "Found it"), () => askFitnessGroup(grid, changed));
  if (task.kind === "issues_noted" && task.subjects.length) return actButton(say("转交 12345", "Hand over"), () => void handOver(task.subjects, said, changed));
  const [only] = task.subjects;
  if (task.kind === "interest_grid_place_closed" && only !== undefined && task.count === 1) return h("a", { class: "button button--quiet", href: `/interest-grids/${only}` }, say("去办理", "Go there"));
  const place = PLACES.find(([kind]) => task.kind.startsWith(kind));
  return place ? h("a", { class: "button button--quiet", href: place[1] }, say("去办理", "Go there")) : null;
}

async function handOver(issues: number[], said: HTMLElement, changed: () => void): Promise<void> {
  try {
    for (const issue of issues) await write("POST", `hotline-issues/${issue}/hand-over`, {});
    announce(say("已转交热线", "handed to the hotline"));
    changed();
  } catch (fault) {
    said.replaceChildren(problemBox(fault));
  }
}

/** Founding a grid's fitness organisation: its name and the people in it beside the leader. */
function askFitnessGroup(grid: LeaderTasks["grids"][number], done: () => void): void {
  ask({
    title: say("成立网格健身组织", "Found the fitness organisation"),
    body: [
      textField("name", say("名称", "Name"), { required: true, maxlength: 60, value: say(`${placeName(grid.community.name)}第${grid.sequence}网格健身队`, `${grid.community.name} grid ${grid.sequence} fitness team`) }),
      textField("members", say("成员姓名（您本人自动在内）", "Its people by name (you are in it by right)"), { required: true }, say("用顿号或逗号隔开", "separated by commas")),
    ],
    confirm: say("成立", "Found it"),
    carryOut: async (form) => {
      const members = String(form.get("members") ?? "").split(/[、,，;；\s]+/).filter(Boolean);
      await write("POST", "fitness-groups", { grid_id: grid.id, name: form.get("name"), members });
      announce(say("网格健身组织已成立", "the fitness organisation stands"));
      done();
    },
    showFault: problemBox,
  });
}
