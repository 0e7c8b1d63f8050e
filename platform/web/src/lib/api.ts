import { announce, type Child, fill, h } from "./dom";
import { answered, deedOf, keyOf } from "./keys";
import { held, waiting } from "./pressed";
import { say, sayEither } from "./words";

interface Wording {
  zh?: string;
  en?: string;
}

export interface Refusal {
  code: string;
  detail?: string;
  message?: Wording;
  how_to_fix?: Wording;
  field?: string;
  facts?: Record<string, unknown>;
}

interface ProblemDocument extends Refusal {
  title?: string;
  status: number;
  errors?: Refusal[];
  request_id?: string;
}

/** A refusal of the API, or a request that never arrived. */
export class Problem extends Error {
  constructor(readonly document: ProblemDocument) {
    super(document.detail ?? document.title ?? String(document.status));
  }

  get status(): number {
    return this.document.status;
  }
}

export interface Page<T> {
  next: string | null;
  previous: string | null;
  results: T[];
}

export const API = "/api/v1/";
const RESEND_AFTER_MS = 1500;

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** While somebody signs out, an answer to what was asked before must not take the page away: the device is not cleared yet. */
let isHeld = false;

/** Says that somebody is signing out, or is not after all. */
export function holdThePage(isSigningOut: boolean): void {
  isHeld = isSigningOut;
}

/** Whether somebody is signing out: the page goes when the device is cleared, and nothing else is asked. */
export function isPageHeld(): boolean {
  return isHeld;
}

function toSignIn(): void {
  if (isHeld) return;
  const back = location.pathname + location.search + location.hash;
  location.assign(`/sign-in?next=${encodeURIComponent(back)}`);
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    return new Problem((await response.json()) as ProblemDocument);
  } catch {
    return new Problem({
      code: "UNREADABLE_ANSWER",
      status: response.status,
      detail: say(`服务器回答异常（${response.status}）`, `the server answered unexpectedly (${response.status})`),
      how_to_fix: { zh: "请稍后重试；仍失败请联系运维", en: "retry later; else tell the operator" },
    });
  }
}

function ask(path: string, init: RequestInit): Promise<Response> {
  const url = path.startsWith("/") || path.startsWith("http") ? path : API + path;
  return fetch(url, { credentials: "same-origin", ...init });
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await accepted(await ask(path, init));
  } catch (fault) {
    if (fault instanceof Problem) throw fault;
    throw new Problem({
      code: "NO_CONNECTION",
      status: 0,
      detail: say("连接不到服务器", "the server cannot be reached"),
      how_to_fix: { zh: "请检查网络后重试", en: "check the network and try again" },
    });
  }
}

async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 401) toSignIn();
  throw await readProblem(response);
}

/** Reads JSON; `path` is relative to /api/v1. */
export async function read<T>(path: string): Promise<T> {
  const response = await send(path, { headers: { Accept: "application/json" } });
  return (await response.json()) as T;
}

/** Reads JSON with the ETag that an edit of it must name. */
export async function readTagged<T>(path: string): Promise<{ value: T; etag: string }> {
  const response = await send(path, { headers: { Accept: "application/json" } });
  return { value: (await response.json()) as T, etag: response.headers.get("ETag") ?? "" };
}

/**
 * Writes JSON or a form and reads the answer. The write bears a key until the server answered it, so that sending it
 * again, by this function or by a second press, does the work once; the pressed button rests meanwhile. Who keeps a key
 * for longer (`lib/pending`) gives it among the headers.
 */
export async function write<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, also: Record<string, string> = {}): Promise<T> {
  return held(async () => {
    const deed = await deedOf(method, path, also["If-Match"] ?? "", body);
    const response = await sendKeyed(path, initOf(method, body, { "Idempotency-Key": also["Idempotency-Key"] ?? keyOf(deed), ...also }));
    if (response.status < 500) answered(deed); // a gateway's 502 says nothing about what the server did
    const read = await accepted(response);
    if (read.headers.has("Idempotent-Replayed")) announce(say("上一次已经办成，没有重复办理", "it had been done the first time and was not done twice"));
    return (read.status === 204 ? undefined : await read.json()) as T;
  });
}

