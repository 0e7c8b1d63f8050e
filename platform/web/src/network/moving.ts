import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { today } from "../lib/numbers";
import { say } from "../lib/words";
import { findGrid } from "./finding";
import { textField } from "./parts";
import type { GridMember, InterestGrid, MemberPost } from "./types";

/** Moving a member to another interest grid: the post ends here and goes on there, with what proves it. */
export function askMove(member: GridMember, post: MemberPost, mine: boolean, done: () => void): void {
  findGrid({ title: say(`把 ${member.name} 调到哪个兴趣网格？`, `To which interest grid does ${member.name} move?`), mine, except: post.interest_grid.id }, (grid) => confirmMove(member, post, grid, done));
}

function confirmMove(member: GridMember, post: MemberPost, grid: InterestGrid, done: () => void): void {
  const from = post.interest_grid.name;
  const first = post.starts_on > today() ? post.starts_on : today();
  ask({
    title: say(`把 ${member.name} 调到“${grid.name}”？`, `Move ${member.name} to “${grid.name}”?`),
    body: [
      h("p", {}, say(`${member.name} 从这一天起在“${grid.name}”任职，在“${from}”的任职到前一天为止。来源和依据不变，不用重新提名。`, `${member.name} serves in “${grid.name}” from that day, in “${from}” until the day before. Source and proof go along.`)),
      textField("starts_on", say("从哪一天起", "From which day"), { type: "date", value: first, min: first, required: true }),
      textField("reason", say("原因（可不填）", "Why (optional)"), { maxlength: 300 }),
    ],
    confirm: say("调过去", "Move"),
    carryOut: async (form) => {
      await write("POST", `member-posts/${post.id}/move`, { interest_grid_id: grid.id, starts_on: form.get("starts_on"), reason: String(form.get("reason") ?? "").trim() });
      announce(say("已调动", "moved"));
      done();
    },
    showFault: problemBox,
  });
}
