import { say } from "../lib/words";
import type { Warned } from "./closed-place";

export interface Brief {
  id: number;
  name: string;
}

export interface LeaderTask {
  kind: string;
  grid_id: number;
  zh: string;
  en: string;
  count: number;
  due_on: string | null;
  alert: boolean;
  subjects: number[];
}

export interface LedGrid {
  id: number;
  code: string;
  sequence: number;
  community: Brief;
}

export interface LeaderTasks {
  as_of: string;
  grids: LedGrid[];
  tasks: LeaderTask[];
}

export type GridState = "proposed" | "active" | "dormant" | "closed";

/** A fitness site as a place to meet; `closed_after`: its last day, where it was retired. */
export interface SiteBrief extends Brief {
  closed_after: string | null;
}

export interface InterestGrid {
  id: number;
  code: string;
  name: string;
  item: { code: string; name: string; category: string };
  community: Brief;
  base_grids: { id: number; code: string; name: string; community_id: number }[];
  site: SiteBrief | null;
  place_name: string;
  recurrence: string;
  introduction: string;
  next_days: string[];
  from_minute: number | null;
  minutes: number | null;
  state: GridState;
  member_count: number;
  participant_count: number;
  crossing_approved_on: string | null;
  active_since: string | null;
  last_activity_on: string | null;
  dormant_since: string | null;
  closed_on: string | null;
  close_reason: string;
  /** Its place was closed; a page kept for hours without a network may not know. */
  warnings?: Warned[];
  version: number;
}

export interface MemberPost {
  id: number;
  interest_grid: { id: number; name: string };
  source: string;
  state: string;
  starts_on: string;
  ends_on: string | null;
}

export interface GridMember {
  id: number;
  name: string;
  phone: string;
  posts: MemberPost[];
}

export interface Demand {
  id: number;
  item: { code: string; name: string };
  community_id: number;
  community_name: string;
  interest_grid_id: number | null;
  interest_grid_name: string | null;
  state: string;
  askers: number;
  people: number | null;
  town: Brief | null;
  course_type: string;
  place_name: string;
  handed_up_on: string | null;
  answered_on: string | null;
  answer_reason: string;
}

export interface Participation {
  id: number;
  participant_id: number;
  name: string;
  phone: string;
  joined_on: string;
}

export interface Roles {
  information: number;
  publicity: number;
  instruction: number;
  service: number;
}

export interface WorkProfile {
  month_from: string;
  roles: Roles;
  evening: number;
  total: number;
  burden: { typed: number; forms: number; by_itself: number };
}

export const GRID_STATES: Record<GridState, [string, string]> = {
  proposed: [say("待确认", "proposed"), "mark--warn"],
  active: [say("✓ 活动中", "✓ active"), "mark--good"],
  dormant: [say("休眠", "dormant"), "mark--warn"],
  closed: [say("已关闭", "closed"), ""],
};

export const SOURCES: Record<string, string> = {
  association: say("体育协会", "association"),
  site_head: say("健身站点负责人", "site head"),
  instructor: say("社会体育指导员", "instructor"),
  backbone: say("体育骨干", "backbone"),
};

export const POST_STATES: Record<string, string> = {
  nominated: say("待确认", "nominated"),
  confirmed: say("已确认", "confirmed"),
  active: say("在任", "serving"),
  ended: say("已结束", "ended"),
};

export const DEMAND_STATES: Record<string, string> = {
  open: say("待上报", "open"),
  handed_up: say("已上报", "handed up"),
  taken: say("已采纳", "taken"),
  declined: say("未采纳", "declined"),
  closed: say("已办结", "closed"),
};

export const ROLE_NAMES: [keyof Roles, string][] = [
  ["information", say("信息员", "information")],
  ["publicity", say("宣传员", "publicity")],
  ["instruction", say("指导员", "instruction")],
  ["service", say("服务员", "service")],
];
