import { isPageHeld } from "./api";

const asked: (() => boolean)[] = [];

/** Lets the browser ask before this page is left while something on it is not saved; who signs out was asked before. */
export function askBeforeLeaving(isUnsaved: () => boolean): void {
  asked.push(isUnsaved);
  window.addEventListener("beforeunload", (event) => !isPageHeld() && isUnsaved() && event.preventDefault());
}

/** Whether something on this page is not saved. */
export function hasUnsaved(): boolean {
  return asked.some((isUnsaved) => isUnsaved());
}
