import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, fill, h } from "../lib/dom";
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
  const first = post.starts_on > today() ? post.starts_on : today();
  const meaning = h("p", { "aria-live": "polite" });
  const day = textField("starts_on", say("从哪一天起", "From which day"), { type: "date", value: first, min: first, required: true });
  const told = (): void => fill(meaning, moveMeans(member.name, post, grid.name, day.querySelector("input")?.value || first));
  day.addEventListener("input", told);
  told();
  ask({
    title: say(`把 ${member.name} 调到“${grid.name}”？`, `Move ${member.name} to “${grid.name}”?`),
    body: [
      meaning,
      day,
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

/** What becomes of the post that is left: it is served to the day before, to its only day, or never. */
function moveMeans(name: string, post: MemberPost, to: string, day: string): string {
  const from = post.interest_grid.name;
  const along = say("来源和依据不变，不用重新提名。", "Source and proof go along.");
  if (day > post.starts_on) return say(`${name} 从这一天起在“${to}”任职，在“${from}”的任职到前一天为止。${along}`, `${name} serves in “${to}” from that day, in “${from}” until the day before. ${along}`);
  if (day > today()) return say(`${name} 从这一天起在“${to}”任职；在“${from}”的任职还没有开始，随之作废。${along}`, `${name} serves in “${to}” from that day; the post in “${from}” has not begun and is withdrawn. ${along}`);
  return say(`${name} 从今天起在“${to}”任职；在“${from}”的任职今天才开始，也到今天为止。${along}`, `${name} serves in “${to}” from today; the post in “${from}” began today and ends today. ${along}`);
}
