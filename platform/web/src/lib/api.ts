import { h } from "./dom";
import { say, sayEither } from "./words";

interface Wording {
  zh?: string;
  en?: string;
}

interface Refusal {
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

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

function toSignIn(): void {
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

async function send(path: string, init: RequestInit): Promise<Response> {
  const url = path.startsWith("/") || path.startsWith("http") ? path : API + path;
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch {
    throw new Problem({
      code: "NO_CONNECTION",
      status: 0,
      detail: say("连接不到服务器", "the server cannot be reached"),
      how_to_fix: { zh: "请检查网络后重试", en: "check the network and try again" },
    });
  }
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

/** Writes JSON or a form and reads the answer. Every write bears a key, so that a retry does the work once. */
export async function write<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, also: Record<string, string> = {}): Promise<T> {
  const headers: Record<string, string> = {
    ...also,
    Accept: "application/json",
    "X-CSRFToken": csrfToken(),
    "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
  };
  const form = body instanceof FormData;
  if (!form && body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = form ? body : JSON.stringify(body);
  const response = await send(path, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
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

function refusalLines(refusal: Refusal): Node[] {
  const fix = sayEither(refusal.how_to_fix);
  return [
    h("p", {}, sayEither(refusal.message) || refusal.detail || refusal.code),
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

/** Shows “loading”, then what was read, or the problem with a retry. */
export async function show(
  place: Element,
  load: () => Promise<Node | Node[]>,
  what = say("正在读取…", "Loading…"),
): Promise<void> {
  place.replaceChildren(h("p", { class: "loading", role: "status" }, what));
  try {
    const shown = await load();
    place.replaceChildren(...(Array.isArray(shown) ? shown : [shown]));
  } catch (fault) {
    place.replaceChildren(problemBox(fault, () => void show(place, load, what)));
  }
}
