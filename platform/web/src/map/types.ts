/** What the API says about grids; see /api/v1/docs. */
export interface GridRow {
  id: number;
  code: string;
  community: { id: number; name: string; code: string };
  households: number;
  band: string;
  bounds: Bounds;
}

export interface SiteInReach {
  id: number;
  name: string;
  distance_m: number;
}

/** A card; a grid that no plan draws any more has no numbers. `deviation` is a share of the target. */
export interface GridCard {
  id: number;
  code: string;
  name: string;
  community: { id: number; name: string; code: string };
  external_grid_code: string | null;
  households?: number;
  buildings?: number;
  target?: number;
  deviation?: number;
  band?: string;
  area_m2?: number;
  size_reason?: string;
  geometry?: { type: string; coordinates: unknown };
  leader: { display_name: string; acting: boolean; ends_on: string | null } | null;
  sites_in_reach: SiteInReach[];
  coverage: { households: number; covered_households: number; share: number | null; site_share: number | null; activity_share: number | null; method: string } | null;
  valid_from: string;
  valid_to: string | null;
  data_label: string;
}

/** What a vector tile says about one grid of a plan that is not in force. */
export interface DraftGrid {
  id: number;
  plan: number;
  sequence: number;
  community: string;
  households: number;
  band: string;
  state?: string;
}

export interface LayerRow {
  kind: string;
  label_zh: string;
  feature_count: number;
  bounds: Bounds | null;
  last_import: { id: number; file_name: string; imported_at: string | null; label: string } | null;
}

export type Bounds = [number, number, number, number];
