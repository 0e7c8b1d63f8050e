import type { WeekSpan } from "../lib/week";
import { say } from "../lib/words";

export interface Named {
  id: number;
  name: string;
}

export interface Site {
  id: number;
  ref: string;
  name: string;
  kind: string;
  lon: number;
  lat: number;
  address: string;
  unit: Named;
  town: Named;
  capacity: number | null;
  opening_hours: WeekSpan[];
  is_shared: boolean;
  head: Named | null;
  is_step_free: boolean | null;
  has_accessible_toilet: boolean | null;
  access_note: string;
  valid_to: string | null;
  version: number;
}

/** A site as a point of the GeoJSON export. */
export interface SitePoint {
  id: number;
  geometry: { coordinates: [number, number] };
  properties: { name: string; kind: string; unit: string; town: string; address: string; capacity: number | null; needs: number };
}

export interface Item {
  code: string;
  name: string;
  is_active?: boolean;
}

export interface Need extends WeekSpan {
  id: number;
  site_id: number;
  item: Item;
  wanted: number;
  weight: number | null;
  valid_to: string | null;
  is_within_hours: boolean;
}

interface NeedAtSite extends WeekSpan {
  id: number;
  item: Item;
  wanted: number;
  site: { id: number; name: string; unit: string; lon: number; lat: number };
}

export interface Pair {
  id: number;
  need: NeedAtSite;
  instructor: Named;
  travel_m: number;
  is_pinned: boolean;
  is_kept: boolean;
}

export interface Told {
  code: string;
  zh: string;
  en: string;
}

export interface Unserved {
  id: number;
  need: NeedAtSite;
  places: number;
  reason: Told;
}

export const KINDS: [string, string][] = [
  ["exercise_node", say("晨晚练节点", "exercise node")],
  ["facility", say("健身设施", "facility")],
  ["lecture_hall", say("体育大讲堂", "lecture hall")],
];

export function kindName(kind: string): string {
  return KINDS.find(([key]) => key === kind)?.[1] ?? kind;
}
