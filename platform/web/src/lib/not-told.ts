import { h } from "./dom";
import { say, sayEither } from "./words";

/** Whom no message reaches, as the server says it. */
export interface NotTold {
  zh: string;
  en: string;
  remedy_zh: string;
  remedy_en: string;
}

/** Who has to be told by somebody, with what to do; nothing where everybody is reached. */
export function notToldBox(warnings: NotTold[]): HTMLElement | null {
  if (warnings.length === 0) return null;
  const lines = warnings.flatMap((one) => [h("p", {}, `▲ ${sayEither(one)}`), h("p", { class: "fix" }, say("怎么办：", "What to do: "), sayEither({ zh: one.remedy_zh, en: one.remedy_en }))]);
  return h("div", { class: "notice notice--warn", role: "status" }, ...lines);
}
