import { Problem, problemBox, readAll, readLatest, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { type Child, fill, h } from "../lib/dom";
import { say } from "../lib/words";
import { box } from "./boxes";
import { actButton, row, rows, textField } from "./parts";

/** Somebody who takes part in interest grids asked to be erased; an office answers in time. Name and phone only for who may answer. */
export interface ErasureRequest {
  id: number;
  state: "waiting" | "erased" | "refused";
  asked_on: string;
  due_on: string;
  is_overdue: boolean;
  may_answer: boolean;
  name: string;
  phone: string;
  asks: { interest_grid_id: number; interest_grid_name: string; asked_on: string; reason: string }[];
  still_in: { id: number; name: string }[];
  answered_on: string | null;
  answer_reason: string;
}

/** What follows an answer: it is said and the list read anew; only the latter where somebody else was quicker. */
export interface Answered {
  said: (told: string) => void;
  reload: () => void;
}

const CONFLICT = 409;
const MOST = 200;
const SHOWN = 10;
const COMMA = say("、", ", ");

/** What waits for the reader's own answer, the oldest first. */
export async function erasuresOwed(): Promise<ErasureRequest[]> {
  return readAll<ErasureRequest>("erasure-requests?to_answer=true", MOST);
}

function due(request: ErasureRequest): HTMLElement {
  const words = request.is_overdue ? say(`▲ 已逾期，应于 ${request.due_on} 前答复`, `▲ overdue since ${request.due_on}`) : say(`最迟 ${request.due_on} 答复`, `answer by ${request.due_on}`);
  return h("span", { class: `mark ${request.is_overdue ? "mark--bad" : "mark--warn"}` }, words);
}

function where(request: ErasureRequest): string {
  const names = request.still_in.map((grid) => grid.name).join(COMMA);
  return names ? say(`仍参加：${names}`, `still in: ${names}`) : say("已不参加任何兴趣网格，姓名和电话还在", "takes part nowhere any more; name and phone are still kept");
}

function asked(request: ErasureRequest): HTMLElement[] {
  return request.asks.map((one) => h("small", {}, say(`${one.asked_on} 由“${one.interest_grid_name}”转来：${one.reason}`, `${one.asked_on} through “${one.interest_grid_name}”: ${one.reason}`)));
}

/** One request that waits, answered in two presses: erase, or refuse with a reason. */
export function erasureRow(request: ErasureRequest, answered: Answered): HTMLElement {
  const who = request.name || say(`编号 ${request.id}`, `no. ${request.id}`);
  return row(
    [h("strong", {}, say(`${who} 要求删除个人信息`, `${who} asks to be erased`)), " ", due(request), h("small", {}, [request.phone, where(request)].filter(Boolean).join(" · ")), ...asked(request)],
    h(
      "div",
      { class: "buttons" },
      actButton(say("删除…", "Erase…"), () => askErasing(request, who, answered), { "aria-label": say(`删除 ${who} 的个人信息`, `erase ${who}`) }),
      actButton(say("不删除…", "Refuse…"), () => askRefusing(request, who, answered), { class: "button button--quiet", "aria-label": say(`不删除 ${who} 的个人信息`, `refuse to erase ${who}`) }),
    ),
  );
}

async function send(request: ErasureRequest, answer: { answer: string; reason?: string }, answered: Answered): Promise<void> {
  try {
    await write("POST", `erasure-requests/${request.id}/answer`, answer);
  } catch (fault) {
    if (fault instanceof Problem && fault.status === CONFLICT) answered.reload();
    throw fault;
  }
  answered.reload();
}

function askErasing(request: ErasureRequest, who: string, answered: Answered): void {
  const lines: Child[] = [
    request.still_in.length ? say(`今天起退出：${request.still_in.map((grid) => grid.name).join(COMMA)}`, `leaves today: ${request.still_in.map((grid) => grid.name).join(COMMA)}`) : null,
    say("姓名和电话从全市所有兴趣网格中抹去，不能恢复", "name and phone go from every interest grid of the city, for good"),
    say("参加次数等统计照旧", "what was counted stays"),
    say("转来请求的网格长会收到消息", "the leader who handed it up is told"),
  ];
  ask({
    title: say(`删除 ${who} 的个人信息？`, `Erase ${who}?`),
    body: [h("ul", { class: "consequences" }, ...lines.filter(Boolean).map((line) => h("li", {}, line)))],
    confirm: say("删除", "Erase"),
    carryOut: async () => {
      await send(request, { answer: "erased" }, answered);
      answered.said(say("已删除，并已告知转来的网格长", "erased; the leader is told"));
    },
    showFault: problemBox,
  });
}

function askRefusing(request: ErasureRequest, who: string, answered: Answered): void {
  ask({
    title: say(`不删除 ${who} 的个人信息？`, `Refuse to erase ${who}?`),
    body: [
      h("p", {}, say("理由会发给转来请求的网格长，由其告知本人。", "The leader who handed it up reads the reason and tells the person.")),
      textField("reason", say("理由", "Why"), { required: true, maxlength: 300 }, say("例如：本人已撤回。不要写姓名和电话。", "for example: taken back. No name, no phone.")),
    ],
    confirm: say("答复不删除", "Refuse"),
    carryOut: async (form) => {
      await send(request, { answer: "refused", reason: String(form.get("reason")).trim() }, answered);
      answered.said(say("已答复不删除，并已告知转来的网格长", "refused; the leader is told"));
    },
    showFault: problemBox,
  });
}

/** What came of the requests that were handed up from one interest grid, in a box instead of the place; nothing where there was none. */
export async function showHandedUp(place: HTMLElement, interestGrid: number): Promise<void> {
  try {
    const found = await readLatest<ErasureRequest>(`erasure-requests?interest_grid=${interestGrid}`, SHOWN);
    if (found.length) place.replaceWith(box("erasures", say("删除个人信息的请求", "Requests to be erased"), rows(...found.map(handedUpRow))));
    else place.remove();
  } catch (fault) {
    fill(place, problemBox(fault, () => void showHandedUp(place, interestGrid)));
  }
}

function handedUpRow(request: ErasureRequest): HTMLElement {
  const on = request.answered_on ?? "";
  const state =
    request.state === "waiting" ? due(request) : request.state === "erased" ? h("span", { class: "mark mark--good" }, say(`✓ ${on} 已删除`, `✓ erased ${on}`)) : h("span", { class: "mark mark--warn" }, say(`▲ ${on} 答复不删除`, `▲ refused ${on}`));
  const why = request.state === "refused" ? h("small", {}, say(`理由：${request.answer_reason}`, `Why: ${request.answer_reason}`)) : null;
  const next = request.state === "waiting" ? say("主管单位办理中", "with the office") : say("请告知本人", "tell the person");
  return row([h("strong", {}, say(`编号 ${request.id}`, `No. ${request.id}`)), " ", state, ...request.asks.map((one) => h("small", {}, say(`${one.asked_on} 转交：${one.reason}`, `handed up ${one.asked_on}: ${one.reason}`))), why, h("small", {}, next)]);
}
