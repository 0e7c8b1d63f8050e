import { byId, fill, h } from "../lib/dom";
import { count, share } from "../lib/numbers";
import { placeName, say } from "../lib/words";
import { drawHatch, NO_HOMES, type Swatch, swatchesOf, type Theme, THEMES } from "./colours";
import type { Summary } from "../lib/summary";

const PART_NAMES: [string, string][] = [
  ["communities", say("社区界线", "Communities")],
  ["sites", say("健身站点", "Fitness sites")],
  ["labels", say("名称与户数", "Names, numbers")],
  ["streets", say("道路", "Streets")],
  ["barriers", say("水系、铁路、主路", "Water, rail, main roads")],
  ["buildings", say("建筑（放大后）", "Buildings (closer)")],
  ["compounds", say("小区（放大后）", "Compounds (closer)")],
  ["grids", say("网格", "Grids")],
  ["drafts", say("未发布方案", "Plans not in force")],
];

const OFF_AT_FIRST = new Set(["drafts"]);

const BARE: Swatch = { key: "bare", colour: "#efede6", hatch: "none", label: say("尚无已发布的网格", "no grids in force") };

function swatchPicture(swatch: Swatch): HTMLCanvasElement {
  const canvas = h("canvas", { width: 72, height: 44, "aria-hidden": "true" });
  drawHatch(canvas, swatch.hatch, swatch.colour);
  return canvas;
}

function key(theme: Theme, anyEmpty: boolean): HTMLElement {
  const list = h("div", { class: "key", role: "list" });
  for (const swatch of swatchesOf(theme)) {
    list.append(h("div", { role: "listitem" }, swatchPicture(swatch), h("span", {}, swatch.label)));
  }
  if (anyEmpty) list.append(h("div", { role: "listitem" }, swatchPicture(NO_HOMES), h("span", {}, NO_HOMES.label)));
  if (theme !== "plan") list.append(h("div", { role: "listitem" }, swatchPicture(BARE), h("span", {}, BARE.label)));
  return list;
}

function figures(summary: Summary | null): Node {
  if (!summary) return h("span", {});
  const row = (name: string, value: string): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h(
    "dl",
    { class: "city-figures" },
    row(say("网格", "Grids"), count(summary.grids)),
    row(say("户数", "Households"), count(summary.households)),
    row(say("15 分钟覆盖", "Coverage"), share(summary.coverage?.share ?? null)),
  );
}

/** The legend pane: figures of the city, what the colours show, which layers are drawn. */
export class Legend {
  private readonly keyPlace = h("div", {});

  constructor(
    private theme: Theme,
    private readonly summary: Summary | null,
    private readonly mayDrafts: boolean,
    private readonly heard: { theme: (theme: Theme) => void; part: (part: string, shown: boolean) => void; community: (id: number, name: string) => void },
  ) {
    fill(byId("pane-legend"), figures(summary), this.themes(), this.keyPlace, h("h2", { class: "legend__layers" }, say("图层", "Layers")), this.parts());
    this.drawKey();
    if (theme === "plan") document.querySelector<HTMLInputElement>('[data-part="drafts"]')?.click();
  }

  private drawKey(): void {
    fill(this.keyPlace, key(this.theme, this.empty().length > 0), this.emptyList());
  }

  private empty(): Summary["communities_without_homes"] {
    return this.summary?.communities_without_homes ?? [];
  }

  /** The communities where nobody lives, each a way to its explanation. */
  private emptyList(): HTMLElement | null {
    const rows = this.empty();
    if (rows.length === 0) return null;
    return h(
      "details",
      { class: "empty-communities" },
      h("summary", {}, say(`没有住户的社区（${count(rows.length)}）`, `Communities without homes (${count(rows.length)})`)),
      h("ul", { class: "plain-list" }, ...rows.map((row) => h("li", {}, h("button", { class: "link", type: "button", onclick: () => this.heard.community(row.id, row.name) }, placeName(row.name))))),
    );
  }

  private themes(): HTMLElement {
    return h(
      "fieldset",
      {},
      h("legend", {}, say("网格颜色表示", "Grids are coloured by")),
      h(
        "div",
        { class: "segments" },
        ...THEMES.map(({ theme, name }) =>
          h(
            "label",
            {},
            h("input", {
              type: "radio",
              name: "theme",
              value: theme,
              checked: theme === this.theme,
              onchange: () => {
                this.theme = theme;
                this.drawKey();
                this.heard.theme(theme);
                const drafts = document.querySelector<HTMLInputElement>('[data-part="drafts"]');
                if (drafts && theme === "plan" && !drafts.checked) drafts.click();
              },
            }),
            name,
          ),
        ),
      ),
    );
  }

  private parts(): HTMLElement {
    return h(
      "div",
      { class: "layers" },
      ...PART_NAMES.filter(([part]) => part !== "drafts" || this.mayDrafts).map(([part, name]) => {
        const box = h("input", { type: "checkbox", checked: !OFF_AT_FIRST.has(part), "data-part": part });
        box.addEventListener("change", () => this.heard.part(part, box.checked));
        return h("label", { class: "choice" }, box, name);
      }),
    );
  }
}
