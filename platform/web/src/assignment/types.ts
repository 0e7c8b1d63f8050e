import type { Named, Pair, Told } from "../sites/types";
import { say } from "../lib/words";

export interface Run {
  id: number;
  state: string;
  as_of: string;
  created_at: string;
  adopted_at: string | null;
  replaces_id: number | null;
  job_id: number | null;
  covered_weight: number | null;
  asked_weight: number | null;
  parameters: { reach_m: number; stability_m: number; assume_free: boolean; travel_buffer_min: number };
}

export interface RunFigures {
  covered_weight: number;
  asked_weight: number;
  covered_places: number;
  asked_places: number;
  kept_pairs: number;
  mean_travel_m: number;
  p95_travel_m: number;
  sessions: Record<string, number>;
  gap: number;
  travel_gap_m: number | null;
  is_proven: boolean;
  is_reproducible?: boolean;
  instructors: number;
  needs: number;
  left_out: Record<string, number>;
  before_run: number | null;
}

export interface RunWhole extends Run {
  figures: Partial<RunFigures>;
}

/** A site of a run as the GeoJSON export tells it. */
export interface RunSite {
  id: number;
  geometry: { coordinates: [number, number] };
  properties: { ref: string; name: string; town: string; served_places: number; empty_places: number };
}

export interface Pin {
  id: number;
  need: Pair["need"];
  instructor: Named;
  reason: string;
  /** False: the next computation would stop at it, for the reasons in `obstacles`. */
  is_holding: boolean;
  obstacles: Told[];
}

export interface Why {
  is_assigned: boolean;
  reasons: Told[];
  changed_since: string[];
}

const STATES: Record<string, [string, string]> = {
  computing: [say("计算中", "computing"), "mark--info"],
  ready: [say("待采用", "ready"), "mark--warn"],
  adopted: [say("✓ 执行中", "✓ in force"), "mark--good"],
  replaced: [say("已停止执行", "no longer in force"), ""],
  failed: [say("✕ 计算出错", "✕ failed"), "mark--bad"],
  cancelled: [say("已取消", "cancelled"), ""],
};

export function runState(state: string): [string, string] {
  return STATES[state] ?? [state, ""];
}
