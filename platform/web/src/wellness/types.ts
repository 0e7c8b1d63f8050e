import { today } from "../lib/numbers";
import { placeName, say } from "../lib/words";

/** A person as testers see it: name and phone masked. */
export interface Citizen {
  id: number;
  name: string;
  sex: Sex;
  birth_year: number;
  birth_month: number;
  community_id: number;
  phone: string;
  consents: string[];
  open_case_id: number | null;
}

export type Sex = "male" | "female";
export type Kind = "fitness_test" | "exercise_case";
export type Purpose = "fitness_test" | "exercise_case" | "share_with_health_centre";

export interface Consent {
  id: number;
  purpose: Purpose;
  text_version: string;
  given_by_guardian: boolean;
  given_at: string;
  withdrawn_at: string | null;
}

export interface StandardBrief {
  id: number;
  code: string;
  version: string;
  name: string;
  is_example: boolean;
  source?: string;
}

export interface StandardRow {
  id: number;
  code: string;
  document_version: string;
  name: string;
  source: string;
  is_example: boolean;
  valid_from: string;
}

export interface Indicator {
  code: string;
  zh: string;
  en: string;
  unit: string;
  places: number;
  lowest: string;
  highest: string;
}

export interface Group {
  sex: Sex;
  age_from: number;
  age_to: number;
  indicators: string[];
}

export interface Standard extends StandardRow {
  indicators: Indicator[];
  groups: Group[];
  age_gaps: { sex: Sex; age_from: number; age_to: number }[];
}

export interface TestRow {
  id: number;
  citizen_id: number;
  standard: StandardBrief;
  tested_on: string;
  is_complete: boolean;
  is_void: boolean;
}

export interface Result {
  points: Record<string, string>;
  missing: string[];
  total: string | null;
  grade: string | null;
  note: string;
}

export interface TestContent {
  id: number;
  tested_on: string;
  standard: StandardBrief & { source: string };
  is_complete: boolean;
  values: { indicator: string; value: string; device: string }[];
  result: Result;
}

export interface Case {
  id: number;
  citizen_id: number;
  name: string;
  sex: string;
  birth_year: number;
  birth_month: number;
  community_name: string;
  state: string;
  screened_on: string | null;
  programme_from: string | null;
  retest_from: string | null;
  retest_to: string | null;
  ended_on: string | null;
}

export interface Prescription {
  number: number;
  starts_on: string;
  ends_on: string;
  frequency_per_week: number;
  exertion_low: number;
  exertion_high: number;
  minutes: number;
  types: string[];
  volume_minutes_per_week: number;
  step_weeks: number;
  step_minutes: number;
  weeks: number;
}

export interface Session {
  held_on: string;
  attended: boolean;
  exertion: number | null;
  stopped: boolean;
}

export interface CaseContent {
  id: number;
  state: string;
  asks_for_doctor: boolean | null;
  clearance: string | null;
  prescriptions: Prescription[];
  sessions: Session[];
  comparison: {
    standard: StandardBrief;
    first: { tested_on: string; grade: string | null };
    re_test: { tested_on: string; grade: string | null };
    changes: Record<string, string>;
  } | null;
}

export interface Community {
  id: number;
  name: string;
}

export const SEXES: [Sex, string][] = [
  ["male", say("男", "male")],
  ["female", say("女", "female")],
];

export const KINDS: [Kind, string][] = [
  ["fitness_test", say("体质测试", "a fitness test")],
  ["exercise_case", say("运动干预", "an exercise programme")],
];

export const PURPOSES: [Purpose, string][] = [
  ["fitness_test", say("体质测试数据", "fitness test data")],
  ["exercise_case", say("运动干预", "exercise programme")],
  ["share_with_health_centre", say("与社区卫生服务机构共享", "sharing with the health centre")],
];

export const GRADES: [string, string][] = [
  ["excellent", say("优秀", "excellent")],
  ["good", say("良好", "good")],
  ["pass", say("合格", "pass")],
  ["fail", say("不合格", "fail")],
  ["incomplete", say("项目不全", "incomplete")],
];

export const STATES: [string, string, string][] = [
  ["invited", say("已邀请", "invited"), ""],
  ["consented", say("已同意", "consented"), "mark--info"],
  ["screened", say("已筛查", "screened"), "mark--info"],
  ["referred", say("待医生评估", "with a doctor"), "mark--warn"],
  ["cleared", say("可运动", "cleared"), "mark--good"],
  ["prescribed", say("已开处方", "prescribed"), "mark--good"],
  ["in_programme", say("干预中", "under way"), "mark--good"],
  ["re_tested", say("已复测", "re-tested"), "mark--good"],
  ["closed", say("已结案", "closed"), ""],
];

export function named(list: readonly (readonly [string, string, ...string[]])[], key: string): string {
  return list.find(([known]) => known === key)?.[1] ?? key;
}

/** Completed years on a day; the birthday taken as the first of its month, as the server does. */
export function ageOn(person: { birth_year: number; birth_month: number }, day: string): number {
  return Number(day.slice(0, 4)) - person.birth_year - (Number(day.slice(5, 7)) < person.birth_month ? 1 : 0);
}

/** 示例体质测定标准 2026-1 版. */
export function standardName(standard: { name: string; version?: string; document_version?: string }): string {
  const version = standard.version ?? standard.document_version ?? "";
  return say(`${standard.name} ${version} 版`, `${standard.name}, version ${version}`);
}

/** 女 · 58 岁 · 胜利社区: whose case it is, where a list masks the name. */
export function whoseOf(one: Case): string {
  const age = ageOn(one, today());
  return [named(SEXES, one.sex), say(`${age} 岁`, `${age} years`), placeName(one.community_name)].join(" · ");
}
