import { Problem, problemBox, readAll, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { say } from "../lib/words";
import { actButton, row, rows } from "../network/parts";
import { exampleMark } from "./parts";
import { named, SEXES, type Standard, standardName, type StandardRow } from "./types";

/** Versions of standards and questionnaires: loaded from a document, never changed. */
export async function documentsShown(mayLoad: boolean, loaded: (words: string) => void): Promise<HTMLElement[]> {
  const [standards, forms] = await Promise.all([readAll<StandardRow>("wellness/standards", 400), readAll<StandardRow>("wellness/screening-forms", 400)]);
  return [
    h("h3", {}, say("测定标准", "Test standards")),
    listed(standards),
    h("h3", {}, say("风险筛查问卷", "Screening questionnaires")),
    listed(forms),
    mayLoad ? h("p", { class: "buttons" }, actButton(say("载入测定标准…", "Load a standard…"), () => askDocument("wellness/standards", say("载入测定标准", "Load a standard"), loaded), { id: "load" }), actButton(say("载入筛查问卷…", "Load a questionnaire…"), () => askDocument("wellness/screening-forms", say("载入筛查问卷", "Load a questionnaire"), loaded))) : h("span", {}),
  ];
}

function listed(found: StandardRow[]): HTMLElement {
  if (found.length === 0) return emptyBox(say("还没有载入。", "None was loaded yet."));
  return rows(...found.map((one) => row([h("strong", {}, standardName(one)), " ", exampleMark(one.is_example), h("small", {}, [one.valid_from ? say(`${one.valid_from} 起生效`, `from ${one.valid_from}`) : "", say(`来源：${one.source}`, `source: ${one.source}`)].filter(Boolean).join(" · "))])));
}

function askDocument(path: string, title: string, loaded: (words: string) => void): void {
  ask({
    title,
    body: [h("p", {}, say("JSON 或 TOML 文件；载入后不能更改，以后以新版本替换。文件有误会指出位置。", "A JSON or TOML file; once loaded it does not change, a later version replaces it. A fault is told with its place.")), h("label", { class: "field" }, h("span", {}, say("文件", "File")), h("input", { type: "file", name: "file", required: true, accept: ".json,.toml" }))],
    confirm: say("载入", "Load"),
    showFault: problemBox,
    carryOut: async (form) => {
      const file = form.get("file") as File;
      if (!/\.(json|toml)$/i.test(file.name)) throw new Problem({ code: "UPLOAD_TYPE", status: 415, detail: say(`“${file.name}”不是标准或问卷的文件`, `“${file.name}” is no document of this kind`), how_to_fix: { zh: "请选择扩展名为 .json 或 .toml 的文件", en: "choose a file that ends in .json or .toml" } });
      const kept = await write<Partial<Standard> & StandardRow>("POST", path, { form: file.name.toLowerCase().endsWith(".json") ? "json" : "toml", text: await file.text() });
      const gaps = (kept.age_gaps ?? []).map((gap) => `${named(SEXES, gap.sex)} ${gap.age_from}–${gap.age_to}`).join("、");
      loaded(say(`已载入 ${standardName(kept)}${gaps ? `。未覆盖的年龄：${gaps} 岁，这些人不能按此标准评定` : ""}`, `${standardName(kept)} is loaded${gaps ? `; ages it does not cover: ${gaps}` : ""}`));
    },
  });
}
