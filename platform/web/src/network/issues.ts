import { problemBox, readAll, readLatest, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, type Child, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { clock, countRead } from "../lib/numbers";
import { say } from "../lib/words";
import { actButton, row, rows, textField } from "./parts";
import { ISSUE_KINDS } from "./visits";

type State = "noted" | "handed_over" | "answered" | "closed";

export interface Issue {
  id: number;
  grid_id: number;
  grid_code: string;
  community_name: string;
  kind: string;
  place_name: string;
  text: string;
  photo_id: number | null;
  noted_by: string;
  noted_at: string;
  state: State;
  handed_over_at: string | null;
  delivery: { state: string; zh: string };
  number: string;
  answer: string;
  answered_at: string | null;
  closed_at: string | null;
  close_reason: string;
}

const CLOSED_SHOWN = 20;
export const MOST_OF_A_STATE = 400;

export const ISSUE_STATES: Record<State, [string, string]> = {
  noted: [say("待转交", "to hand over"), "mark--warn"],
  handed_over: [say("等待答复", "waiting for an answer"), "mark--info"],
  answered: [say("✓ 已答复", "✓ answered"), "mark--good"],
  closed: [say("已办结", "closed"), ""],
};

const DELIVERY_EN: Record<string, string> = {
  none: "not handed over",
  waiting: "being sent",
  channel_off: "the city has no hotline channel yet; kept and sent once it has one",
  delivered: "delivered",
  given_up: "sending failed several times: hand it over again",
};

export type Issues = Record<State, Issue[]>;

/** Everything open, and the last that were closed. */
export async function readIssues(): Promise<Issues> {
  const open = (state: State): Promise<Issue[]> => readAll<Issue>(`hotline-issues?state=${state}`, MOST_OF_A_STATE);
  const [noted, handed_over, answered, closed] = await Promise.all([open("noted"), open("handed_over"), open("answered"), readLatest<Issue>("hotline-issues?state=closed", CLOSED_SHOWN)]);
  return { noted, handed_over, answered, closed };
}

export function kindName(kind: string): string {
  return ISSUE_KINDS.find(([key]) => key === kind)?.[1] ?? kind;
}

function titleOf(issue: Issue): string {
  return say(`${kindName(issue.kind)}：${issue.place_name}`, `${kindName(issue.kind)}: ${issue.place_name}`);
}

interface Acts {
  may: boolean;
  changed: (told: string) => void;
}

/** One issue: what and where, how far it is, what the hotline answered, and the next step for whoever may take it. */
export function issueRow(issue: Issue, { may, changed }: Acts): HTMLElement {
  const said = h("div", {});
  const [words, look] = ISSUE_STATES[issue.state];
  const handOver = (): void => {
    write("POST", `hotline-issues/${issue.id}/hand-over`)
      .then(() => changed(say("已转交 12345", "handed to the hotline")))
      .catch((fault: unknown) => said.replaceChildren(problemBox(fault)));
  };
  const again = issue.state === "handed_over" && issue.delivery.state === "given_up";
  const acts: Child[] = !may
    ? []
    : [
        issue.state === "noted" || again ? actButton(again ? say("重新转交", "Hand over again") : say("转交 12345", "Hand over"), handOver) : null,
        issue.state === "handed_over" ? actButton(say("登记答复", "Enter the answer"), () => askAnswer(issue, changed)) : null,
        issue.state === "answered" ? actButton(say("办结", "Close"), () => askClose(issue, changed)) : null,
        issue.state === "answered" ? actButton(say("补记答复", "Correct the answer"), () => askAnswer(issue, changed), { class: "button button--quiet" }) : null,
        issue.state === "noted" || issue.state === "handed_over" ? actButton(say("不再需要…", "No longer needed…"), () => askClose(issue, changed), { class: "button button--quiet" }) : null,
      ];
  return row(
    [
      h("strong", {}, titleOf(issue)),
      " ",
      h("span", { class: `mark ${look}` }, words),
      issue.text ? h("small", {}, issue.text) : null,
      h("small", {}, told(issue)),
      issue.answer ? h("p", { class: "answer" }, h("strong", {}, say("12345 答复：", "Hotline: ")), issue.answer, issue.answered_at ? h("small", {}, clock(issue.answered_at)) : null) : null,
      issue.close_reason ? h("small", {}, say(`办结说明：${issue.close_reason}`, `closed: ${issue.close_reason}`)) : null,
      issue.photo_id === null ? null : photoShown(issue),
      said,
    ],
    acts.some(Boolean) ? h("div", { class: "buttons" }, ...acts) : null,
  );
}

/** A small picture of what is broken; pressed, the whole of it. */
function photoShown(issue: Issue): HTMLElement {
  const address = `/api/v1/hotline-issues/${issue.id}/photo`;
  return h("a", { class: "issue-photo", href: address, target: "_blank", rel: "noopener" }, h("img", { src: address, alt: say(`照片：${issue.place_name}`, `photo: ${issue.place_name}`), loading: "lazy", width: 128, height: 96 }), say("看大图", "enlarge"));
}

function told(issue: Issue): string {
  const noted = say(`${clock(issue.noted_at)} ${issue.noted_by} 登记`, `noted ${clock(issue.noted_at)} by ${issue.noted_by}`);
  const way = issue.state === "handed_over" ? say(issue.delivery.zh, DELIVERY_EN[issue.delivery.state] ?? issue.delivery.state) : "";
  return [issue.community_name, noted, way, issue.number ? say(`工单号 ${issue.number}`, `no. ${issue.number}`) : ""].filter(Boolean).join(" · ");
}

/** What the hotline answered by phone or letter, entered by hand; a channel that answers by itself needs none of this. */
function askAnswer(issue: Issue, done: (told: string) => void): void {
  ask({
    title: say("登记 12345 的答复", "The hotline's answer"),
    body: [
      h("p", {}, titleOf(issue)),
      h("label", { class: "field" }, h("span", {}, say("答复内容", "The answer")), h("textarea", { name: "answer", rows: 4, required: true, maxlength: 1000 }, issue.answer), h("small", {}, say("不写个人姓名、电话；写了号码也会自动遮住。", "No names and phones of people; numbers are masked by themselves."))),
      textField("number", say("工单号（没有可不填）", "The hotline's number (where there is one)"), { maxlength: 64, value: issue.number }),
    ],
    confirm: say("保存答复", "Keep the answer"),
    carryOut: async (form) => {
      await write("POST", `hotline-issues/${issue.id}/answer`, { answer: String(form.get("answer")).trim(), number: String(form.get("number") ?? "").trim() });
      done(say("答复已登记", "the answer is kept"));
    },
    showFault: problemBox,
  });
}

function askClose(issue: Issue, done: (told: string) => void): void {
  const answered = issue.state === "answered";
  ask({
    title: answered ? say("办结这件事项？", "Close this issue?") : say("不再需要 12345 办理？", "No longer needed?"),
    body: [
      h("p", {}, answered ? say("办结后不能再改，仍可在“已办结”中查看。", "It is not changed any more, and stays among the closed ones.") : say("例如已自行修好、重复登记。办结后不能再改；已经转交的，12345 那边不会自动撤回。", "Such as: mended already, noted twice. What was handed over is not taken back at the hotline by itself.")),
      textField("reason", answered ? say("说明（可不填）", "In words (optional)") : say("原因", "Why"), { required: !answered, maxlength: 300 }),
    ],
    confirm: say("办结", "Close"),
    carryOut: async (form) => {
      await write("POST", `hotline-issues/${issue.id}/close`, { reason: String(form.get("reason") ?? "").trim() });
      done(say("已办结", "closed"));
    },
    showFault: problemBox,
  });
}

/** The few that matter on a first screen: what was answered, then what waits; all of them one press away. */
export function issuesInShort(issues: Issues, may: boolean, changed: () => void): Node[] {
  const few = [...issues.answered, ...issues.noted, ...issues.handed_over].slice(0, 4);
  const all = h("div", { class: "buttons" }, h("a", { class: "button", href: "/network/hotline" }, say("全部事项", "All of them")));
  if (few.length === 0) return [emptyBox(say("没有未办结的事项。", "Nothing is open."), say("巡查中发现的器材、场地问题会出现在这里。", "Faults that were noted appear here.")), all];
  const [noted, waiting, answered] = [issues.noted, issues.handed_over, issues.answered].map((rows) => countRead(rows.length, MOST_OF_A_STATE));
  const counts = say(`待转交 ${noted} 件，等待答复 ${waiting} 件，已答复 ${answered} 件`, `${noted} to hand over, ${waiting} waiting, ${answered} answered`);
  const told = (words: string): void => {
    announce(words);
    changed();
  };
  return [h("p", { class: "muted" }, counts), rows(...few.map((issue) => issueRow(issue, { may, changed: told }))), all];
}
