import { problemBox } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import type { Pending } from "../lib/pending";
import { smaller } from "../lib/photos";
import { say } from "../lib/words";
import { chooser, textField } from "./parts";

export interface GridChoice {
  id: number;
  name: string;
}

const PURPOSES: [string, string][] = [
  ["hear_demand", say("了解健身需求", "hear what is wanted")],
  ["tell", say("宣传活动", "tell of activities")],
  ["guide", say("指导锻炼", "guide exercise")],
  ["invite_test", say("邀请体质测试", "invite to a fitness test")],
  ["help", say("帮助报名等服务", "help, such as enrolling")],
];

const OUTCOMES: [string, string][] = [
  ["talked", say("已交谈", "we talked")],
  ["refused", say("对方拒绝", "they declined")],
  ["nobody_home", say("无人在家", "nobody at home")],
];

export const ISSUE_KINDS: [string, string][] = [
  ["equipment_fault", say("健身器材损坏", "broken equipment")],
  ["site_unsafe", say("场地安全隐患", "unsafe place")],
  ["site_dirty", say("环境卫生", "dirt")],
  ["lighting", say("照明问题", "lighting")],
  ["noise", say("噪音扰民", "noise")],
  ["space_taken", say("场地被占用", "space taken")],
  ["other", say("其他", "other")],
];

function gridChooser(grids: GridChoice[]): HTMLElement {
  return chooser("grid_id", say("哪个网格", "Which grid"), grids.map((grid) => [grid.id, grid.name]));
}

/** A visit at a door: purpose and consent first; no names, no numbers. It is kept on the phone when there is no network. */
export function askVisit(grids: GridChoice[], pending: Pending, done: (words: string) => void): void {
  const outcome = chooser("outcome", say("结果", "What became of it"), OUTCOMES);
  const consent = h("label", { class: "choice" }, h("input", { type: "checkbox", name: "consented" }), h("span", {}, say("已同意：已告知来意，对方同意交谈", "I said why I came, and they agreed to talk")));
  const note = textField("note", say("备注（可不填）", "Note (optional)"), { maxlength: 200 }, say("不记姓名、门牌、电话和身份证号。", "No names, doors, phones or identity numbers."));
  outcome.querySelector("select")?.addEventListener("change", (event) => {
    const talked = (event.target as HTMLSelectElement).value === "talked";
    consent.hidden = note.hidden = !talked;
  });
  ask({
    title: say("记一次走访", "Note a visit"),
    body: [gridChooser(grids), chooser("purpose", say("来意", "Purpose"), PURPOSES), outcome, consent, note],
    confirm: say("保存", "Save"),
    carryOut: async (form) => {
      const talked = form.get("outcome") === "talked";
      const fields = {
        grid_id: Number(form.get("grid_id")),
        purpose: form.get("purpose"),
        outcome: form.get("outcome"),
        ...(talked ? { consented: form.get("consented") === "on", note: String(form.get("note") ?? "") } : {}),
        noted_at: new Date().toISOString(),
        key: crypto.randomUUID?.() ?? `visit-${Date.now()}-${Math.floor(Math.random() * 1e9)}`,
      };
      const arrived = await pending.add("household-visits", { fields }, say("入户走访", "visit"));
      done(arrived ? say("走访已记录", "the visit is recorded") : "");
    },
    showFault: problemBox,
  });
}

/** A fault seen at a site, for the hotline; `next`: what is said when it is noted. */
export function askIssue(grids: GridChoice[], pending: Pending, done: (words: string) => void, next = say("问题已记录，网格长会转交 12345", "noted; the grid leader hands it to the hotline")): void {
  ask({
    title: say("报告设施问题", "Report a fault"),
    body: [
      gridChooser(grids),
      chooser("kind", say("什么问题", "What"), ISSUE_KINDS),
      textField("place_name", say("在哪里", "Where"), { required: true, maxlength: 120 }),
      textField("text", say("补充说明（可不填）", "More (optional)"), { maxlength: 500 }),
      h("label", { class: "field" }, h("span", {}, say("照片（可不拍）", "A photo (optional)")), h("input", { type: "file", name: "photo", accept: "image/*" }), h("small", {}, say("拍坏的地方，不拍人脸。照片里的拍摄地点等信息会自动去掉。", "What is broken, no faces. What the camera wrote into it is taken out."))),
    ],
    confirm: say("报告", "Report"),
    carryOut: async (form) => {
      const fields = { grid_id: Number(form.get("grid_id")), kind: form.get("kind"), place_name: form.get("place_name"), text: form.get("text"), noted_at: new Date().toISOString() };
      const photo = form.get("photo");
      const file = photo instanceof File && photo.size > 0 ? { name: "photo.jpg", blob: await smaller(photo) } : null;
      const follow = file ? { path: "hotline-issues/{id}/photo", idAt: "issue.id", name: say(`照片：${String(fields.place_name)}`, `photo: ${String(fields.place_name)}`), file } : undefined;
      const arrived = await pending.add("hotline-issues", { fields, ...(follow ? { follow } : {}) }, say("设施问题", "fault"));
      done(arrived ? next : "");
    },
    showFault: problemBox,
  });
}
