import { readAll } from "../lib/api";
import { h } from "../lib/dom";
import { count } from "../lib/numbers";
import type { PlanRow } from "../lib/plans";
import { say } from "../lib/words";
import { PLAN_STATES } from "../map/colours";

type Counts = Record<string, number>;

interface OrgUnit {
  name: string;
  code: string | null;
}

function present(counts: Counts): typeof PLAN_STATES {
  return PLAN_STATES.filter((state) => counts[state.key]);
}

/** How many plans stand in which state, as one bar; the words stand in `stateKey`. */
export function stateBar(counts: Counts): HTMLElement {
  const said = present(counts)
    .map((state) => `${state.label} ${counts[state.key]}`)
    .join("，");
  return h("div", { class: "states", role: "img", "aria-label": said }, ...present(counts).map((state) => h("i", { style: `background:${state.colour};flex:${counts[state.key]}` })));
}

export function stateKey(counts: Counts): HTMLElement {
  return h(
    "ul",
    { class: "state-key" },
    ...present(counts).map((state) => h("li", {}, h("i", { class: "state-swatch", style: `background:${state.colour}`, "aria-hidden": "true" }), `${state.label} `, h("strong", {}, count(counts[state.key] ?? 0)))),
  );
}

/** The newest plan of every community, by county: the first six digits of its code. */
export async function countyProgress(): Promise<HTMLElement> {
  const [plans, units] = await Promise.all([readAll<PlanRow>("grid-plans", 5000), readAll<OrgUnit>("org-units?level=county", 400).catch(() => [])]);
  const newest = new Map<number, PlanRow>();
  for (const plan of plans) if (plan.state !== "superseded") newest.set(plan.community.id, plan);
  const counties = new Map<string, Counts>();
  for (const plan of newest.values()) {
    const county = plan.community.code.slice(0, 6);
    const counts = counties.get(county) ?? {};
    counts[plan.state] = (counts[plan.state] ?? 0) + 1;
    counties.set(county, counts);
  }
  const names = new Map(units.map((unit) => [unit.code?.slice(0, 6) ?? "", unit.name]));
  const heads = [say("区县", "County"), say("各社区最新方案", "Newest plan of each community"), say("最新方案已发布", "Newest in force")];
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((name, index) => h("th", { scope: "col", class: index === 2 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        ...[...counties].sort().map(([code, counts]) => {
          const total = Object.values(counts).reduce((sum, number) => sum + number, 0);
          const published = counts["published"] ?? 0;
          return h("tr", {}, h("th", { scope: "row" }, names.get(code) ?? code), h("td", { style: "width:60%;vertical-align:middle" }, stateBar(counts)), h("td", { class: "number" }, `${count(published)} / ${count(total)}`));
        }),
      ),
    ),
  );
}
