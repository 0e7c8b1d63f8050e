import { del, get, keys, set, update } from "idb-keyval";

import { Problem } from "./api";
import { say } from "./words";

export interface KeptFile {
  name: string;
  blob: Blob;
}

/** A file that belongs to what is written first: `{id}` in its path is what the answer says at `idAt`. */
export interface Follow {
  path: string;
  idAt: string;
  name: string;
  file: KeptFile;
}

/** What is to be written: fields, files of a form where there are some, and what follows once it has arrived. */
export interface Content {
  fields: Record<string, unknown>;
  file?: KeptFile;
  follow?: Follow;
}

/** A write that waits on this device. */
export interface Kept {
  key: string;
  method?: "POST" | "PUT";
  path: string;
  content: Content;
  name: string;
  since: string;
  /** The refusal's words, when the server has read it and will not have it. */
  refused?: string;
}

interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  body: ArrayBuffer;
}

/** A write as it lies on the device; one kept by an older page, or without a key, lies there as it is. */
interface SealedRow {
  key: string;
  since: string;
  words: Sealed;
  files: Sealed[];
}

type Stored = Kept | SealedRow;

const meta = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
const person = meta("person");
// A phone may be shared: what one person wrote is never shown or sent under another's name.
const STORE = `wangge-pending-${location.host}-${person}`;
const READ = `wangge-read-${location.host}-${person}-`;

/**
 * The key of what this person keeps on a device. It comes with every page of the person and is stored nowhere, so that
 * what lies on a shared phone is unreadable to whoever uses it next. Null where the browser has no means (plain HTTP).
 */
const sealing: Promise<CryptoKey> | null = globalThis.crypto?.subtle && meta("device-key") ? crypto.subtle.importKey("raw", Uint8Array.from(atob(meta("device-key")), (one) => one.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]) : null;

async function seal(body: BufferSource, by: CryptoKey): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, body: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, by, body) };
}

async function unseal({ iv, body }: Sealed, by: CryptoKey): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv }, by, body);
}

async function sealedJson(value: unknown, by: CryptoKey): Promise<Sealed> {
  return seal(new TextEncoder().encode(JSON.stringify(value)), by);
}

async function openedJson(sealed: Sealed, by: CryptoKey): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await unseal(sealed, by)));
}

function filesOf({ file, follow }: Content): KeptFile[] {
  return [file, follow?.file].filter((one): one is KeptFile => one !== undefined);
}

async function stored(row: Kept): Promise<Stored> {
  const by = await sealing;
  if (!by) return row;
  const files = await Promise.all(filesOf(row.content).map(async ({ blob }) => seal(await blob.arrayBuffer(), by)));
  return { key: row.key, since: row.since, words: await sealedJson(row, by), files };
}

async function opened(row: Stored): Promise<Kept> {
  if (!("words" in row)) return row;
  try {
    const by = await sealing;
    if (!by) throw new Error("no key");
    const kept = (await openedJson(row.words, by)) as Kept;
    const bodies = await Promise.all(row.files.map((one) => unseal(one, by)));
    filesOf(kept.content).forEach((file, index) => (file.blob = new Blob([bodies[index] ?? new ArrayBuffer(0)], { type: "image/jpeg" })));
    return kept;
  } catch {
    return { key: row.key, since: row.since, path: "", content: { fields: {} }, name: say("一条记录", "a record"), refused: say("手机上保存的这条记录已读不出来（可能系统更换过密钥），请重新填写。", "What was kept can no longer be read (the keys may have been changed): fill it in anew.") };
  }
}

/** All that this person keeps on this device, oldest first. */
export async function keptRows(): Promise<Kept[]> {
  return Promise.all(((await get<Stored[]>(STORE)) ?? []).map(opened));
}

/** Keeps a write, or puts it in the place of the one with its key; raises after signing out, as nothing is kept any more. */
export async function keep(row: Kept, insteadOf = row.key): Promise<void> {
  const next = await stored(row);
  if (isForgotten) throw signedOut();
  await update<Stored[]>(STORE, (rows = []) => (rows.some((one) => one.key === insteadOf) ? rows.map((one) => (one.key === insteadOf ? next : one)) : [...rows, next]));
}

function signedOut(): Problem {
  return new Problem({
    code: "SIGNED_OUT",
    status: 401,
    detail: say("您已退出，这条记录没有保存", "you have signed out: this was not kept"),
    how_to_fix: { zh: "请重新登录后再填写", en: "sign in and fill it in again" },
  });
}

export async function drop(key: string): Promise<void> {
  await update<Stored[]>(STORE, (rows = []) => rows.filter((row) => row.key !== key));
}

interface Read<T> {
  value: T;
  at: string;
}

/** Keeps what was read under a name, for when there is no network. */
export async function keepRead(name: string, value: unknown): Promise<void> {
  const by = await sealing;
  const read = { value, at: new Date().toISOString() };
  const kept = by ? await sealedJson(read, by) : read;
  if (!isForgotten) await set(READ + name, kept);
}

/** What was read last under this name, and when; undefined where there is nothing or it cannot be opened. */
export async function readBefore<T>(name: string): Promise<Read<T> | undefined> {
  const by = await sealing;
  const found = await get<Read<T> | Sealed>(READ + name);
  if (!found || !("iv" in found)) return found;
  return by ? ((await openedJson(found, by).catch(() => undefined)) as Read<T> | undefined) : undefined;
}

/** Whoever signed out keeps nothing more: an answer may still arrive before the page has gone. */
let isForgotten = false;

/** Nothing of this person stays on the device, and this page keeps nothing from now on. */
export async function forgetAll(): Promise<void> {
  isForgotten = true;
  await del(STORE);
  for (const key of await keys()) if (String(key).startsWith(READ)) await del(key);
}
