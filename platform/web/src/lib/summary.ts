/** The city's state in one answer: what the first screens are made of. */
export interface Summary {
  as_of: string;
  households: number;
  grids: number;
  grid_households: number;
  rural_grids: number;
  communities_total: number;
  communities_published: number;
  /** Within 10 % of the target; beyond that but within the soft limits; beyond those but within the hard ones; beyond them. No grid counts twice. */
  in_band: number;
  soft_range: number;
  outside_soft: number;
  beyond_hard: number;
  unplaced_households: number;
  plans_by_state: Record<string, number>;
  leaders_missing: number;
  acting_ending_soon: number;
  coverage: { share: number | null; site_share: number | null; activity_share: number | null; households: number; method: string; run_at: string; as_of: string } | null;
  findings: Finding[];
  changed_units: ChangedUnit[];
  /** Nobody lives in their buildings: one grid each, whatever its size. */
  communities_without_homes: { id: number; name: string; code: string }[];
}

export interface Finding {
  level: "refusal" | "hint";
  code: string;
  zh: string;
  en: string;
  how_to_fix_zh?: string;
  how_to_fix_en?: string;
  plan_id: number;
  community: string;
}

/** What a new plan changes against the plan before it. */
export interface ChangedUnit {
  plan_id: number;
  community: string;
  state: string;
  new: string[];
  gone: string[];
  changed: string[];
  moved_households: number;
}
