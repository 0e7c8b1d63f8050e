import type { StyleSpecification } from "maplibre-gl";

import { cityStyle } from "./style";

/** The ground on which somebody works by hand: streets, water, community borders, and the buildings around; no grids. */
export function groundStyle(): StyleSpecification {
  const city = cityStyle("households");
  const kept = new Set(["ground", "water", "water-line", "street-case", "street", "main-road", "rail", "rail-ties", "building", "community-line", "street-name"]);
  const layers = city.layers.filter((layer) => kept.has(layer.id));
  const used = new Set(layers.flatMap((layer) => ("source" in layer && typeof layer.source === "string" ? [layer.source] : [])));
  return { version: 8, sources: Object.fromEntries(Object.entries(city.sources).filter(([name]) => used.has(name))), layers };
}
