import { latestAt, problemBox, readAll, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { today } from "../lib/numbers";
import { maskedNumber } from "../lib/revealing";
import { placeName, say } from "../lib/words";
import { askMove } from "./moving";
import { actButton, chooser, row, rows, textField } from "./parts";
import { type GridMember, type InterestGrid, type MemberPost, POST_STATES, SOURCES } from "./types";

/** What the reader may do with the members shown: `manages` them, in the own interest grids only (`mine`); `opens` any number, by a right of its own. */
export interface MembersReader {
  manages: boolean;
  mine: boolean;
  opens: boolean;
}

/** Members with the posts they hold; whoever manages them confirms a nomination, ends a post and looks up a number. */
export function membersShown(members: GridMember[], changed: () => void, reader: MembersReader = { manages: true, mine: true, opens: false }): Node[] {
  if (members.length === 0) return [emptyBox(say("还没有网格员。", "No member yet."), say("协会、站点负责人、社会体育指导员、体育骨干都可以兼任。", "Associations, site heads, instructors and backbones may serve."))];
  const lines = members.flatMap((member) => member.posts.filter((post) => post.state !== "ended").map((post) => memberRow(member, post, changed, reader)));
  const hidden = !reader.manages && !reader.opens && members.some((member) => !member.phone);
  return [rows(...lines), ...(hidden ? [h("p", { class: "muted small" }, say("号码只给管理网格员的网格长和街镇、区县看；需要联系时请找他们。", "Numbers are for the leader and the offices that manage members; ask them."))] : [])];
}

function memberRow(member: GridMember, post: MemberPost, changed: () => void, { manages, mine, opens }: MembersReader): HTMLElement {
  const said = h("div", {});
  const confirm = (): void => {
    write("POST", `member-posts/${post.id}/confirm`, {})
      .then(() => {
        announce(say("已确认", "confirmed"));
        changed();
      })
      .catch((fault: unknown) => said.replaceChildren(problemBox(fault)));
  };
  const nominated = post.state === "nominated";
  const until = post.ends_on ? say(`至 ${post.ends_on}`, `until ${post.ends_on}`) : "";
  return row(
    [h("strong", {}, member.name), " ", member.phone || opens ? maskedNumber({ owner: member.name, masked: member.phone, path: `grid-members/${member.id}/reveal` }) : null, h("small", {}, [post.interest_grid.name, SOURCES[post.source] ?? post.source, POST_STATES[post.state] ?? post.state, until].filter(Boolean).join(" · ")), said],
    manages
      ? h(
          "div",
          { class: "buttons" },
          nominated ? actButton(say("确认", "Confirm"), confirm) : actButton(say("调动…", "Move…"), () => askMove(member, post, mine, changed), { class: "button button--quiet", "aria-label": say(`调动… ${member.name}`, `Move… ${member.name}`) }),
          actButton(nominated ? say("不同意…", "Decline…") : say("结束…", "End…"), () => askEnd(member, post, changed), { class: "button button--quiet", "aria-label": say(`结束 ${member.name} 的任职`, `end the post of ${member.name}`) }),
        )
      : null,
  );
}

/** Ending a post: what it means is said before; a nomination is declined the same way. */
function askEnd(member: GridMember, post: MemberPost, done: () => void): void {
  const nominated = post.state === "nominated";
  ask({
    title: nominated ? say(`不同意提名 ${member.name}？`, `Decline ${member.name}?`) : say(`结束 ${member.name} 的任职？`, `End the post of ${member.name}?`),
    body: [
      h("p", {}, nominated ? say("这次提名作废，以后可以重新提名。", "This nomination is withdrawn; the person may be nominated anew.") : say(`${member.name} 到这一天为止在“${post.interest_grid.name}”任职，之后不能再组织其活动。以往的记录都保留；要再任职，须重新提名。`, `${member.name} serves in “${post.interest_grid.name}” until that day and runs none of its activities after it. The records stay; to serve again the person is nominated anew.`)),
      nominated ? null : textField("ends_on", say("最后一天", "Last day"), { type: "date", value: post.starts_on > today() ? post.starts_on : today(), min: post.starts_on, required: true }),
      textField("reason", say("原因", "Why"), { required: true, maxlength: 300 }),
    ],
    confirm: nominated ? say("不同意提名", "Decline") : say("结束任职", "End the post"),
    carryOut: async (form) => {
      await write("POST", `member-posts/${post.id}/end`, { reason: String(form.get("reason")).trim(), ...(nominated ? {} : { ends_on: form.get("ends_on") }) });
      announce(say("任职已结束", "the post has ended"));
      done();
    },
    showFault: problemBox,
  });
}

interface SiteChoice {
  id: number;
  name: string;
  unit: { name: string };
}

const MOST_SITES = 400;

/** The sites to choose from: the interest grid's own first, then those of its community, then the others. */
async function fillSites(field: HTMLSelectElement, grid: InterestGrid | undefined): Promise<void> {
  const home = grid?.community.name ?? "";
  const isLatest = latestAt(field);
  const sites = await readAll<SiteChoice>("sites", MOST_SITES);
  if (!isLatest()) return;
  const rank = (site: SiteChoice): number => (site.id === grid?.site?.id ? 0 : home && site.unit.name.startsWith(home) ? 1 : 2);
  const sorted = [...sites].sort((one, other) => rank(one) - rank(other));
  field.replaceChildren(...sorted.map((site) => h("option", { value: site.id }, `${site.name}（${placeName(site.unit.name)}）`)));
}

/** Nominating a member: whence the person comes decides what proves it. */
export function askMember(grids: InterestGrid[], done: () => void): void {
  const which = chooser("interest_grid_id", say("兴趣网格", "Interest grid"), grids.map((grid) => [grid.id, grid.name]));
  const source = chooser("source", say("来源", "Whence"), ["backbone", "site_head", "instructor", "association"].map((name) => [name, SOURCES[name] ?? name]));
  const asked: Record<string, HTMLElement[]> = {
    association: [textField("association", say("协会名称", "The association"), { maxlength: 80 }, say("协会指定的代表就是上面这位网格员。", "The person above is whom it names."))],
    site_head: [chooser("site_id", say("负责的健身站点", "The site"), [])],
    instructor: [textField("certificate_number", say("指导员证书编号", "Certificate number"), { maxlength: 40 }, say("须为登记册中在册的社会体育指导员。", "As it stands in the register of instructors."))],
  };
  const proof = textField("proof", say("来源依据（一句话）", "What proves it (a sentence)"), { maxlength: 200 }, say("例如：带队三年；站点登记的负责人是本人的可不填。", "Such as: has led the team for three years."));
  const said = h("div", {});
  const chosen = (name: string): string => (which.parentElement?.querySelector<HTMLSelectElement>(`[name=${name}]`)?.value ?? "");
  const show = (): void => {
    const now = source.querySelector("select")?.value ?? "";
    for (const [name, fields] of Object.entries(asked)) fields.forEach((field) => (field.hidden = name !== now));
    proof.hidden = now === "association" || now === "instructor";
    if (now !== "site_head") return;
    const sites = asked["site_head"]?.[0]?.querySelector("select");
    const grid = grids.find((one) => one.id === Number(chosen("interest_grid_id")));
    if (sites && sites.options.length === 0) fillSites(sites, grid).catch((fault: unknown) => said.replaceChildren(problemBox(fault, show)));
  };
  source.querySelector("select")?.addEventListener("change", show);
  show();
  ask({
    title: say("增加网格员", "Add a member"),
    body: [textField("name", say("姓名", "Name"), { required: true, maxlength: 60 }), textField("phone", say("手机号（可不填）", "Phone (optional)"), { type: "tel", maxlength: 20 }), which, source, ...Object.values(asked).flat(), said, proof],
    confirm: say("提名", "Nominate"),
    carryOut: async (form) => {
      const text = (name: string): string => String(form.get(name) ?? "").trim();
      const proofs: Record<string, Record<string, unknown>> = {
        association: { association: text("association"), representative: text("name") },
        site_head: { site_id: Number(form.get("site_id")) || null, proof: text("proof") },
        instructor: { certificate_number: text("certificate_number") },
        backbone: { proof: text("proof") },
      };
      const post = { interest_grid_id: Number(form.get("interest_grid_id")), source: text("source"), ...proofs[text("source")] };
      await write("POST", "grid-members", { name: text("name"), phone: text("phone"), post });
      announce(say("已提名", "nominated"));
      done();
    },
    showFault: problemBox,
  });
}
