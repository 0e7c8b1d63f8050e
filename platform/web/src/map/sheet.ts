import { byId } from "../lib/dom";

const STOPS = ["low", "half", "full"] as const;
type Stop = (typeof STOPS)[number];
type Pane = "legend" | "list" | "card";
const PANES: Pane[] = ["legend", "list", "card"];

/** The panel: three panes behind tabs; on the phone a sheet with three heights. */
export class Sheet {
  private readonly panel = byId("panel");
  private readonly grip = byId("grip");

  constructor(private readonly opened: (pane: Pane) => void) {
    for (const pane of PANES) {
      const tab = byId(`tab-${pane}`);
      tab.addEventListener("click", () => this.open(pane));
      tab.addEventListener("keydown", (event) => this.steer(event, pane));
    }
    this.grip.addEventListener("click", () => this.toggle());
    this.grip.addEventListener("pointerdown", (event) => this.drag(event));
  }

  /** Shows a pane, and lifts the sheet when it lies low. */
  open(pane: Pane, focus = false): void {
    for (const other of PANES) {
      const chosen = other === pane;
      const tab = byId(`tab-${other}`);
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`pane-${other}`).hidden = !chosen;
    }
    byId("panel-body").scrollTop = 0;
    if (this.stop === "low") this.set("half");
    if (focus) byId(`tab-${pane}`).focus();
    this.opened(pane);
  }

  /** How many pixels of the map the sheet covers; none on a wide screen. */
  get covered_px(): number {
    const map = byId("map").getBoundingClientRect();
    const panel = this.panel.getBoundingClientRect();
    return panel.left > map.left + 10 ? 0 : Math.max(0, map.bottom - panel.top);
  }

  private get stop(): Stop {
    return (this.panel.dataset["stop"] as Stop | undefined) ?? "half";
  }

  private set(stop: Stop): void {
    this.panel.dataset["stop"] = stop;
    this.panel.style.height = "";
    this.grip.setAttribute("aria-expanded", String(stop !== "low"));
  }

  private toggle(): void {
    this.set(this.stop === "half" ? "full" : this.stop === "full" ? "low" : "half");
  }

  private steer(event: KeyboardEvent, pane: Pane): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.open(PANES[(PANES.indexOf(pane) + step + PANES.length) % PANES.length] ?? "legend", true);
  }

  private drag(start: PointerEvent): void {
    const from = this.panel.getBoundingClientRect().height;
    const most = (this.panel.parentElement?.clientHeight ?? from) - 16;
    let moved = 0;
    const follow = (event: PointerEvent): void => {
      moved = start.clientY - event.clientY;
      if (Math.abs(moved) < 6) return;
      this.panel.dataset["dragging"] = "";
      this.panel.style.height = `${Math.max(70, Math.min(most, from + moved))}px`;
    };
    const settle = (): void => {
      this.grip.removeEventListener("pointermove", follow);
      delete this.panel.dataset["dragging"];
      if (Math.abs(moved) < 6) return;
      const part = this.panel.getBoundingClientRect().height / most;
      this.set(part < 0.3 ? "low" : part < 0.75 ? "half" : "full");
      this.grip.addEventListener("click", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
    };
    this.grip.setPointerCapture(start.pointerId);
    this.grip.addEventListener("pointermove", follow);
    this.grip.addEventListener("pointerup", settle, { once: true });
    this.grip.addEventListener("pointercancel", settle, { once: true });
  }
}
