import { share as shareText } from "../lib/numbers";
import { say } from "../lib/words";

/** What a colour of the map means. `hatch` is the second signal, for eyes that do not part the colours. */
export interface Swatch {
  key: string;
  colour: string;
  hatch: "none" | "down" | "up" | "cross";
  label: string;
}

export type Theme = "households" | "coverage" | "plan";

export const THEMES: { theme: Theme; name: string }[] = [
  { theme: "households", name: say("户数", "Households") },
  { theme: "coverage", name: say("覆盖率", "Coverage") },
  { theme: "plan", name: say("方案状态", "Plan state") },
];

/** Diverging around the target of 400: violet below (blue is water), plain inside 300–500, orange above. */
export const BANDS: Swatch[] = [
  { key: "below_hard", colour: "#8f7cc0", hatch: "down", label: say("少于 100 户（超出硬界）", "under 100 (past the hard limit)") },
  { key: "below_soft", colour: "#d0c5e6", hatch: "none", label: say("100–299 户，偏少", "100–299, few") },
  { key: "ok", colour: "#dcead0", hatch: "none", label: say("300–500 户，适中（农村按村民小组）", "300–500, in band (rural: by villager group)") },
  { key: "above_soft", colour: "#f6c98f", hatch: "none", label: say("501–800 户，偏多", "501–800, many") },
  { key: "above_hard", colour: "#dd7b3c", hatch: "up", label: say("多于 800 户（超出硬界）", "over 800 (past the hard limit)") },
];

/** Nobody lives there: one grid whatever its size, so that no colour of the scale says anything of it. */
export const NO_HOMES: Swatch = { key: "no_homes", colour: "#e3e1da", hatch: "cross", label: say("没有住户（整体一个网格，不看户数）", "no homes (one grid, its size says nothing)") };

const COVERAGE_STEPS: [number, string][] = [
  [0, "#f3ead9"],
  [0.2, "#d3e3bd"],
  [0.4, "#9ccb9f"],
  [0.6, "#5cab85"],
  [0.8, "#2a8368"],
];

export const COVERAGE: Swatch[] = [
  ...COVERAGE_STEPS.map(([from, colour]): Swatch => ({
    key: `share${Math.round(from * 100)}`,
    colour,
    hatch: "none",
    label: `${Math.round(from * 100)}–${Math.round(from * 100) + 20}%`,
  })),
  { key: "unknown", colour: "#dcdad3", hatch: "cross", label: shareText(null) },
];

export const PLAN_STATES: Swatch[] = [
  { key: "draft", colour: "#d9d6cb", hatch: "cross", label: say("编制中", "draft") },
  { key: "returned", colour: "#e9b9ad", hatch: "up", label: say("已退回", "returned") },
  { key: "validated", colour: "#cfe0ef", hatch: "none", label: say("已校验", "validated") },
  { key: "submitted", colour: "#93bce0", hatch: "none", label: say("已提交", "submitted") },
  { key: "county_reviewed", colour: "#f3d48c", hatch: "none", label: say("区县已审", "county reviewed") },
  { key: "approved", colour: "#a8d2a5", hatch: "down", label: say("已批准", "approved") },
  { key: "published", colour: "#5aa786", hatch: "none", label: say("已发布", "published") },
];

export function swatchesOf(theme: Theme): Swatch[] {
  return { households: BANDS, coverage: COVERAGE, plan: PLAN_STATES }[theme];
}

export function bandOf(key: string): Swatch | undefined {
  return BANDS.find((band) => band.key === key);
}

export function planStateOf(key: string): string {
  return PLAN_STATES.find((state) => state.key === key)?.label ?? key;
}

export { COVERAGE_STEPS };

/** Draws the hatch of a swatch on a small square; also the pattern laid over the map's polygons. */
export function drawHatch(canvas: HTMLCanvasElement, hatch: Swatch["hatch"], colour?: string): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { width, height } = canvas;
  if (colour) {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, width, height);
  }
  pen.strokeStyle = "rgba(28, 43, 45, 0.55)";
  pen.lineWidth = 1.6;
  const step = 12;
  for (let x = -height; x < width + height; x += step) {
    if (hatch === "down" || hatch === "cross") line(pen, x, 0, x + height, height);
    if (hatch === "up" || hatch === "cross") line(pen, x, height, x + height, 0);
  }
}

function line(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

/** A square of hatching that tiles without a seam. */
export function hatchTile(hatch: Swatch["hatch"]): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  drawHatch(canvas, hatch);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser has no canvas");
  return pen.getImageData(0, 0, 24, 24);
}
