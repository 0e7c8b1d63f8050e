import { announce, h } from "./dom";
import { say } from "./words";

/** Shown in this answer only: the server keeps no more than its sum. */
export function addressShown(address: string): HTMLElement {
  const field = h("input", { type: "text", readonly: true, value: address, id: "feed-address", "aria-label": say("订阅地址", "address to subscribe to") });
  const copy = async (): Promise<void> => {
    field.select();
    await navigator.clipboard?.writeText(address);
    announce(say("地址已复制", "copied"));
  };
  return h("div", { class: "notice notice--good" }, h("p", {}, say("✓ 地址只显示这一次，请现在复制。", "✓ Shown this once: copy it now.")), h("div", { class: "field" }, field), h("button", { class: "button button--small", type: "button", onclick: () => void copy().catch(() => undefined) }, say("复制", "Copy")));
}
