import { problemBox, write } from "./api";
import { ask } from "./dialog";
import { type Child, fill, h } from "./dom";
import { count, today } from "./numbers";
import { say, sayEither } from "./words";

export interface PlanRow {
  id: number;
  number: number;
  community: { id: number; name: string; code: string };
  state: string;
  version: number;
  grid_count: number;
  household_sum: number;
  findings_count: number;
  effective_on: string | null;
  changed_at: string;
}

export type Action = "validate" | "submit" | "review" | "approve" | "publish" | "return";

interface Deed {
  name: string;
  from: string[];
  right: string;
}

export const DEEDS: Record<Action, Deed> = {
  validate: { name: say("校验", "Validate"), from: ["draft"], right: "grid_plan.draft" },
  submit: { name: say("提交", "Submit"), from: ["validated"], right: "grid_plan.submit" },
  review: { name: say("审核通过", "Review"), from: ["submitted"], right: "grid_plan.review" },
  approve: { name: say("批准", "Approve"), from: ["county_reviewed"], right: "grid_plan.approve" },
  publish: { name: say("发布", "Publish"), from: ["approved"], right: "grid_plan.publish" },
  return: { name: say("退回", "Return"), from: ["submitted", "county_reviewed", "approved"], right: "grid_plan.review" },
};

/** As many plans as the API moves in one request. */
const MOST_AT_ONCE = 500;

interface Outcome {
  plan_id: number;
  done: boolean;
  state: string;
  problem?: { message?: { zh?: string; en?: string }; detail?: string; how_to_fix?: { zh?: string; en?: string } } | null;
}

/** Asks, then does it to all the plans, and says plan by plan what was refused. */
export function carryOut(action: Action, chosen: PlanRow[], done: (report: HTMLElement) => void): void {
  const deed = DEEDS[action];
  const plans = [...chosen].sort((one, other) => one.id - other.id); // of two plans of a community the newer one is left in force
  const communities = new Set(plans.map((plan) => plan.community.id)).size;
  const whose = communities === plans.length ? say(`将对 ${communities} 个社区的网格方案执行“${deed.name}”。`, `“${deed.name}” for the plans of ${communities} communities.`) : say(`将对 ${communities} 个社区的 ${plans.length} 个网格方案执行“${deed.name}”。`, `“${deed.name}” for ${plans.length} plans of ${communities} communities.`);
  const body: Child[] = [h("p", {}, whose), names(plans)];
  if (action === "publish" && communities < plans.length) {
    body.push(h("p", { class: "notice notice--warn" }, say("有的社区不止一个方案：编号大的方案生效，替换编号小的。", "Some communities have more than one plan: the one with the higher number is left in force.")));
  }
  if (action === "publish") {
    body.push(
      h(
        "label",
        { class: "field" },
        h("span", {}, say("生效日期", "In force from")),
        h("input", { type: "date", name: "effective_on", required: true, value: today(), min: today() }),
        h("small", {}, say("发布后不可撤回，只能由新方案替换。旧方案保留，可按日期查询。", "Publishing cannot be taken back; only a later plan replaces it.")),
      ),
    );
  }
  if (action === "review" || action === "approve") {
    body.push(h("label", { class: "choice" }, h("input", { type: "checkbox", name: "accept_size_reasons", value: "true" }), say("认可编制人说明的户数理由", "Accept the drafter's reasons for odd sizes")));
  }
  if (action === "return") {
    body.push(h("label", { class: "field" }, h("span", {}, say("退回理由", "Reason")), h("textarea", { name: "reason", rows: 3, required: true })));
  }
  ask({
    title: `${deed.name}：${say(`${plans.length} 个方案`, `${plans.length} plans`)}`,
    body,
    confirm: deed.name,
    showFault: (fault) => problemBox(fault),
    carryOut: async (form) => {
      const order: Record<string, unknown> = { action };
      for (const name of ["effective_on", "reason"]) {
        const given = form.get(name);
        if (given) order[name] = given;
      }
      if (form.get("accept_size_reasons")) order["accept_size_reasons"] = true;
      const outcomes: Outcome[] = [];
      for (let from = 0; from < plans.length; from += MOST_AT_ONCE) {
        const ids = plans.slice(from, from + MOST_AT_ONCE).map((plan) => plan.id);
        outcomes.push(...(await write<{ outcomes: Outcome[] }>("POST", "grid-plans/transition", { ...order, ids })).outcomes);
      }
      done(report(deed.name, plans, outcomes));
    },
  });
}

function names(plans: PlanRow[]): HTMLElement {
  const twice = new Set(plans.filter((plan, index) => plans.findIndex((other) => other.community.id === plan.community.id) !== index).map((plan) => plan.community.id));
  const some = plans.slice(0, 12).map((plan) => plan.community.name + (twice.has(plan.community.id) ? ` #${plan.number}` : ""));
  const rest = plans.length - some.length;
  return h("p", { class: "muted" }, some.join("、"), rest > 0 ? say(` 等，另有 ${rest} 个`, ` and ${rest} more`) : "");
}

function report(name: string, plans: PlanRow[], outcomes: Outcome[]): HTMLElement {
  const refused = outcomes.filter((outcome) => !outcome.done);
  const good = outcomes.length - refused.length;
  const box = h("div", { class: `notice ${refused.length ? "notice--warn" : "notice--good"}`, role: "status", tabindex: -1 });
  fill(
    box,
    h("p", {}, say(`${name}：成功 ${count(good)} 个${refused.length ? `，未成功 ${count(refused.length)} 个` : ""}。`, `${name}: ${count(good)} done${refused.length ? `, ${count(refused.length)} refused` : ""}.`)),
    refused.length
      ? h(
          "ul",
          {},
          ...refused.slice(0, 20).map((outcome) => {
            const plan = plans.find((known) => known.id === outcome.plan_id);
            const fix = sayEither(outcome.problem?.how_to_fix);
            return h("li", {}, h("strong", {}, plan?.community.name ?? `#${outcome.plan_id}`), "：", sayEither(outcome.problem?.message) || (outcome.problem?.detail ?? ""), fix ? h("span", { class: "fix" }, ` ${fix}`) : null);
          }),
        )
      : null,
  );
  return box;
}
