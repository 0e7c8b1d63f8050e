import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { type Child, h } from "../lib/dom";
import { count } from "../lib/numbers";
import { baseGridName, placeName, say } from "../lib/words";
import type { Occurrence } from "./occurrences";
import { textField } from "./parts";
import type { InterestGrid } from "./types";

/** Whether it serves base grids of other communities and still waits for the county. */
export function awaitsCrossing(grid: InterestGrid): boolean {
  return grid.state === "proposed" && grid.crossing_approved_on === null && grid.base_grids.some((base) => base.community_id !== grid.community.id);
}

function consequences(...lines: (string | null)[]): HTMLElement {
  return h("ul", { class: "consequences" }, ...lines.filter((line) => line !== null).map((line) => h("li", {}, line)));
}

/** Closing for good, or rejecting a proposal: who and what ends with it is said before, with its numbers. */
export function askClosing(grid: InterestGrid, planned: Occurrence[], done: (told: string) => void): void {
  const proposed = grid.state === "proposed";
  const attended = planned.some((one) => one.named + one.headcount > 0);
  const coming = planned.filter((one) => one.named + one.headcount === 0).length;
  const body: Child[] = proposed
    ? [h("p", {}, say("提议关闭后不能恢复，可以重新提出。提出人会看到您写的原因。", "A rejected proposal is not taken up again; a new one may be made. Who made it reads the reason."))]
    : [
        h("p", {}, say("关闭后：", "Once it is closed:")),
        consequences(
          grid.member_count ? say(`${count(grid.member_count)} 名网格员在这里的任职今天结束`, `the posts of ${count(grid.member_count)} members end today`) : null,
          grid.participant_count ? say(`${count(grid.participant_count)} 位参加的居民退出`, `${count(grid.participant_count)} people leave`) : null,
          coming ? say(`今后至少 ${count(coming)} 次活动取消，留了电话的人会收到通知`, `at least ${count(coming)} coming meetings are cancelled, and those with a phone are told`) : say("今后的活动取消", "coming meetings are cancelled"),
          attended ? say("已有人到场的一次照常进行，结束后请记录；没签到的人不能再签到", "the meeting to which somebody has come goes on: end it when it is over; nobody else checks in") : null,
          say("以往的活动和到场记录都保留", "what was held stays on record"),
          say("不能恢复；要再办，须另提一个兴趣网格", "it is not undone; to run it again a new one is proposed"),
        ),
      ];
  ask({
    title: proposed ? say(`不同意成立“${grid.name}”？`, `Reject “${grid.name}”?`) : say(`关闭“${grid.name}”？`, `Close “${grid.name}”?`),
    body: [...body, textField("reason", say("原因", "Why"), { required: true, maxlength: 300 })],
    confirm: proposed ? say("不同意成立", "Reject it") : say("关闭", "Close it"),
    leave: say("不关闭", "Keep it"),
    carryOut: async (form) => {
      await write("POST", `interest-grids/${grid.id}/close`, { reason: String(form.get("reason")).trim() });
      done(proposed ? say("已不同意，提议关闭", "rejected") : say("已关闭", "closed"));
    },
    showFault: problemBox,
  });
}

/** Waking one that fell asleep. */
export function askWaking(grid: InterestGrid, done: (told: string) => void): void {
  ask({
    title: say(`重新开始“${grid.name}”？`, `Wake “${grid.name}”?`),
    body: [h("p", {}, say("重新开始后：", "Once it is awake:")), consequences(say("状态恢复为“活动中”，网格员可以再安排活动", "its members may plan activities again"), say("原来的网格员和参加的人都还在", "its members and people are as they were"), say("请尽快安排一次活动；再长期没有活动，会自动休眠", "plan an activity soon: without one it falls asleep again"))],
    confirm: say("重新开始", "Wake it"),
    carryOut: async () => {
      await write("POST", `interest-grids/${grid.id}/wake`, {});
      done(say("已重新开始", "awake"));
    },
    showFault: problemBox,
  });
}

/** The county's approval that it serves base grids of other communities. */
export function askCrossing(grid: InterestGrid, done: (told: string) => void): void {
  const others = grid.base_grids.filter((base) => base.community_id !== grid.community.id);
  ask({
    title: say(`批准“${grid.name}”跨社区？`, `Approve that “${grid.name}” crosses borders?`),
    body: [
      h("p", {}, say(`所属社区：${placeName(grid.community.name)}。还要服务：`, `Its home: ${placeName(grid.community.name)}. It also serves:`)),
      consequences(...others.map((base) => baseGridName(base.name))),
      h("p", {}, say("批准后，这些网格的网格长也能管理它，提出方即可确认成立。以后再加别的社区，须重新批准。不同意的，请用“不同意成立”并写明原因。", "Leaders of those grids run it too from then on, and it can be confirmed. Further communities want a new approval.")),
    ],
    confirm: say("批准跨社区", "Approve"),
    carryOut: async () => {
      await write("POST", `interest-grids/${grid.id}/approve-crossing`, {});
      done(say("已批准跨社区", "the crossing is approved"));
    },
    showFault: problemBox,
  });
}
