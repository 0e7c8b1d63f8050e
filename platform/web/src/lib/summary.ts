/** The city's state in one answer: what the first screens are made of. */
export interface Summary {
  households: number;
  grids: number;
  communities_total: number;
  communities_published: number;
  in_band: number;
  soft: number;
  hard: number;
  out_of_band: number;
  unplaced_households: number;
  plans_by_state: Record<string, number>;
  leaders_missing: number;
  coverage: { share: number | null; method: string } | null;
  findings: Finding[];
  changed_units: ChangedUnit[];
}

export interface Finding {
  code: string;
  plan_id?: number;
  community?: { id: number; name: string };
  grid?: string;
  message?: { zh?: string; en?: string };
  zh?: string;
  en?: string;
  severity?: string;
}

export interface ChangedUnit {
  id: number;
  name: string;
  zh?: string;
  en?: string;
}
