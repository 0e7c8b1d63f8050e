const asked: (() => boolean)[] = [];
let isOver = false;

/** Lets the browser ask before this page is left while something on it is not saved. */
export function askBeforeLeaving(isUnsaved: () => boolean): void {
  asked.push(isUnsaved);
  window.addEventListener("beforeunload", (event) => !isOver && isUnsaved() && event.preventDefault());
}

/** Whether something on this page is not saved. */
export function hasUnsaved(): boolean {
  return asked.some((isUnsaved) => isUnsaved());
}

/** The person has signed out, and with it let go of what was not saved: nothing is asked any more. */
export function letUnsavedGo(): void {
  isOver = true;
}
