export type Child = Node | string | number | null | undefined | false;

type Properties = Record<string, unknown>;

/** An element with attributes, `on…` listeners, and children; text is never read as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on") && typeof value === "function") {
      element.addEventListener(key.slice(2), value as EventListener);
    } else if (key === "style") {
      element.style.cssText = String(value);
    } else {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...kept(children));
  return element;
}

function kept(children: Child[]): (Node | string)[] {
  return children
    .filter((child): child is Node | string | number => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : child));
}

/** The element with that id; pages and modules are built together, so a missing one is a fault. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** Puts these children in place of the element's own. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...kept(children));
}

/** Says something to screen readers, without moving the eye. */
export function announce(text: string): void {
  const speaker = document.getElementById("speaker");
  if (speaker) speaker.textContent = text;
}

/** The function, called once its caller has been quiet for that long. */
export function whenQuiet<A extends unknown[]>(run: (...given: A) => void, quietMs: number): (...given: A) => void {
  let timer = 0;
  return (...given) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => run(...given), quietMs);
  };
}
