import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from "geojson";

export interface Limits {
  target: number;
  band: number;
  soft_minimum: number;
  soft_maximum: number;
  hard_minimum: number;
  hard_maximum: number;
}

export interface GridFacts {
  sequence: number;
  label: string;
  households: number;
  buildings: number;
  is_locked: boolean;
}

export interface BuildingFacts {
  building: string;
  name: string;
  compound: string;
  sequence: number;
  households: number;
  by_hand: boolean;
}

export type Outline = Polygon | MultiPolygon | Point;

/** A plan's grids and buildings, as the API tells them. */
export interface Land {
  plan: number;
  version: number;
  state: string;
  settlement: string;
  community_id: number;
  limits: Limits;
  may_undo: boolean;
  grids: FeatureCollection<MultiPolygon, GridFacts>;
  buildings: { type: "FeatureCollection"; features: Feature<Outline | null, BuildingFacts>[] };
}

/** Pieces of land and which of them touch. */
export interface Neighbours {
  units: number;
  unit_of: Record<string, number>;
  pairs: [number, number][];
}

export type SizeClass = "band" | "soft" | "hard" | "outside";

/** Where so many households lie against the plan's limits, as the server says it of a drawn grid. */
export function sizeClass(households: number, limits: Limits): SizeClass {
  if (Math.abs(households / limits.target - 1) <= limits.band + 1e-9) return "band";
  if (households >= limits.soft_minimum && households <= limits.soft_maximum) return "soft";
  return households >= limits.hard_minimum && households <= limits.hard_maximum ? "hard" : "outside";
}

/** What people call a building. */
export function buildingName(facts: BuildingFacts): string {
  return facts.name || facts.building;
}

/** A point of the outline by which the building is found: the mean of its outer ring. */
export function middleOf(outline: Outline): [number, number] {
  if (outline.type === "Point") return [outline.coordinates[0] ?? 0, outline.coordinates[1] ?? 0];
  const ring = (outline.type === "Polygon" ? outline.coordinates[0] : outline.coordinates[0]?.[0]) ?? [];
  const corners = ring.slice(0, -1);
  const sum = corners.reduce<[number, number]>(([x, y], at) => [x + (at[0] ?? 0), y + (at[1] ?? 0)], [0, 0]);
  return [sum[0] / corners.length, sum[1] / corners.length];
}

/** Whether the point lies in the ring; borders belong to either side. */
export function isInRing([x, y]: [number, number], ring: number[][]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi = 0, yi = 0] = ring[i] ?? [];
    const [xj = 0, yj = 0] = ring[j] ?? [];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The place of the grid in whose drawn land the point lies. */
export function gridAt(land: Land, point: [number, number]): number | null {
  const found = land.grids.features.find((grid) => grid.geometry.coordinates.some((rings) => isInRing(point, rings[0] ?? []) && !rings.slice(1).some((hole) => isInRing(point, hole))));
  return found?.properties.sequence ?? null;
}

/** Where every building stands once these are moved: building → place of its grid. `to` null: back to where they stand. */
export function seatsAfter(land: Land, chosen: Set<string>, to: number | null): Map<string, number> {
  return new Map(
    land.buildings.features.map(({ properties, geometry }) => {
      if (!chosen.has(properties.building)) return [properties.building, properties.sequence];
      if (to !== null) return [properties.building, to];
      return [properties.building, (geometry ? gridAt(land, middleOf(geometry)) : null) ?? properties.sequence];
    }),
  );
}

/** Buildings that are, or would be, a person's decision: they stay whatever lies around them. */
function decided(land: Land, chosen: Set<string>, to: number | null): Set<string> {
  return new Set(land.buildings.features.filter(({ properties: { building, by_hand } }) => (chosen.has(building) ? to !== null : by_hand)).map(({ properties }) => properties.building));
}

export interface GridChange {
  grid: GridFacts;
  before: number;
  after: number;
  /** Pieces in which its homes lie, before and after; null while that is not known. */
  piecesBefore: number | null;
  piecesAfter: number | null;
}

