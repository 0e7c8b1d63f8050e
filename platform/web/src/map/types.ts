/** What the API says about grids; see /api/v1/docs. */
export interface GridRow {
  id: number;
  code: string;
  name?: string;
  community: { id: number; name: string };
  households: number;
  deviation: number;
  band: string;
  leader: { display_name: string; acting?: boolean; is_acting?: boolean } | null;
}

export interface SiteInReach {
  id: number;
  name: string;
  distance_m: number;
}

export interface GridCard extends GridRow {
  target: number;
  sites_in_reach: SiteInReach[];
  coverage: { covered_households: number; share: number | null; method: string } | null;
  area_m2: number;
  valid_from: string | null;
  data_label: string;
}

export interface LayerRow {
  kind: string;
  label_zh: string;
  feature_count: number;
  bounds: [number, number, number, number] | null;
  last_import: { id: number; file_name: string; imported_at: string; label: string } | null;
}

export type Bounds = [number, number, number, number];
