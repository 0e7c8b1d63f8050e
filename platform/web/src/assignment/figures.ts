import { h } from "../lib/dom";
import { type Figure, figures } from "../lib/figures";
import { count, metres, share, signed } from "../lib/numbers";
import { say } from "../lib/words";
import type { RunFigures, RunWhole } from "./types";

const LEFT_OUT: Record<string, string> = {
  not_qualified: say("没有有效的等级证书或授课项目", "no grade or item in force"),
  no_home: say("没有登记住处位置", "no home recorded"),
  no_free_times: say("没有登记空闲时间", "gave no free times"),
  no_sessions: say("每周次数上限为 0", "weekly limit is 0"),
};

/** The numbers of a run: covered, empty, travel, load, and how good the answer is proven to be. */
export function runFigures(run: RunWhole): HTMLElement {
  const told = run.figures as RunFigures;
  const part = told.asked_weight ? told.covered_weight / told.asked_weight : null;
  const empty = told.asked_places - told.covered_places;
  const rows: Figure[] = [
    { name: say("服务到的户数", "Households served"), value: share(part), note: say(`${count(told.covered_weight)} / 需求 ${count(told.asked_weight)} 户次`, `${count(told.covered_weight)} of ${count(told.asked_weight)} asked for`), tone: part !== null && part > 0.95 ? "good" : "warn" },
    { name: say("空缺", "Empty places"), value: count(empty), unit: say("人", ""), note: say(`已安排 ${count(told.covered_places)} / ${count(told.asked_places)} 人次`, `${count(told.covered_places)} of ${count(told.asked_places)} filled`), tone: empty ? "bad" : "good" },
    { name: say("平均路程", "Mean way"), value: metres(told.mean_travel_m), note: say(`95% 在 ${metres(told.p95_travel_m)} 以内`, `95% within ${metres(told.p95_travel_m)}`) },
    { name: say("每人每周", "Sessions a week"), value: loadText(told.sessions), unit: say("次", ""), note: say(`参与计算 ${count(told.instructors)} 人`, `${count(told.instructors)} instructors looked at`) },
    told.is_proven
      ? { name: say("结果质量", "Quality"), value: say("最优", "optimal"), note: say("✓ 已证明没有更好的分配", "✓ proven: nothing better exists"), tone: "good" }
      : { name: say("结果质量", "Quality"), value: say(`差距 ≤ ${(told.gap * 100).toFixed(2)}%`, `gap ≤ ${(told.gap * 100).toFixed(2)}%`), note: say("与最优的户数差距上限", "at most so far from the best, in households"), tone: "warn" },
  ];
  return h("div", {}, figures(rows), repeats(told), leftOut(told));
}

/** Whether the same input gives this very answer on any machine; runs of earlier versions do not say. */
function repeats(told: RunFigures): HTMLElement | null {
  if (told.is_reproducible === undefined) return null;
  return h(
    "p",
    { class: "muted", id: "repeats" },
    told.is_reproducible
      ? say("✓ 可复现：同样的数据在任何机器上都得到同样的结果。", "✓ reproducible: the same data give the same answer on any machine.")
      : say("▲ 不保证复现：有计算步骤因时间到限而停止，换一台机器结果可能不同。", "▲ not reproducible: a step ended by the clock, and another machine may answer otherwise."),
  );
}

/** 1–3: the least and the most sessions that somebody has. */
function loadText(sessions: Record<string, number>): string {
  const counts = Object.keys(sessions).map(Number).filter((sessionsOfOne) => sessionsOfOne > 0);
  if (counts.length === 0) return "0";
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least}–${most}`;
}

function leftOut(told: RunFigures): HTMLElement | null {
  const rows = Object.entries(told.left_out ?? {}).filter(([, people]) => people > 0);
  if (rows.length === 0) return null;
  const all = rows.reduce((sum, [, people]) => sum + people, 0);
  return h(
    "details",
    {},
    h("summary", {}, say(`未参与计算 ${count(all)} 人`, `${count(all)} instructors left out`)),
    h("ul", {}, ...rows.map(([reason, people]) => h("li", {}, `${LEFT_OUT[reason] ?? reason}：${count(people)}`))),
  );
}

/** What adopting the run would change against the one in force. */
export function changeText(run: RunWhole, standing: RunWhole | null): string {
  const told = run.figures as RunFigures;
  if (!standing) return say(`还没有执行中的分配：采用后新增 ${count(told.covered_places)} 个安排。`, `Nothing is in force: adopting brings ${count(told.covered_places)} pairs.`);
  if (standing.id === run.id) return say("这就是执行中的分配。", "This is the assignment in force.");
  const before = (standing.figures as RunFigures).covered_places;
  if (told.before_run !== standing.id) return say(`它不是从执行中的第 ${standing.id} 次算起的；户次相差 ${signed(told.covered_weight - (standing.covered_weight ?? 0))}。`, `It was not computed from assignment ${standing.id}, which is in force; ${signed(told.covered_weight - (standing.covered_weight ?? 0))} households.`);
  const fresh = told.covered_places - told.kept_pairs;
  const gone = before - told.kept_pairs;
  return say(
    `与执行中的第 ${standing.id} 次相比：保持 ${count(told.kept_pairs)} 个安排，新增 ${count(fresh)} 个，取消 ${count(gone)} 个；户次 ${signed(told.covered_weight - (standing.covered_weight ?? 0))}。`,
    `Against assignment ${standing.id}, in force: ${count(told.kept_pairs)} pairs stay, ${count(fresh)} are new, ${count(gone)} go; ${signed(told.covered_weight - (standing.covered_weight ?? 0))} households.`,
  );
}
