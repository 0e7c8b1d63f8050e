import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { say } from "../lib/words";
import type { City } from "./cities";
import { busy, clearRefusal, field, showRefusal } from "./forms";

/**
 * The hosts of a city: add one, rename one, remove one; the change is learnt everywhere within five seconds. Drawn anew,
 * only the list changes: somebody may be typing below it.
 */
export function hosts(place: Element, city: City, changed: (told: string) => void): void {
  const list = h("ul", { class: "plain-list hosts" }, ...city.hosts.map((host, position) => row(city, host, position, changed)));
  const before = place.querySelector(".hosts");
  if (before) before.replaceWith(list);
  else fill(place, list, addingForm(city, changed));
}

function addingForm(city: City, changed: (told: string) => void): HTMLElement {
  const added = h("input", { type: "text", required: true, maxlength: 253, autocapitalize: "none", spellcheck: "false", autocomplete: "off" });
  const go = h("button", { class: "button", type: "submit" }, say("添加", "Add"));
  const fault = h("div", {});
  const form = h("form", { novalidate: true, class: "one-line" }, fault, field("host", say("新域名", "New host"), added, say("如 sport.example.org；请先把 DNS 指到本平台", "for example sport.example.org; point its DNS here first")), go);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(go, async () => {
      clearRefusal(form, fault);
      try {
        const host = added.value.trim();
        await write("POST", `cities/${city.slug}/domains`, { host });
        if (added.value.trim() === host) added.value = "";
        changed(say("域名已添加。", "The host was added."));
      } catch (reason) {
        showRefusal(form, fault, reason);
      }
    });
  });
  return form;
}

function row(city: City, host: string, position: number, changed: (told: string) => void): HTMLElement {
  return h(
    "li",
    { "data-host": host },
    h("span", { class: "hosts__name" }, host, position === 0 ? h("span", { class: "mark" }, say("主", "primary")) : null),
    h(
      "span",
      { class: "buttons" },
      h("button", { class: "button button--small button--quiet", type: "button", "aria-label": say(`改名 ${host}`, `Rename ${host}`), onclick: () => rename(city, host, changed) }, say("改名", "Rename")),
      position > 0 ? h("button", { class: "button button--small button--quiet", type: "button", "aria-label": say(`把 ${host} 设为主域名`, `Make ${host} the primary host`), onclick: () => primary(city, host, changed) }, say("设为主域名", "Make primary")) : null,
      city.hosts.length > 1 ? h("button", { class: "button button--small button--quiet", type: "button", "aria-label": say(`移除 ${host}`, `Remove ${host}`), onclick: () => remove(city, host, changed) }, say("移除", "Remove")) : null,
    ),
  );
}

function rename(city: City, host: string, changed: (told: string) => void): void {
  const named = h("input", { type: "text", value: host, required: true, maxlength: 253, autocapitalize: "none", spellcheck: "false" });
  ask({
    title: say(`域名 ${host} 改为`, `Rename the host ${host} to`),
    body: [field("host", say("新域名", "New host"), named, say("旧域名五秒内停止应答；已登录的人需在新域名重新登录", "the old one stops answering within five seconds; people sign in again at the new one"))],
    confirm: say("改名", "Rename"),
    carryOut: async () => {
      await write("PATCH", `cities/${city.slug}/domains/${encodeURIComponent(host)}`, { host: named.value.trim() });
      changed(say("域名已改名。", "The host was renamed."));
    },
    showFault: (fault) => problemBox(fault),
  });
}

function remove(city: City, host: string, changed: (told: string) => void): void {
  ask({
    title: say(`移除域名 ${host}？`, `Remove the host ${host}?`),
    body: [h("p", {}, say("五秒内停止应答。", "It stops answering within five seconds."))],
    confirm: say("移除", "Remove"),
    carryOut: async () => {
      await write("DELETE", `cities/${city.slug}/domains/${encodeURIComponent(host)}`);
      changed(say("域名已移除。", "The host was removed."));
    },
    showFault: (fault) => problemBox(fault),
  });
}

function primary(city: City, host: string, changed: (told: string) => void): void {
  ask({
    title: say(`把 ${host} 设为主域名？`, `Make ${host} the primary host?`),
    body: [h("p", {}, say("通知与链接改用它；其他域名照常应答。", "Notices and links use it; the other hosts answer as before."))],
    confirm: say("设为主域名", "Make primary"),
    carryOut: async () => {
      await write("POST", `cities/${city.slug}/domains/${encodeURIComponent(host)}/primary`);
      changed(say("主域名已更改。", "The primary host was changed."));
    },
    showFault: (fault) => problemBox(fault),
  });
}
