import { byId } from "./dom";

/** Tabs by their names: `tab-x` shows `pane-x`; arrow keys go on; returns the way to open one. */
export function tabs(names: string[], opened: (name: string) => void): (name: string, focus?: boolean) => void {
  const open = (name: string, focus = false): void => {
    for (const other of names) {
      const tab = byId(`tab-${other}`);
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      byId(`pane-${other}`).hidden = other !== name;
    }
    if (focus) byId(`tab-${name}`).focus();
    opened(name);
  };
  names.forEach((name, index) => {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => open(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      open(names[(index + step + names.length) % names.length] ?? name, true);
    });
  });
  return open;
}

/** Keeps a choice in the page's address, so that it can be sent to a colleague and survives the way back. */
export function keepInAddress(name: string, value: string | number | null): void {
  const url = new URL(location.href);
  if (value !== null && value !== "") url.searchParams.set(name, String(value));
  else url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}

export function fromAddress(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? "";
}
