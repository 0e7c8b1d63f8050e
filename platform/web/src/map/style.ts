import type {
  DataDrivenPropertyValueSpecification,
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  StyleSpecification,
  VectorSourceSpecification,
} from "maplibre-gl";

import { API } from "../lib/api";
import { say } from "../lib/words";
import { BANDS, COVERAGE_STEPS, NO_HOMES, PLAN_STATES, type Theme } from "./colours";

/** Fonts are the reader's own: MapLibre draws every glyph on the spot, and no glyph server is asked. */
const FONT = ["sans-serif"];
export const LOCAL_FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif';

/** The switchable parts of the map, each with its style layers. */
export const PARTS: Record<string, string[]> = {
  grids: ["grid-fill", "grid-hatch", "grid-line"],
  drafts: ["draft-fill", "draft-line", "draft-chosen", "draft-name"],
  communities: ["community-line", "community-empty"],
  sites: ["site", "site-name"],
  streets: ["street-case", "street", "street-name"],
  barriers: ["water", "water-line", "rail", "rail-ties", "main-road"],
  buildings: ["building", "building-line"],
  compounds: ["compound", "compound-name"],
  labels: ["community-name", "grid-name"],
};

function tiles(kind: string, zooms: [number, number], query = ""): VectorSourceSpecification {
  return {
    type: "vector",
    tiles: [`${location.origin}${API}tiles/${kind}/{z}/{x}/{y}.mvt${query}`],
    minzoom: zooms[0],
    maxzoom: zooms[1],
  };
}

const isEmpty: ExpressionSpecification = ["==", ["coalesce", ["to-number", ["get", "households"]], -1], 0];

const byBand = (of: (band: (typeof BANDS)[number]) => string, other: string): ExpressionSpecification =>
  ["case", isEmpty, NO_HOMES.colour, ["match", ["get", "band"], ...BANDS.flatMap((band) => [band.key, of(band)]), other]] as unknown as ExpressionSpecification;

/** Colours plans by their state; the tiles name only the plan. */
export function draftColour(stateOfPlan: Map<number, string>): DataDrivenPropertyValueSpecification<string> {
  if (stateOfPlan.size === 0) return stateColour("draft");
  const pairs = [...stateOfPlan].flatMap(([plan, state]) => [plan, stateColour(state)]);
  return ["match", ["get", "plan"], ...pairs, stateColour("draft")] as unknown as ExpressionSpecification;
}

function stateColour(key: string): string {
  return PLAN_STATES.find((state) => state.key === key)?.colour ?? "#dcdad3";
}

const byShare = [
  "case",
  ["has", "covered_share"],
  ["step", ["to-number", ["get", "covered_share"]], COVERAGE_STEPS[0]![1], ...COVERAGE_STEPS.slice(1).flat()],
  "#dcdad3",
] as unknown as ExpressionSpecification;

/** The fill of the grids for what the reader wants to see. */
export function gridColour(theme: Theme): DataDrivenPropertyValueSpecification<string> {
  return { households: byBand((band) => band.colour, "#dcdad3"), coverage: byShare, plan: stateColour("published") }[theme];
}

/** Which grids bear which hatching, so that colour is not the only signal. */
export function gridHatch(theme: Theme): { pattern: ExpressionSpecification; filter: FilterSpecification } {
  if (theme === "coverage") return { pattern: ["literal", "hatch-cross"] as ExpressionSpecification, filter: ["!", ["has", "covered_share"]] };
  const hatched = theme === "plan" ? [] : BANDS.filter((swatch) => swatch.hatch !== "none");
  return {
    pattern: ["case", isEmpty, "hatch-cross", ["match", ["get", "band"], "below_hard", "hatch-down", "hatch-up"]],
    filter: ["in", ["get", "band"], ["literal", hatched.map((swatch) => swatch.key)]],
  };
}

