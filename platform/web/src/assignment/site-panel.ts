import { read, readAll } from "../lib/api";
import { h } from "../lib/dom";
import { metres } from "../lib/numbers";
import { whenText } from "../lib/week";
import { placeName, say, sayEither } from "../lib/words";
import type { Named, Pair, Unserved } from "../sites/types";
import { openWhy } from "./why";
import type { Pin, Run } from "./types";

type NeedHere = Pair["need"];

/** The needs of one site in a run: who serves each, what is empty and why, and a way to ask. */
export async function sitePanel(run: Run, siteId: number, mayPin: boolean, changed: () => void): Promise<Node[]> {
  const [pairs, unserved, pins] = await Promise.all([
    readAll<Pair>(`assignment-runs/${run.id}/pairs?site=${siteId}`),
    readAll<Unserved>(`assignment-runs/${run.id}/unserved?site=${siteId}`),
    readAll<Pin>("assignment-pins").catch(() => []),
  ]);
  const needs = new Map<number, NeedHere>();
  for (const row of [...pairs, ...unserved]) needs.set(row.need.id, row.need);
  const ordered = [...needs.values()].sort((a, b) => a.weekday - b.weekday || a.from_minute - b.from_minute || a.id - b.id);
  const first = ordered[0];
  const head = h("p", {}, h("a", { href: `/sites/${siteId}` }, say("打开站点页", "Open the site's page")), first ? h("span", { class: "muted" }, ` · ${placeName(first.site.unit)}`) : null);
  const ask = (need: NeedHere, one: Named | null): void => openWhy(run, need, one, mayPin, changed);
  return [head, ...ordered.map((need) => needBox(need, pairs, unserved, pins, ask))];
}

function needBox(need: NeedHere, pairs: Pair[], unserved: Unserved[], pins: Pin[], ask: (need: NeedHere, one: Named | null) => void): HTMLElement {
  const serving = pairs.filter((pair) => pair.need.id === need.id);
  const empty = unserved.filter((row) => row.need.id === need.id);
  const here = pins.filter((pin) => pin.need.id === need.id);
  const waiting = here.filter((pin) => !serving.some((pair) => pair.instructor.id === pin.instructor.id));
  return h(
    "article",
    { class: "need", "data-need": need.id },
    h("div", { class: "need__head" }, h("h3", {}, `${whenText(need)} ${need.item.name}`), h("span", { class: "buttons" }, h("span", { class: "mark" }, say(`需 ${need.wanted} 人`, `${need.wanted} wanted`)), h("button", { class: "button button--small button--quiet", type: "button", "data-ask": "not", "aria-label": say(`为什么不是他：${whenText(need)} ${need.item.name}`, `Why not somebody else: ${whenText(need)} ${need.item.name}`), onclick: () => ask(need, null) }, say("为什么不是他…", "Why not…")))),
    ...serving.map((pair) => {
      const pinned = pair.is_pinned || pins.some((pin) => pin.need.id === need.id && pin.instructor.id === pair.instructor.id);
      const about = [say(`路程约 ${metres(pair.travel_m)}`, `some ${metres(pair.travel_m)}`), pair.is_kept ? say("延续原安排", "as before") : ""].filter(Boolean).join(" · ");
      return h(
        "div",
        { class: "person", "data-instructor": pair.instructor.id },
        h("span", {}, h("strong", {}, pair.instructor.name), " ", h("small", {}, about), pinned ? h("span", { class: "mark mark--info" }, say("◆ 固定", "◆ pinned")) : null),
        h("button", { class: "button button--small button--quiet", type: "button", onclick: () => ask(need, pair.instructor) }, say("为什么是他", "Why")),
      );
    }),
    ...waiting.filter((pin) => pin.is_holding).map((pin) => h("p", { class: "muted" }, say(`◆ 已固定 ${pin.instructor.name}，下次计算生效`, `◆ ${pin.instructor.name} is pinned for the next computation`))),
    ...here.filter((pin) => !pin.is_holding).map((pin) => h("p", { class: "notice notice--bad" }, say(`◆ ${pin.instructor.name} 的固定已不成立：${pin.obstacles.map(sayEither).join("；")}`, `◆ the pin of ${pin.instructor.name} no longer holds: ${pin.obstacles.map(sayEither).join("; ")}`))),
    ...empty.map((row) => h("p", { class: "empty-place" }, sayEither(row.reason))),
  );
}

/** Whether somebody may be asked about: the run has been computed. */
export function isComputed(run: Run): boolean {
  return ["ready", "adopted", "replaced"].includes(run.state);
}

export async function runById<T>(id: number): Promise<T> {
  return read<T>(`assignment-runs/${id}`);
}
