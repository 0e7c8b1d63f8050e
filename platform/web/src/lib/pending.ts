import { latestAt, Problem, problemBox, write } from "./api";
import { announce, fill, h } from "./dom";
import { type Content, drop, type Kept, keep, keepRead, keptRows, readBefore } from "./kept";
import { clock } from "./numbers";
import { say } from "./words";

const AGAIN_MS = 30_000;
const refusals = new Map<string, Problem>();
let sending: Promise<boolean> | null = null;
let takingBack: Promise<unknown> = Promise.resolve();

/** Sends what waits, one run at a time; true when something arrived. A later write waits for the run before it. */
export async function sendKept(): Promise<boolean> {
  if (sending) await sending;
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll(): Promise<boolean> {
  let some = false;
  for (;;) {
    await takingBack;
    const row = (await keptRows()).find((each) => !each.refused);
    if (!row) return some;
    const outcome = await tried(row);
    if (outcome === "later") return some;
    some ||= outcome === "arrived";
  }
}

async function tried(row: Kept): Promise<"arrived" | "refused" | "later"> {
  let answer: unknown;
  try {
    answer = await write<unknown>(row.method ?? "POST", row.path, bodyOf(row.content), { "Idempotency-Key": row.key });
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.status === 0 || fault.status === 401 || fault.status === 429 || fault.status >= 500) return "later";
    refusals.set(row.key, fault);
    await keep({ ...row, refused: problemBox(fault).textContent ?? fault.message });
    return "refused";
  }
  await followed(row, answer);
  return "arrived";
}

/** What follows takes the place of what has arrived, so that it is not lost between the two. */
async function followed(row: Kept, answer: unknown): Promise<void> {
  const { follow } = row.content;
  if (!follow) return drop(row.key);
  const id = follow.idAt.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], answer);
  const next: Kept = { key: newKey(), method: "PUT", path: follow.path.replace("{id}", String(id)), content: { fields: {}, file: follow.file }, name: follow.name, since: row.since };
  await keep(next, row.key);
}

function newKey(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
}

/**
 * Writes of a phone on a weak network: kept on the device before they are sent, sent under one key until the server has
 * answered, in their order; so that nothing is lost and nothing is done twice. A refusal stays in sight until it is put away.
 */
export class Pending {
  /** Called after something arrived, so that the page can read anew. */
  private readonly arrived: () => void;

  constructor(
    private readonly place: HTMLElement,
    arrived: () => void,
  ) {
    this.arrived = arrived;
    window.addEventListener("online", () => void this.send());
    window.setInterval(() => void this.send(), AGAIN_MS);
    void this.send();
  }

  /** Keeps the write and tries it at once; true when it has arrived. Raises the refusal when the server answers so. */
  async add(path: string, content: Content, name: string): Promise<boolean> {
    const kept: Kept = { key: newKey(), path, content, name, since: new Date().toISOString() };
    await keep(kept);
    await this.send();
    const refusal = refusals.get(kept.key);
    if (refusal) {
      // Whoever typed it is still looking at the form: it is said there, and nothing waits.
      await drop(kept.key);
      await this.show();
      throw refusal;
    }
    if (!(await keptRows()).some((row) => row.key === kept.key)) return true;
    announce(say("已保存在手机上，联网后自动上传", "kept on this phone; it is sent when the network is back"));
    return false;
  }

  /** Takes back a write that has not left the device, by its content too where it is given; false where there is none any more. */
  async takeBack(path: string, content?: Content): Promise<boolean> {
    while (sending) await sending;
    // From here on a run that begins waits: it must not send what is being taken back.
    const dropping = dropAll(path, content);
    takingBack = dropping.catch(() => undefined);
    const some = await dropping;
    await this.show();
    return some;
  }

  private async send(): Promise<void> {
    const some = await sendKept();
    await this.show();
    if (some) this.arrived();
  }

  private async show(): Promise<void> {
    const isLatest = latestAt(this.place);
    const rows = await keptRows();
    if (!isLatest()) return;
    const waiting = rows.filter((row) => !row.refused);
    const refused = rows.filter((row) => row.refused);
    fill(
      this.place,
      waiting.length
        ? h(
            "div",
            { class: "notice notice--warn pending", role: "status" },
            h("p", {}, say(`${waiting.length} 条已保存在手机上，等待上传。不必重填，联网后自动上传。`, `${waiting.length} kept on this phone, waiting for the network. Nothing to type again.`)),
            h("ul", { class: "plain-list" }, ...waiting.map((row) => h("li", {}, `${row.name} · ${clock(row.since)}`))),
            h("button", { class: "button", type: "button", onclick: () => void this.send() }, say("现在上传", "Send now")),
          )
        : null,
      ...refused.map((row) =>
        h(
          "div",
          { class: "notice notice--bad pending", role: "alert" },
          h("p", {}, h("strong", {}, row.name), ` · ${clock(row.since)}`),
          h("p", {}, row.refused),
          h("button", { class: "button button--small", type: "button", onclick: () => void drop(row.key).then(() => this.show()) }, say("知道了，收起", "Put away")),
        ),
      ),
    );
  }
}

function bodyOf({ fields, file }: Content): unknown {
  if (!file) return fields;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append("file", file.blob, file.name);
  return form;
}

async function dropAll(path: string, content?: Content): Promise<boolean> {
  const same = (row: Kept): boolean => row.path === path && (!content || JSON.stringify(row.content.fields) === JSON.stringify(content.fields));
  const waiting = (await keptRows()).filter(same);
  for (const row of waiting) await drop(row.key);
  return waiting.length > 0;
}

/** Of each name the latest question, or the latest that was known without asking. */
const latest = new Map<string, symbol>();

function begun(name: string): () => boolean {
  const turn = Symbol(name);
  latest.set(name, turn);
  return () => latest.get(name) === turn;
}

/** What is read, or, without a network, what this name read last on this phone and when (`at`); raises what else went wrong. */
export async function lastRead<T>(name: string, load: () => Promise<T>): Promise<{ value: T; at: string | null }> {
  return readInTurn(name, load, begun(name));
}

/**
 * The same, or undefined where the name was asked anew, or is known better (`knownNow`), meanwhile: an answer to an
 * earlier question is neither shown nor kept.
 */
export async function latestRead<T>(name: string, load: () => Promise<T>): Promise<{ value: T; at: string | null } | undefined> {
  const isLatest = begun(name);
  try {
    const found = await readInTurn(name, load, isLatest);
    return isLatest() ? found : undefined;
  } catch (fault) {
    if (isLatest()) throw fault;
    return undefined;
  }
}

/** What somebody did on this phone is known before it is read: kept under the name, and newer than every answer on its way. */
export async function knownNow(name: string, value: unknown): Promise<void> {
  begun(name);
  await keepRead(name, value);
}

async function readInTurn<T>(name: string, load: () => Promise<T>, isLatest: () => boolean): Promise<{ value: T; at: string | null }> {
  try {
    const value = await load();
    if (isLatest()) await keepRead(name, value);
    return { value, at: null };
  } catch (fault) {
    const kept = fault instanceof Problem && fault.status === 0 ? await readBefore<T>(name) : undefined;
    if (!kept) throw fault;
    return kept;
  }
}