const sign: ExpressionSpecification = ["match", ["get", "band"], ["below_hard", "below_soft"], "▼", ["above_hard", "above_soft"], "▲", ""];

/** The feature's number stands in the tile's own id, or among its attributes. */
export function isGrid(id: number): FilterSpecification {
  return ["==", ["to-number", ["coalesce", ["get", "id"], ["id"]]], id];
}

/** The features that bear one of these numbers. */
export function isOneOf(ids: number[]): FilterSpecification {
  return ["in", ["id"], ["literal", ids]];
}

/** The words on a grid: the households with their direction, or the share. */
export function gridLabel(theme: Theme): ExpressionSpecification {
  if (theme === "coverage") {
    return [
      "case",
      ["has", "covered_share"],
      ["concat", ["to-string", ["round", ["*", 100, ["to-number", ["get", "covered_share"]]]]], "%"],
      "",
    ];
  }
  return ["case", isEmpty, say("无住户", "no homes"), ["concat", sign, ["to-string", ["get", "households"]]]];
}

const wide = (at: [number, number][]): ExpressionSpecification =>
  ["interpolate", ["exponential", 1.6], ["zoom"], ...at.flat()] as unknown as ExpressionSpecification;

const BIG_STREETS = ["motorway", "trunk", "primary", "secondary", "tertiary"];
const isBig: ExpressionSpecification = ["in", ["coalesce", ["get", "road_class"], ""], ["literal", BIG_STREETS]];

function ground(): LayerSpecification[] {
  return [
    { id: "ground", type: "background", paint: { "background-color": "#efede6" } },
    { id: "compound", type: "fill", source: "compounds", "source-layer": "compounds", minzoom: 12, paint: { "fill-color": "#e4dfd1" } },
  ];
}

/** Water lies over the grids' colour: nobody lives on it. */
function water(): LayerSpecification[] {
  return [
    {
      id: "water",
      type: "fill",
      source: "barriers",
      "source-layer": "barriers",
      filter: ["all", ["==", ["geometry-type"], "Polygon"], ["==", ["get", "barrier_kind"], "water"]],
      paint: { "fill-color": "#bcd7e5" },
    },
    {
      id: "water-line",
      type: "line",
      source: "barriers",
      "source-layer": "barriers",
      filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "barrier_kind"], "water"]],
      paint: { "line-color": "#a5c8db", "line-width": wide([[11, 1], [16, 6]]) },
    },
  ];
}

function ways(): LayerSpecification[] {
  const source = { source: "streets", "source-layer": "streets" };
  return [
    {
      id: "street-case",
      type: "line",
      ...source,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": "#b9b5a8", "line-width": wide([[11, 0.6], [14, 2.2], [18, 14]]) },
    },
    {
      id: "street",
      type: "line",
      ...source,
      minzoom: 13,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": ["case", isBig, "#fff7e0", "#ffffff"], "line-width": wide([[13, 0.8], [14, 1.2], [18, 11]]) },
    },
    {
      id: "main-road",
      type: "line",
      source: "barriers",
      "source-layer": "barriers",
      filter: ["==", ["get", "barrier_kind"], "main_road"],
      paint: { "line-color": "#e8c987", "line-width": wide([[11, 1.4], [18, 14]]) },
    },
    {
      id: "rail",
      type: "line",
      source: "barriers",
      "source-layer": "barriers",
      filter: ["==", ["get", "barrier_kind"], "rail"],
      paint: { "line-color": "#7d7d7d", "line-width": wide([[11, 1], [18, 5]]) },
    },
    {
      id: "rail-ties",
      type: "line",
      source: "barriers",
      "source-layer": "barriers",
      minzoom: 13,
      filter: ["==", ["get", "barrier_kind"], "rail"],
      paint: { "line-color": "#fff", "line-width": wide([[13, 0.8], [18, 3]]), "line-dasharray": [4, 4] },
    },
  ];
}

