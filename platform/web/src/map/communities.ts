import { API } from "../lib/api";
import type { FoundCommunity } from "./find";
import type { Bounds } from "./types";

interface Feature {
  id?: number;
  properties: { id?: number; name?: string };
  bbox?: Bounds;
  geometry: { coordinates: unknown } | null;
}

/** Name and bounds of every community, for the search box. */
export async function featureBounds(): Promise<FoundCommunity[]> {
  const found: FoundCommunity[] = [];
  let next: string | null = `${API}layers/communities/features?limit=200`;
  while (next && found.length < 5000) {
    const response: Response = await fetch(next, { credentials: "same-origin" });
    if (!response.ok) return found;
    const page = (await response.json()) as { features: Feature[]; next?: string | null };
    for (const feature of page.features) {
      const bounds = feature.bbox ?? boundsOf(feature.geometry?.coordinates);
      if (bounds) found.push({ id: feature.id ?? feature.properties.id ?? 0, name: feature.properties.name ?? "", bounds });
    }
    next = page.next ?? null;
  }
  return found;
}

/** West, south, east, north of a GeoJSON geometry. */
export function boundsOf(coordinates: unknown): Bounds | null {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (item: unknown): void => {
    if (!Array.isArray(item)) return;
    const [x, y] = item as unknown[];
    if (typeof x === "number" && typeof y === "number") {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else item.forEach(walk);
  };
  walk(coordinates);
  return Number.isFinite(box[0]) ? box : null;
}
