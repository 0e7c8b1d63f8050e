import { say } from "../lib/words";
import { findGrid } from "./finding";
import { askMember } from "./members";

/** An office first finds the interest grid by name, among all of its streets; then it nominates a member there. */
export function askMemberOf(done: () => void): void {
  findGrid({ title: say("给哪个兴趣网格增加网格员？", "Which interest grid is the member for?") }, (grid) => askMember([grid], done));
}
