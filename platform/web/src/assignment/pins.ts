import { latestAt, problemBox, readAll, write } from "../lib/api";
import { announce, byId, fill, h } from "../lib/dom";
import { whenText } from "../lib/week";
import { say, sayEither } from "../lib/words";
import type { Pin } from "./types";

/** The list of pins: those that no longer hold come first, with the reason, because the next computation stops at them. */
export class PinList {
  private hasBeenOpened = false;

  constructor(
    private readonly mayRelease: boolean,
    private readonly changed: () => void,
  ) {}

  async load(): Promise<void> {
    const box = byId("pins-box");
    const isLatest = latestAt(box);
    try {
      const pins = await readAll<Pin>("assignment-pins");
      if (!isLatest()) return;
      box.hidden = pins.length === 0;
      this.draw(pins);
    } catch (fault) {
      if (!isLatest()) return;
      box.hidden = false;
      fill(byId("pins"), problemBox(fault, () => void this.load()));
    }
  }

  private draw(pins: Pin[]): void {
    const broken = pins.filter((pin) => !pin.is_holding);
    const standing = pins.filter((pin) => pin.is_holding);
    const shown = h("details", { open: this.hasBeenOpened }, h("summary", {}, say(`有效的固定 ${standing.length} 项`, `${standing.length} pins hold`)), h("ul", { class: "plain-list scrolled" }, ...standing.map((pin) => this.row(pin))));
    shown.addEventListener("toggle", () => (this.hasBeenOpened = shown.open));
    fill(
      byId("pins"),
      broken.length ? h("p", { class: "notice notice--bad", id: "pins-broken" }, say(`${broken.length} 项固定已不成立，取消后才能重新计算。`, `${broken.length} pins no longer hold: release them before computing anew.`)) : null,
      broken.length ? h("ul", { class: "plain-list" }, ...broken.map((pin) => this.row(pin))) : null,
      standing.length ? shown : null,
    );
  }

  private row(pin: Pin): HTMLElement {
    const fault = h("div", {});
    const where = `${pin.need.site.name} · ${whenText(pin.need)} ${pin.need.item.name}`;
    const release = h("button", { class: "button button--small", type: "button", "data-release": pin.id, "aria-label": say(`取消固定：${pin.instructor.name}，${where}`, `Release: ${pin.instructor.name}, ${where}`) }, say("取消固定", "Release"));
    release.addEventListener("click", () => {
      release.disabled = true;
      this.release(pin).catch((reason: unknown) => {
        release.disabled = false;
        fill(fault, problemBox(reason));
      });
    });
    return h(
      "li",
      { class: "person", "data-pin": pin.id, "data-holding": String(pin.is_holding) },
      h("span", {}, h("strong", {}, pin.instructor.name), " ", pin.is_holding ? null : h("span", { class: "mark mark--bad" }, say("✕ 已不成立", "✕ no longer holds")), h("br"), h("small", {}, where), ...pin.obstacles.map((reason) => h("p", { class: "small" }, sayEither(reason))), fault),
      this.mayRelease ? release : null,
    );
  }

  private async release(pin: Pin): Promise<void> {
    await write("DELETE", `assignment-pins/${pin.id}`);
    announce(say(`已取消固定：${pin.instructor.name}`, `Released: ${pin.instructor.name}`));
    await this.load();
    this.changed();
  }
}
