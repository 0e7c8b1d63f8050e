import { problemBox } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import type { Pending } from "../lib/pending";
import { say } from "../lib/words";
import { chooser, textField } from "./parts";
import type { InterestGrid } from "./types";

const WORDING = "enrol-1";

/** Helping somebody join: a name, a phone where there is one, and the consent that was asked for aloud. */
export function askEnrol(grids: InterestGrid[], pending: Pending, done: (words: string) => void): void {
  ask({
    title: say("帮人报名", "Enrol somebody"),
    body: [
      chooser("interest_grid", say("兴趣网格", "Interest grid"), grids.map((grid) => [grid.id, grid.name])),
      textField("name", say("姓名", "Name"), { required: true, maxlength: 60 }),
      textField("phone", say("手机号（没有可不填）", "Phone (where there is one)"), { type: "tel", inputmode: "numeric", maxlength: 20 }),
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "consent", required: true }), h("span", {}, say("已念给本人听并同意：只登记姓名和手机号，仅用于活动联系，可随时删除", "I read it aloud and they agreed: only name and phone, only to tell of activities, erased on request"))),
    ],
    confirm: say("报名", "Enrol"),
    carryOut: async (form) => {
      const fields = { name: String(form.get("name")).trim(), phone: String(form.get("phone") ?? "").trim(), consent: form.get("consent") === "on", consent_version: WORDING };
      const arrived = await pending.add(`interest-grids/${Number(form.get("interest_grid"))}/participants`, { fields }, say("报名", "enrolment"));
      done(arrived ? say("已报名", "enrolled") : "");
    },
    showFault: problemBox,
  });
}
