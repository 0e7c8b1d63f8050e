import { Problem, problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { count } from "../lib/numbers";
import { say } from "../lib/words";
import { actButton, chooser, row, rows, textField } from "./parts";
import { type Demand, DEMAND_STATES, type InterestGrid } from "./types";

/** Open demands first, each handed up by one press. */
export function demandsShown(demands: Demand[], changed: () => void): Node[] {
  if (demands.length === 0) return [emptyBox(say("目前没有需求。", "No demand now."), say("走访或兴趣网格提出的需求会出现在这里。", "What visits and interest grids ask for appears here."))];
  const open = demands.filter((one) => one.state === "open");
  const other = demands.filter((one) => one.state !== "open").slice(0, 5);
  return [rows(...[...open, ...other].map((one) => demandRow(one, changed)))];
}

function demandRow(demand: Demand, changed: () => void): HTMLElement {
  const said = h("div", {});
  const people = demand.people === null ? "" : say(`，约 ${count(demand.people)} 人参加`, `, about ${count(demand.people)} people`);
  const asked = h("small", {}, say(`${count(demand.askers)} 人提出${people}`, `${count(demand.askers)} asked${people}`));
  const what = [h("strong", {}, demand.item.name), asked, said];
  if (demand.state !== "open") {
    const told = [DEMAND_STATES[demand.state] ?? demand.state, demand.town?.name, demand.handed_up_on, demand.answer_reason].filter(Boolean).join(" · ");
    return h("li", { class: "is-quiet" }, h("div", { class: "rows__what" }, h("strong", {}, demand.item.name), asked, h("small", {}, told)));
  }
  const handUp = (): void => {
    write<{ order_line_wish?: { town_name: string } }>("POST", `demands/${demand.id}/hand-up`, {})
      .then(() => {
        announce(say("需求已上报街镇", "the demand was handed up"));
        changed();
      })
      .catch((fault: unknown) => said.replaceChildren(problemBox(fault)));
  };
  return row(what, actButton(say("上报街镇", "Hand up"), handUp));
}

/** A demand of an interest grid. */
export function askDemand(grids: InterestGrid[], done: () => void): void {
  ask({
    title: say("提出需求", "Enter a demand"),
    body: [
      chooser("interest_grid_id", say("哪个兴趣网格", "Which interest grid"), grids.map((grid) => [grid.id, grid.name])),
      textField("people", say("大约多少人参加（可不填）", "How many would come (optional)"), { type: "number", min: 1, max: 10000 }),
      chooser("course_type", say("想要什么", "What"), [["skill_class", say("技能课（教练上门教）", "a class")], ["lecture", say("健身讲座", "a lecture")]]),
    ],
    confirm: say("提出", "Enter"),
    carryOut: async (form) => {
      const grid = grids.find((one) => one.id === Number(form.get("interest_grid_id")));
      const people = Number(form.get("people"));
      if (!grid) throw new Problem({ code: "NOTHING_CHOSEN", status: 400, detail: say("请选择兴趣网格", "choose an interest grid") });
      await write("POST", "demands", { interest_grid_id: grid.id, item: grid.item.code, course_type: form.get("course_type"), ...(people ? { people } : {}) });
      announce(say("需求已登记", "the demand is entered"));
      done();
    },
    showFault: problemBox,
  });
}