function grids(theme: Theme): LayerSpecification[] {
  const source = { source: "grids", "source-layer": "grids" };
  const hatch = gridHatch(theme);
  return [
    {
      id: "grid-fill",
      type: "fill",
      ...source,
      paint: { "fill-color": gridColour(theme), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.86, 17, 0.55] },
    },
    { id: "grid-hatch", type: "fill", ...source, filter: hatch.filter, paint: { "fill-pattern": hatch.pattern, "fill-opacity": 0.75 } },
  ];
}

/** Plans that are not in force: by their state, or by their households, with a broken border. */
function drafts(): LayerSpecification[] {
  const source = { source: "drafts", "source-layer": "grids" };
  return [
    { id: "draft-fill", type: "fill", ...source, layout: { visibility: "none" }, paint: { "fill-color": stateColour("draft"), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.86, 17, 0.55] } },
    { id: "draft-line", type: "line", ...source, minzoom: 11.5, layout: { visibility: "none" }, paint: { "line-color": "#6a4b12", "line-width": wide([[12, 0.6], [15, 1.4], [18, 2.6]]), "line-dasharray": [2, 1.5] } },
  ];
}

function built(): LayerSpecification[] {
  const source = { source: "buildings", "source-layer": "buildings", minzoom: 14 };
  const lived: ExpressionSpecification = [">", ["coalesce", ["to-number", ["get", "households"]], 0], 0];
  return [
    {
      id: "building",
      type: "fill",
      ...source,
      paint: { "fill-color": ["case", lived, "#8f8371", "#b4afa3"], "fill-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0.25, 16, 0.5] },
    },
    { id: "building-line", type: "line", ...source, minzoom: 15.5, paint: { "line-color": "#6f675b", "line-width": 0.6 } },
  ];
}

function borders(): LayerSpecification[] {
  return [
    {
      id: "grid-line",
      type: "line",
      source: "grids",
      "source-layer": "grids",
      minzoom: 11.5,
      paint: { "line-color": "#4f625c", "line-width": wide([[12, 0.5], [15, 1.3], [18, 2.6]]) },
    },
    // Land of a community where a click finds no grid; and the communities where nobody lives, marked.
    { id: "community-land", type: "fill", source: "communities", "source-layer": "communities", paint: { "fill-opacity": 0 } },
    {
      id: "community-empty",
      type: "fill",
      source: "communities",
      "source-layer": "communities",
      filter: isOneOf([]),
      paint: { "fill-pattern": "hatch-cross", "fill-opacity": 0.35 },
    },
    {
      id: "community-line",
      type: "line",
      source: "communities",
      "source-layer": "communities",
      layout: { "line-join": "round" },
      paint: { "line-color": "#2c5357", "line-width": wide([[10, 0.9], [14, 2.2], [18, 4]]) },
    },
    {
      id: "draft-chosen",
      type: "line",
      source: "drafts",
      "source-layer": "grids",
      filter: isGrid(-1),
      layout: { visibility: "none", "line-join": "round" },
      paint: { "line-color": "#6a3d00", "line-width": 4 },
    },
    {
      id: "chosen-halo",
      type: "line",
      source: "grids",
      "source-layer": "grids",
      filter: isGrid(-1),
      layout: { "line-join": "round" },
      paint: { "line-color": "#fff", "line-width": 8 },
    },
    {
      id: "chosen",
      type: "line",
      source: "grids",
      "source-layer": "grids",
      filter: isGrid(-1),
      layout: { "line-join": "round" },
      paint: { "line-color": "#0b2e4f", "line-width": 4 },
    },
  ];
}

function words(theme: Theme): LayerSpecification[] {
  const halo = { "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.6 };
  return [
    {
      id: "street-name",
      type: "symbol",
      source: "streets",
      "source-layer": "streets",
      minzoom: 15,
      layout: { "symbol-placement": "line", "text-field": ["coalesce", ["get", "name"], ""], "text-font": FONT, "text-size": 12 },
      paint: { "text-color": "#5a564b", ...halo },
    },
    {
      id: "compound-name",
      type: "symbol",
      source: "compounds",
      "source-layer": "compounds",
      minzoom: 15.5,
      layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-font": FONT, "text-size": 12, "text-max-width": 7 },
      paint: { "text-color": "#6b5f45", ...halo },
    },
    {
      id: "site",
      type: "symbol",
      source: "fitness_sites",
      "source-layer": "fitness_sites",
      minzoom: 11,
      layout: {
        "icon-image": "site",
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.35, 14, 0.7, 16, 1],
        "icon-allow-overlap": true,
      },
    },
    {
      id: "site-name",
      type: "symbol",
      source: "fitness_sites",
      "source-layer": "fitness_sites",
      minzoom: 15,
      layout: {
        "text-field": ["coalesce", ["get", "name"], ""],
        "text-font": FONT,
        "text-size": 13,
        "text-offset": [0, 1.1],
        "text-anchor": "top",
        "text-max-width": 8,
      },
      paint: { "text-color": "#7a2352", ...halo },
    },
    {
      id: "grid-name",
      type: "symbol",
      source: "grid-places",
      "source-layer": "grids",
      minzoom: 14,
      layout: { "text-field": gridLabel(theme), "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 14, 11, 17, 18] },
      paint: { "text-color": "#1c2b2d", ...halo },
    },
    {
      id: "draft-name",
      type: "symbol",
      source: "draft-places",
      "source-layer": "grids",
      minzoom: 14,
      layout: { visibility: "none", "text-field": gridLabel("households"), "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 14, 11, 17, 18] },
      paint: { "text-color": "#5a3d08", ...halo },
    },
    {
      id: "community-name",
      type: "symbol",
      source: "community-places",
      "source-layer": "communities",
      minzoom: 11.5,
      maxzoom: 16,
      layout: {
        "text-field": communityName,
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 11.5, 11, 15, 17],
        "text-max-width": 8,
        "text-letter-spacing": 0.04,
      },
      paint: { "text-color": "#0b3b3d", ...halo },
    },
  ];
}

const LONG_ENDINGS = ["居民委员会", "村民委员会", "居委会", "村委会"];

/** 枫华园社区居民委员会 → 枫华园社区: the office's name is for the card, the place's name for the map. */
const placeName = LONG_ENDINGS.reduceRight<unknown>(
  (shorter, ending) => ["case", [">", ["index-of", ending, ["var", "n"]], 0], ["slice", ["var", "n"], 0, ["index-of", ending, ["var", "n"]]], shorter],
  ["var", "n"],
);
const communityName = ["let", "n", ["coalesce", ["get", "name"], ""], placeName] as unknown as ExpressionSpecification;

/** The city's own layers as one calm picture, with the grids on top. */
export function cityStyle(theme: Theme): StyleSpecification {
  return {
    version: 8,
    sources: {
      communities: tiles("communities", [8, 14]),
      grids: tiles("grids", [10, 15]),
      // Words come from wider tiles: a polygon cut by tile borders would bear its name once in every piece.
      "community-places": tiles("communities", [8, 10]),
      "grid-places": tiles("grids", [10, 12]),
      drafts: tiles("grids", [10, 15], "?plan_state=draft"),
      "draft-places": tiles("grids", [10, 12], "?plan_state=draft"),
      barriers: tiles("barriers", [8, 14]),
      streets: tiles("streets", [11, 15]),
      compounds: tiles("compounds", [12, 15]),
      buildings: tiles("buildings", [14, 15]),
      fitness_sites: tiles("fitness_sites", [10, 14]),
    },
    layers: [...ground(), ...grids(theme), ...drafts(), ...water(), ...ways(), ...built(), ...borders(), ...words(theme)],
  };
}
