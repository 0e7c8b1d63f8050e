import { write } from "../lib/api";

const TRIES = 3;

/**
 * Asks for what is shown once: values, a record, a code. When the answer was lost on a weak network, the same request is
 * answered without it, for the server keeps no copy; then it is asked anew, as a reading of its own, which is logged too.
 */
export async function readOnce<T extends object>(path: string, body: unknown, wanted: keyof T & string): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const answer = await write<T>("POST", path, body, { "Idempotency-Key": key });
    if (wanted in answer || left === 1) return answer;
  }
}
