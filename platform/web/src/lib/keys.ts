/**
 * The Idempotency-Key of a write, kept until the server answered: whoever presses again, in this page or after a reload,
 * asks for the same thing under the same key, and it is done once.
 */

const KEPT = "wangge-unanswered";
/** After this long a second press is meant as a second deed; the server keeps its answers for longer. */
const KEPT_FOR_MS = 30 * 60_000;

interface Unanswered {
  key: string;
  since: number;
}

const unanswered = restored();

function restored(): Map<string, Unanswered> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") as [string, Unanswered][]);
  } catch {
    return new Map();
  }
}

function keep(): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...unanswered]));
  } catch {
    // A browser that keeps nothing still knows the key until the page is left.
  }
}

function made(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
}

/** The key under which this write goes out: that of its unanswered forerunner, otherwise a new one. */
export function keyOf(deed: string): string {
  for (const [other, { since }] of unanswered) if (Date.now() - since > KEPT_FOR_MS) unanswered.delete(other);
  const found = unanswered.get(deed);
  if (found) return found.key;
  const key = made();
  unanswered.set(deed, { key, since: Date.now() });
  keep();
  return key;
}

/** The write was answered: the next one like it is a new deed. */
export function answered(deed: string): void {
  unanswered.delete(deed);
  keep();
}

/** What tells one write from another: a short sum of method, address, version and content. Nothing of the content is kept. */
export async function deedOf(method: string, path: string, version: string, body: unknown): Promise<string> {
  const content = body instanceof FormData ? formText(body) : JSON.stringify(body ?? null);
  const text = [method, path, version, content].join("\n");
  // Plain http on a city's inner network has no subtle crypto; a weaker sum serves there.
  if (!crypto.subtle) return weakSum(text);
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(sum).slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function formText(form: FormData): string {
  return [...form].map(([name, value]) => (value instanceof File ? `${name}:${value.name}:${value.size}:${value.lastModified}` : `${name}=${value}`)).join("\n");
}

/** Two FNV-1a sums of 32 bits beside the length: enough to tell a handful of unanswered writes of one tab apart. */
function weakSum(text: string): string {
  const sum = (seed: number): number => [...text].reduce((so_far, letter) => Math.imul(so_far ^ (letter.codePointAt(0) ?? 0), 16777619), seed);
  return `${text.length}-${sum(2166136261) >>> 0}-${sum(40503) >>> 0}`;
}
