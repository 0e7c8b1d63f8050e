import { renew } from "../lib/api";
import { h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { countRead } from "../lib/numbers";
import { say } from "../lib/words";
import type { Stage } from "../network";
import { box } from "./boxes";
import { type Issue, issueRow, type Issues, MOST_OF_A_STATE, readIssues } from "./issues";
import { rows } from "./parts";
import type { Reader } from "./reader";

const PARTS: [keyof Issues, string, string][] = [
  ["answered", say("已答复，请看一看", "Answered"), say("没有新的答复。", "No new answer.")],
  ["noted", say("待转交", "To hand over"), say("没有待转交的事项。", "Nothing is to be handed over.")],
  ["handed_over", say("已转交，等待答复", "Waiting for an answer"), say("没有等待答复的事项。", "Nothing waits.")],
  ["closed", say("最近办结", "Closed lately"), say("还没有办结的事项。", "Nothing was closed yet.")],
];

/** Faults and matters handed to 12345: answers first, then what is to be handed over, what waits, what was closed. */
export function startHotline({ place, said }: Stage, reader: Reader): void {
  const may = reader.led.length > 0 || reader.rights.has("demand.edit");
  const load = async (): Promise<void> => {
    await renew(place, async () => {
      const issues = await readIssues();
      const acts = {
        may,
        changed: (told: string) => {
          said(told);
          void load();
        },
      };
      return [
        h("p", { class: "muted" }, say("网格只登记和转交，问题由 12345 派给主管单位办理。", "Grids note and refer; the hotline has them handled.")),
        ...PARTS.map(([state, title, empty]) => box(state, issues[state].length ? say(`${title}（${countRead(issues[state].length, MOST_OF_A_STATE)}）`, `${title} (${countRead(issues[state].length, MOST_OF_A_STATE)})`) : title, listed(issues[state], acts, empty))),
      ];
    });
  };
  void load();
}

function listed(issues: Issue[], acts: Parameters<typeof issueRow>[1], empty: string): HTMLElement {
  return issues.length ? rows(...issues.map((issue) => issueRow(issue, acts))) : emptyBox(empty);
}
