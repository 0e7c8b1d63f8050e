import { h } from "../lib/dom";
import { count, today } from "../lib/numbers";
import { placeName, say, sayEither } from "../lib/words";
import { gradeName, type Own, type Promotion, roleName, type Totals } from "./types";

const DAY_MS = 86_400_000;
const SOON = 60;

/** How many days a paper still holds, today counted: a mark with words. */
function daysLeft(validTo: string | null): HTMLElement {
  if (validTo === null) return h("span", { class: "mark mark--good" }, say("✓ 长期有效", "✓ no end"));
  const left = Math.round((Date.parse(validTo) - Date.parse(today())) / DAY_MS) + 1;
  if (left <= 0) return h("span", { class: "mark mark--bad" }, say(`✕ ${validTo} 已到期`, `✕ ended ${validTo}`));
  return h("span", { class: `mark ${left <= SOON ? "mark--warn" : "mark--good"}` }, say(`${left <= SOON ? "▲" : "✓"} 还有 ${count(left)} 天（至 ${validTo}）`, `${left <= SOON ? "▲" : "✓"} ${count(left)} days left (${validTo})`));
}

/** Grade, certificate, items, registration. */
export function standingShown(own: Own): Node[] {
  const award = own.grades.find((row) => row.grade === own.grade) ?? own.grades.at(-1);
  const rows: [string, string | HTMLElement][] = [
    [say("姓名", "Name"), own.name],
    [say("单位", "Unit"), placeName(own.unit.name)],
    [say("等级", "Grade"), h("strong", {}, gradeName(own.grade))],
    ...(award ? ([[say("证书编号", "Certificate"), h("span", { class: "code" }, award.certificate_number)], [say("证书有效", "Valid"), daysLeft(award.valid_to)]] as [string, HTMLElement][]) : []),
    [say("每周最多", "At most a week"), say(`${own.weekly_limit} 次`, `${own.weekly_limit} sessions`)],
    [say("工作注册", "Registered"), own.registered_years.length ? own.registered_years.join("、") : say("没有记录", "no record")],
  ];
  const items = own.items.map((row) => h("li", {}, h("strong", {}, row.item.name), " ", h("span", { class: "muted" }, roleName(row.teaching_role)), h("br"), daysLeft(row.valid_to)));
  return [
    own.left_on && own.left_on < today() ? h("p", { class: "notice notice--warn" }, say(`您已于 ${own.left_on} 离册。`, `You left the register on ${own.left_on}.`)) : h("span", {}),
    h("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("h3", { class: "own-items" }, say("我能教的项目", "What I may teach")),
    items.length ? h("ul", { class: "plain-list" }, ...items) : h("p", { class: "muted" }, say("没有登记项目，请联系所在单位。", "No item is recorded; ask your unit.")),
  ];
}

/** Volunteer and paid services apart: only the first count for promotion, unless the policy says other. */
export function servicesShown(totals: Totals): Node[] {
  const box = (name: string, { count: times, minutes, verified }: Totals["paid"]): HTMLElement =>
    h("div", {}, h("dt", {}, name), h("dd", {}, h("b", {}, count(times)), say(" 次", " times")), h("dd", {}, say(`${(minutes / 60).toFixed(1)} 小时，已核实 ${count(verified)} 次`, `${(minutes / 60).toFixed(1)} h, ${count(verified)} verified`)));
  return [h("dl", { class: "totals" }, box(say("志愿服务", "Volunteer"), totals.volunteer), box(say("有偿服务", "Paid"), totals.paid)), h("p", { class: "muted small" }, say(`自 ${totals.since} 起，分开计算。`, `Since ${totals.since}, counted apart.`))];
}

/** What the next grade asks for and what is missing. */
export function promotionShown(promotion: Promotion): Node[] {
  return [
    h("p", { class: promotion.is_eligible ? "notice notice--good" : "notice" }, sayEither(promotion)),
    h("ul", { class: "plain-list" }, ...promotion.requirements.map((row) => h("li", {}, h("span", { class: `mark ${row.is_met ? "mark--good" : "mark--warn"}` }, row.is_met ? say("✓ 已满足", "✓ met") : say("▲ 还差", "▲ missing")), " ", sayEither(row)))),
  ];
}
