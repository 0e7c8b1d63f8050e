import { problemBox, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { count } from "../lib/numbers";
import { say } from "../lib/words";

interface Outcome {
  rows: number;
  added: number;
  changed: number;
  unchanged: number;
  warnings: { zh: string; en: string; remedy_zh: string; remedy_en: string }[];
}

const COLUMNS = ["区划代码", "组织类型", "组织名称", "成立日期", "撤销日期"];

/** A list of bodies from a file: the first press checks and writes nothing, the second brings in what was checked. */
export function askBodiesFile(done: (told: string) => void): void {
  const said = h("div", {});
  const file = h("input", { type: "file", name: "file", required: true, accept: ".xlsx,.csv" });
  let checked: File | null = null;
  file.addEventListener("change", () => {
    checked = null;
    said.replaceChildren();
  });
  const send = (chosen: File, dryRun: boolean): Promise<Outcome> => {
    const body = new FormData();
    body.append("file", chosen);
    body.append("dry_run", String(dryRun));
    return write<Outcome>("POST", "sports-bodies/import", body);
  };
  ask({
    title: say("从文件登记体育组织", "Sports bodies from a file"),
    body: [
      h("p", {}, say("第一行是列名：", "The first row names the columns: "), h("strong", {}, COLUMNS.join("、")), say("（最后一列可空）。组织类型填“体育总会”或“全民健身组织”。有一行不对就都不登记。", " (the last may be empty). One bad row and nothing is entered.")),
      h("label", { class: "field" }, h("span", {}, say("文件（XLSX 或 CSV）", "File (XLSX or CSV)")), file),
      said,
    ],
    confirm: say("检查 / 登记", "Check / enter"),
    carryOut: async () => {
      const chosen = file.files?.[0];
      if (!chosen) return;
      if (checked === chosen) {
        const outcome = await send(chosen, false);
        return done(say(`已登记：新增 ${count(outcome.added)} 个，更正 ${count(outcome.changed)} 个`, `entered: ${count(outcome.added)} new, ${count(outcome.changed)} corrected`));
      }
      const outcome = await send(chosen, true);
      if (file.files?.[0] !== chosen) throw KEEP_OPEN; // another file was chosen meanwhile: nothing is known of that one
      checked = chosen;
      said.replaceChildren(
        h("p", { class: "notice notice--good", role: "status" }, say(`✓ 检查通过，共 ${count(outcome.rows)} 行：新增 ${count(outcome.added)} 个，更正 ${count(outcome.changed)} 个，不变 ${count(outcome.unchanged)} 个。还没有登记，再按一次登记。`, `✓ ${count(outcome.rows)} rows: ${count(outcome.added)} new, ${count(outcome.changed)} corrected, ${count(outcome.unchanged)} as they were. Nothing is entered yet: press again.`)),
        ...outcome.warnings.map((one) => h("p", { class: "notice notice--warn" }, say(one.zh, one.en), " ", h("small", {}, say(one.remedy_zh, one.remedy_en)))),
      );
      throw KEEP_OPEN;
    },
    showFault: (fault) => (fault === KEEP_OPEN ? h("span", {}) : problemBox(fault)),
  });
}

/** The dialog stays open after the check. */
const KEEP_OPEN = new Error("checked");
