import { latestAt, type Page, read } from "../lib/api";
import { byId, h, whenQuiet } from "../lib/dom";
import { count } from "../lib/numbers";
import { placeName, say } from "../lib/words";
import type { Bounds, GridRow } from "./types";

export interface FoundCommunity {
  id: number;
  name: string;
  bounds: Bounds;
}

type Hit = { kind: "grid"; grid: GridRow } | { kind: "community"; community: FoundCommunity };

/** The search box over the map: communities by name, grids by code; arrow keys and Enter choose. */
export class Finder {
  private readonly box = byId<HTMLInputElement>("find-text");
  private readonly list = byId("find-list");
  private hits: Hit[] = [];
  private at = -1;
  /** Enter was pressed before there was an answer: its first hit is chosen when it comes. */
  private takesFirst = false;

  constructor(
    private readonly communities: () => Promise<FoundCommunity[]>,
    private readonly picked: { grid: (grid: GridRow) => void; community: (community: FoundCommunity) => void },
  ) {
    this.box.addEventListener("input", () => this.forget());
    this.box.addEventListener("input", whenQuiet(() => void this.look(), 200));
    this.box.addEventListener("keydown", (event) => this.steer(event));
    this.box.addEventListener("blur", () => window.setTimeout(() => this.close(), 150));
    byId("find").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.hits.length) this.choose(Math.max(0, this.at));
      else this.takesFirst = true;
    });
  }

  /** Other words are typed: what was found for those before can no longer be chosen. */
  private forget(): void {
    latestAt(this.list);
    this.hits = [];
    this.at = -1;
    this.takesFirst = false;
  }

  private async look(): Promise<void> {
    const words = this.box.value.trim();
    const isLatest = latestAt(this.list);
    if (!words) return this.close();
    // A search that fails finds nothing: the list and the map still answer.
    const [communities, grids] = await Promise.all([
      this.communities().catch(() => []),
      read<Page<GridRow>>(`grids?limit=8&q=${encodeURIComponent(words)}`).catch(() => null),
    ]);
    const named = communities.filter((community) => community.name.includes(words)).slice(0, 5);
    if (!isLatest()) return;
    this.show([
      ...named.map((community): Hit => ({ kind: "community", community })),
      ...(grids?.results ?? []).map((grid): Hit => ({ kind: "grid", grid })),
    ]);
  }

  private show(hits: Hit[]): void {
    this.hits = hits;
    this.at = -1;
    const options = hits.map((hit, index) => {
      const option = h("li", { role: "option", id: `hit-${index}`, "aria-selected": "false" }, ...words(hit));
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.choose(index);
      });
      return option;
    });
    this.list.replaceChildren(...(options.length ? options : [h("li", { class: "muted" }, say("没有找到。可输入代码的前几位，或社区名中的字。", "Nothing found. Enter the first digits of a code, or part of a name."))]));
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    const takesFirst = this.takesFirst;
    this.takesFirst = false;
    if (takesFirst) this.choose(0);
  }

  private close(): void {
    // An answer on its way does not open the list again; unless its first hit was asked for.
    if (!this.takesFirst) latestAt(this.list);
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }

  private steer(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.forget();
      return this.close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || this.hits.length === 0) return;
    event.preventDefault();
    this.at = (this.at + step + this.hits.length) % this.hits.length;
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    this.box.setAttribute("aria-activedescendant", `hit-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  private choose(index: number): void {
    const hit = this.hits[index];
    if (!hit) return;
    this.close();
    if (hit.kind === "grid") this.picked.grid(hit.grid);
    else this.picked.community(hit.community);
  }
}

function words(hit: Hit): Node[] {
  if (hit.kind === "community") return [h("span", {}, placeName(hit.community.name)), h("small", {}, say("社区", "community"))];
  const { grid } = hit;
  return [h("span", { class: "code" }, grid.code), h("small", {}, `${placeName(grid.community.name)} · ${count(grid.households)} ${say("户", "households")}`)];
}