function initOf(method: string, body: unknown, also: Record<string, string>): RequestInit {
  const headers: Record<string, string> = { ...also, Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (body === undefined) return { method, headers };
  if (body instanceof FormData) return { method, headers, body };
  return { method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/** An answer that breaks off in its midst is none. */
async function wholeAnswer(path: string, init: RequestInit): Promise<Response> {
  const response = await ask(path, init);
  await response.clone().arrayBuffer();
  return response;
}

/** Sends a write, and once more under its key when no answer came: the first may have been carried out. */
async function sendKeyed(path: string, init: RequestInit): Promise<Response> {
  try {
    return await wholeAnswer(path, init);
  } catch {
    const gone = waiting(say("没有收到回答，正在再发一次（不会重复办理）…", "No answer came; sending it again (it is done once)…"));
    try {
      await new Promise((resume) => setTimeout(resume, RESEND_AFTER_MS));
      return await wholeAnswer(path, init);
    } catch {
      throw new Problem({
        code: "NO_ANSWER",
        status: 0,
        detail: say("发了两次都没有收到服务器的回答，可能已经办成", "it was sent twice and no answer came; it may have been done"),
        how_to_fix: { zh: "网络恢复后再按一次：同一件事不会办两次", en: "press again when the network is back: it is done once" },
      });
    } finally {
      gone();
    }
  }
}

/** All rows of a list, page by page, up to a bound. */
export async function readAll<T>(path: string, most = 2000): Promise<T[]> {
  const rows: T[] = [];
  let next: string | null = path + (path.includes("?") ? "&" : "?") + "limit=200";
  while (next && rows.length < most) {
    const page: Page<T> = await read<Page<T>>(next);
    rows.push(...page.results);
    next = page.next;
  }
  return rows;
}

/** The last page of a list by id, newest first: the cursor says “backwards from the end”. */
export async function readLatest<T>(path: string, limit: number): Promise<T[]> {
  const page = await read<Page<T>>(`${path}${path.includes("?") ? "&" : "?"}limit=${limit}&cursor=${btoa("r=1")}`);
  return page.results.reverse();
}

/** What a field of the page is called there; empty for a field that the page does not show. */
function labelOf(field: string): string {
  const within = document.querySelector("dialog[open]") ?? document;
  const found = within.querySelector<HTMLInputElement>(`[name="${CSS.escape(field)}"]`);
  return (found?.labels?.[0]?.querySelector("span")?.textContent ?? found?.getAttribute("aria-label") ?? "").replace(/（.*?）|\(.*?\)/g, "").trim();
}

/** A refusal in the words of the page: a field by its label, and what to do there instead of what to send. */
export function wordsOf(refusal: Refusal): { said: string; fix: string } {
  const said = sayEither(refusal.message) || refusal.detail || refusal.code;
  if (refusal.code !== "INVALID_FIELD") return { said, fix: sayEither(refusal.how_to_fix) };
  const plain = said.replace(/^(字段|field )“[^”]*”(：|: )/, "");
  const label = refusal.field ? labelOf(refusal.field) : "";
  return {
    said: label ? say(`“${label}”：${plain}`, `“${label}”: ${plain}`) : say(`填写的内容有误：${plain}`, `something entered is wrong: ${plain}`),
    fix: say("请改正后再提交；改不了请刷新页面重填", "correct it and send again; else reload the page"),
  };
}

function refusalLines(refusal: Refusal): Node[] {
  const { said, fix } = wordsOf(refusal);
  return [
    h("p", {}, said),
    ...(fix ? [h("p", { class: "fix" }, say("怎么办：", "What to do: "), fix)] : []),
  ];
}

/** The refusal as a box that says what to do next, with a way to try again. */
export function problemBox(fault: unknown, retry?: () => void): HTMLElement {
  if (!(fault instanceof Problem)) {
    console.error(fault);
    return h(
      "div",
      { class: "notice notice--bad", role: "alert" },
      h("p", {}, say("页面出错了", "the page failed")),
      h("p", { class: "fix" }, say("怎么办：请刷新页面；仍失败请联系运维", "What to do: reload; else tell the operator")),
    );
  }
  const several = fault.document.errors ?? [];
  const box = h("div", { class: "notice notice--bad", role: "alert" });
  if (several.length > 1) {
    box.append(h("ul", {}, ...several.map((refusal) => h("li", {}, ...refusalLines(refusal)))));
  } else {
    box.append(...refusalLines(several[0] ?? fault.document));
  }
  if (retry) box.append(h("button", { class: "button button--small", type: "button", onclick: retry }, say("重试", "Try again")));
  return box;
}

/** What each place was last asked to show: an answer to an earlier question comes too late for it. */
const asked = new WeakMap<object, symbol>();

/**
 * Begins a question whose answer is to be shown at a place. The returned function tells, once there is an answer or a
 * fault, whether this is still the latest question there: if not, nothing of it is shown and nothing of it is kept.
 * Who shows something there without asking begins a question too, so that no answer on its way takes its place.
 */
export function latestAt(place: object): () => boolean {
  const question = Symbol();
  asked.set(place, question);
  return () => asked.get(place) === question;
}

/** What became of a question: its answer is shown, or its fault is, or a later question has taken its place. */
export type Outcome = "shown" | "failed" | "late";

type Load = (isLatest: () => boolean) => Promise<Child | Child[]>;

/**
 * Reads a place anew, while what stands there stays; “loading” where nothing does. Of two questions the later one is
 * answered: what `load` changes outside the place it changes only while `isLatest()`. `again`: what the retry does.
 */
export async function renew(place: Element, load: Load, again: () => void = () => void renew(place, load)): Promise<Outcome> {
  const isLatest = latestAt(place);
  if (!place.firstChild) fill(place, loadingLine());
  const [outcome, shown] = await load(isLatest).then(
    (found): [Outcome, Child | Child[]] => ["shown", found],
    (fault: unknown): [Outcome, Child] => ["failed", problemBox(fault, again)],
  );
  if (!isLatest()) return "late";
  fill(place, ...[shown].flat());
  return outcome;
}

/** The same, with “loading” in place of what stood there. */
export async function show(place: Element, load: Load, what?: string): Promise<Outcome> {
  fill(place, loadingLine(what));
  return renew(place, load, () => void show(place, load, what));
}

function loadingLine(what = say("正在读取…", "Loading…")): HTMLElement {
  return h("p", { class: "loading", role: "status" }, what);
}
