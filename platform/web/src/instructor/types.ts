import { say } from "../lib/words";
import type { WeekSpan } from "../lib/week";

export interface Own {
  id: number;
  name: string;
  unit: { name: string };
  weekly_limit: number;
  left_on: string | null;
  grade: string | null;
  grades: { grade: string; certificate_number: string; issuing_body: string; valid_from: string; valid_to: string | null }[];
  items: { item: { code: string; name: string }; teaching_role: string; valid_from: string; valid_to: string | null }[];
  registered_years: number[];
}

export interface Appointment {
  id: number;
  kind: string;
  item: string;
  starts_at: string;
  ends_at: string;
  hall: string;
  town: string;
  place: { id: number; name: string; lon: number; lat: number; address: string; unit: string; is_step_free: boolean | null; access_note: string; closed_after: string | null } | null;
  arranged_by: string;
}

export interface FreeTime extends WeekSpan {
  valid_from: string | null;
  valid_to: string | null;
}

export interface TimeException {
  id: number;
  on: string;
  from_minute: number;
  to_minute: number;
  is_free: boolean;
  note: string;
}

export interface Times {
  times: FreeTime[];
  exceptions: TimeException[];
  warnings: { booking_id: number; message: { zh?: string; en?: string } }[];
}

interface Total {
  count: number;
  minutes: number;
  verified: number;
}

export interface Totals {
  since: string;
  until: string;
  volunteer: Total;
  paid: Total;
}

export interface Promotion {
  sought: string | null;
  is_eligible: boolean;
  zh: string;
  en: string;
  requirements: { condition: string; asked: number; found: number; is_met: boolean; zh: string; en: string }[];
}

const GRADES: Record<string, string> = { grade3: say("三级", "Grade 3"), grade2: say("二级", "Grade 2"), grade1: say("一级", "Grade 1"), national: say("国家级", "National") };
const ROLES: Record<string, string> = { skill_coach: say("健身技能教练", "skill coach"), lecturer: say("科普讲师", "lecturer") };

export function gradeName(grade: string | null): string {
  return grade === null ? say("无有效等级", "no grade in force") : (GRADES[grade] ?? grade);
}

export function roleName(role: string): string {
  return ROLES[role] ?? role;
}
