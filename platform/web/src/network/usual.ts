import { Problem, problemBox, readTagged, write } from "../lib/api";
import { ask, nextDialog } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { clearFieldFaults, showFieldFaults } from "../lib/fields";
import { clock } from "../lib/numbers";
import { minuteText, WEEKDAYS, weekdayName } from "../lib/week";
import { say } from "../lib/words";
import { chooser, textField } from "./parts";
import { DAYS, daysOf, usualTime } from "./recurrence";
import type { InterestGrid } from "./types";

const KEEP = "keep";
const SHORTEST = 60;

interface Change {
  recurrence?: string;
  from_minute: number | null;
  minutes: number | null;
  place_name: string;
  site_id?: null;
}

/** Changing the usual time and place; two who change at once see both, and what was typed stays in the form. */
export async function askUsual(id: number, done: (told: string) => void): Promise<void> {
  const isWanted = nextDialog();
  const read = await readTagged<InterestGrid>(`interest-grids/${id}`);
  if (!isWanted()) return;
  const grid = read.value;
  let tag = read.etag;
  const known = daysOf(grid.recurrence);
  const often = chooser("often", say("多久一次", "How often"), [...(known ? [] : [[KEEP, say("保持现在的安排", "as it is now")] as [string, string]]), ["weekly", say("每周固定几天", "On certain days of the week")], ["daily", say("每天", "Every day")], ["", say("不固定", "No fixed days")]], known ? known.often : KEEP);
  const days = h("fieldset", { class: "usual-days" }, h("legend", {}, say("每周哪几天", "On which days")), ...WEEKDAYS.map((day) => h("label", { class: "choice" }, h("input", { type: "checkbox", name: "weekday", value: DAYS[day - 1] ?? "", checked: known?.days.includes(day) }), h("span", {}, weekdayName(day)))));
  const choice = often.querySelector("select");
  const show = (): void => void (days.hidden = choice?.value !== "weekly");
  choice?.addEventListener("change", show);
  show();
  const to = grid.from_minute === null ? "" : minuteText(Math.min(grid.from_minute + (grid.minutes ?? SHORTEST), 1439));
  const closed = grid.site?.closed_after ? say("（已停用）", " (closed)") : "";
  const where = grid.site ? chooser("where", say("在哪里", "Where"), [["site", grid.site.name + closed], ["other", say("别的地方（在下面填写）", "elsewhere (named below)")]], closed ? "other" : "site") : null;
  const place = textField("place_name", grid.site ? say("地点说明（可不填）", "About the place (optional)") : say("在哪里活动", "Where it meets"), { maxlength: 120, value: grid.place_name });
  const both = h("div", {});
  ask({
    title: say("修改平常的时间和地点", "The usual time and place"),
    body: [
      h("p", { class: "muted" }, say("已经安排好的活动不会跟着改。", "What is planned already stays as it is.")),
      both,
      often,
      days,
      h("div", { class: "pair" }, textField("from", say("几点开始", "From"), { type: "time", value: grid.from_minute === null ? "" : minuteText(grid.from_minute) }), textField("to", say("几点结束", "To"), { type: "time", value: to })),
      where,
      place,
    ],
    confirm: say("保存", "Save"),
    showFault: (fault) => {
      const form = days.closest("form");
      const left = form ? showFieldFaults(form, fault) : fault;
      return left ? problemBox(left) : h("span", {});
    },
    carryOut: async (form) => {
      const element = days.closest("form");
      if (element) clearFieldFaults(element);
      const change = changeOf(form, grid);
      try {
        await write("PATCH", `interest-grids/${id}`, change, { "If-Match": tag });
      } catch (fault) {
        if (!(fault instanceof Problem) || fault.status !== 412) throw fault;
        const now = await readTagged<InterestGrid>(`interest-grids/${id}`);
        tag = now.etag;
        fill(both, bothShown(now.value, change, fault));
        both.scrollIntoView({ block: "nearest" });
        throw new Problem({ code: "STALE_VERSION", status: 412, detail: say("您填写的都还在，还没有保存", "what you typed is still here and was not saved"), how_to_fix: { zh: "对照后要用您的，请再按“保存”；不用，请按“取消”", en: "press Save again to put yours in its place, or Cancel" } });
      }
      done(say("时间和地点已修改", "the usual time and place were changed"));
    },
  });
}

function refusal(field: string, zh: string, en: string): Problem {
  return new Problem({ code: "FIELD", status: 422, errors: [{ code: "FIELD", field, message: { zh, en } }] });
}

function changeOf(form: FormData, grid: InterestGrid): Change {
  const minutes = (name: string): number | null => {
    const [hour, minute] = String(form.get(name) ?? "").split(":").map(Number);
    return hour === undefined || minute === undefined ? null : hour * 60 + minute;
  };
  const from = minutes("from");
  const to = minutes("to");
  if (from !== null && to !== null && to <= from) throw refusal("to", "结束须晚于开始", "it ends after it begins");
  if ((from === null) !== (to === null)) throw refusal(from === null ? "from" : "to", "开始和结束要都填，或都不填", "give both hours, or neither");
  const often = String(form.get("often"));
  const days = form.getAll("weekday").map(String);
  if (often === "weekly" && days.length === 0) throw refusal("weekday", "请至少选一天", "choose one day or more");
  const place_name = String(form.get("place_name") ?? "").trim();
  const leaves = grid.site !== null && form.get("where") === "other";
  if (leaves && !place_name) throw refusal("place_name", "请填写在哪里活动", "say where it meets");
  return {
    ...(often === KEEP ? {} : { recurrence: often === "weekly" ? `FREQ=WEEKLY;BYDAY=${days.join(",")}` : often === "daily" ? "FREQ=DAILY" : "" }),
    from_minute: from,
    minutes: from === null || to === null ? null : to - from,
    place_name,
    ...(leaves ? { site_id: null } : {}),
  };
}

/** Who changed it meanwhile, how it stands, and what would be put in its place. */
function bothShown(now: InterestGrid, mine: Change, fault: Problem): HTMLElement {
  const current = (fault.document.facts?.["current"] ?? {}) as { changed_by?: string; changed_at?: string };
  const who = current.changed_by ? say(`${current.changed_by} 在 ${clock(current.changed_at ?? "")} 改过`, `${current.changed_by} changed it at ${clock(current.changed_at ?? "")}`) : say("别人刚改过", "somebody changed it meanwhile");
  const told = (one: { recurrence: string; from_minute: number | null; minutes: number | null }, where: string): string => [usualTime(one) || say("时间未定", "no time"), where || say("地点未定", "no place")].join(" · ");
  const own = { recurrence: mine.recurrence ?? now.recurrence, from_minute: mine.from_minute, minutes: mine.minutes };
  return h(
    "div",
    { class: "notice notice--warn", id: "both", role: "status" },
    h("p", {}, h("strong", {}, who)),
    h("dl", { class: "facts" }, h("dt", {}, say("现在是", "It is now")), h("dd", {}, told(now, now.site?.name ?? now.place_name)), h("dt", {}, say("您填的", "Yours")), h("dd", {}, told(own, mine.site_id === null || !now.site ? mine.place_name : now.site.name))),
  );
}