/** What the move makes of every grid that gives or takes a building. */
export function changesOf(land: Land, neighbours: Neighbours | null, chosen: Set<string>, to: number | null): GridChange[] {
  const now = new Map(land.buildings.features.map(({ properties }) => [properties.building, properties.sequence]));
  const then = seatsAfter(land, chosen, to);
  const touched = new Set<number>();
  for (const [building, place] of then) {
    const before = now.get(building) ?? place;
    if (before !== place) touched.add(before).add(place);
  }
  const none = new Set<string>();
  return land.grids.features
    .filter(({ properties }) => touched.has(properties.sequence))
    .map(({ properties: grid }) => ({
      grid,
      before: grid.households,
      after: households(land, then, grid.sequence),
      piecesBefore: neighbours && pieces(land, neighbours, now, decided(land, none, null), grid.sequence),
      piecesAfter: neighbours && pieces(land, neighbours, then, decided(land, chosen, to), grid.sequence),
    }));
}

function households(land: Land, seats: Map<string, number>, sequence: number): number {
  return land.buildings.features.reduce((sum, { properties }) => sum + (seats.get(properties.building) === sequence ? properties.households : 0), 0);
}

/**
 * In how many pieces a grid's homes lie. Land without homes may go to whichever grid needs it when the borders are drawn,
 * so it joins what lies on both its sides.
 */
export function pieces(land: Land, neighbours: Neighbours, seats: Map<string, number>, fixed: Set<string>, sequence: number): number {
  const owner = new Map<number, number>();
  for (const { properties } of land.buildings.features) {
    const unit = neighbours.unit_of[properties.building];
    if (unit === undefined || (properties.households === 0 && !fixed.has(properties.building))) continue;
    owner.set(unit, seats.get(properties.building) ?? properties.sequence);
  }
  const beside = new Map<number, number[]>();
  const join = (one: number, other: number): void => void (beside.get(one)?.push(other) ?? beside.set(one, [other]));
  for (const [one, other] of neighbours.pairs) {
    join(one, other);
    join(other, one);
  }
  const passable = (unit: number): boolean => (owner.get(unit) ?? sequence) === sequence;
  const seen = new Set<number>();
  let found = 0;
  for (const [start, place] of owner) {
    if (place !== sequence || seen.has(start)) continue;
    found += 1;
    const waiting = [start];
    seen.add(start);
    for (let unit = waiting.pop(); unit !== undefined; unit = waiting.pop()) {
      for (const next of beside.get(unit) ?? []) {
        if (seen.has(next) || !passable(next)) continue;
        seen.add(next);
        waiting.push(next);
      }
    }
  }
  return found;
}

/** Grids that touch one of the chosen buildings; where none does, those that touch the grids they lie in. */
export function gridsBeside(land: Land, neighbours: Neighbours | null, chosen: Set<string>): Set<number> {
  if (!neighbours) return new Set();
  const homes = new Set(land.buildings.features.filter(({ properties }) => chosen.has(properties.building)).map(({ properties }) => properties.sequence));
  const touching = gridsAround(land, neighbours, chosen, homes);
  if (touching.size > 0) return touching;
  const everyone = land.buildings.features.filter(({ properties }) => homes.has(properties.sequence)).map(({ properties }) => properties.building);
  return gridsAround(land, neighbours, new Set(everyone), homes);
}

/** Grids with a building beside one of these, directly or across one piece of land without buildings. */
function gridsAround(land: Land, neighbours: Neighbours, buildings: Set<string>, without: Set<number>): Set<number> {
  const gridsOf = new Map<number, Set<number>>();
  for (const { properties } of land.buildings.features) {
    const unit = neighbours.unit_of[properties.building];
    if (unit !== undefined) gridsOf.set(unit, (gridsOf.get(unit) ?? new Set()).add(properties.sequence));
  }
  const pairs = [...neighbours.pairs, ...neighbours.pairs.map(([one, other]): [number, number] => [other, one])];
  const mine = new Set([...buildings].map((building) => neighbours.unit_of[building]));
  const near = new Set(pairs.filter(([one]) => mine.has(one)).map(([, other]) => other));
  const across = pairs.filter(([one]) => near.has(one) && !gridsOf.has(one)).map(([, other]) => other);
  const found = new Set([...near, ...across].flatMap((unit) => [...(gridsOf.get(unit) ?? [])]));
  without.forEach((place) => found.delete(place));
  return found;
}
