import { problemBox, read, readLatest, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { follow, type Job, jobRow } from "../lib/jobs";
import { clock, count } from "../lib/numbers";
import { say } from "../lib/words";
import { fieldName } from "./field-names";

export const KINDS: [string, string][] = [
  ["communities", say("社区（行政村）界线", "Communities")],
  ["buildings", say("建筑与户数", "Buildings with households")],
  ["compounds", say("小区", "Compounds")],
  ["streets", say("道路", "Streets")],
  ["barriers", say("阻隔（水系、铁路、主干道）", "Barriers (water, rail, main roads)")],
  ["fitness_sites", say("健身站点", "Fitness sites")],
];

const CRS: [string, string][] = [
  ["auto", say("自动识别", "find out")],
  ["EPSG:4490", "CGCS2000 经纬度（EPSG:4490）"],
  ["EPSG:4326", "WGS-84 经纬度（EPSG:4326）"],
  ["GCJ-02", "GCJ-02（高德、腾讯）"],
  ["BD-09", "BD-09（百度）"],
  ...Array.from({ length: 21 }, (_, index): [string, string] => {
    const meridian = 75 + 3 * index;
    return [`EPSG:${4534 + index}`, `CGCS2000 3° 带，中央经线 ${meridian}°E（EPSG:${4534 + index}）`];
  }),
];

interface ImportError {
  row: number | null;
  field: string | null;
  code: string;
  zh: string;
  en: string;
  remedy_zh?: string;
  remedy_en?: string;
}

export interface LayerImport {
  id: number;
  kind: string;
  status: "checking" | "refused" | "checked" | "applied" | "undone" | "cancelled" | "failed";
  dry_run: boolean;
  file_name: string;
  crs?: string;
  encoding?: string;
  counts: Record<string, number>;
  errors: ImportError[];
  warnings: ImportError[];
  /** Of one that was taken back: what came back with it, and what did not. */
  undo_findings: ImportError[];
  created_at: string;
}

const STATUS: Record<LayerImport["status"], [string, string]> = {
  checking: [say("检查中", "checking"), "mark--info"],
  refused: [say("✕ 未通过", "✕ refused"), "mark--bad"],
  checked: [say("✓ 检查通过（未入库）", "✓ checked, not stored"), "mark--good"],
  applied: [say("✓ 已入库", "✓ stored"), "mark--good"],
  undone: [say("已撤销", "undone"), ""],
  cancelled: [say("已取消", "cancelled"), ""],
  failed: [say("✕ 出错中断", "✕ broken off"), "mark--bad"],
};

export function kindName(kind: string): string {
  return KINDS.find(([key]) => key === kind)?.[1] ?? kind;
}

const COUNTS: Record<string, string> = {
  added: say("新增", "added"),
  updated: say("更新", "updated"),
  retired: say("停用", "retired"),
  rows: say("行数", "rows"),
  households: say("户数", "households"),
  repaired: say("修复", "repaired"),
  unchanged: say("未变", "unchanged"),
  closed: say("关闭", "closed"),
  unplaced_households: say("未落社区户数", "households outside every community"),
};

const MOST_ROWS = 100;

function errorTable(errors: ImportError[], caption: string): HTMLElement {
  return h(
    "div",
    { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption, errors.length > MOST_ROWS ? say(`，先列出 ${MOST_ROWS} 条`, `, the first ${MOST_ROWS}`) : ""),
      h("thead", {}, h("tr", {}, ...[say("行", "Row"), say("字段", "Field"), say("问题", "Problem"), say("怎么改", "Remedy")].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        ...errors.slice(0, MOST_ROWS).map((error) =>
          h("tr", {}, h("td", { class: "number" }, error.row ?? "—"), h("td", {}, fieldName(error.field)), h("td", {}, say(error.zh, error.en)), h("td", {}, say(error.remedy_zh ?? "", error.remedy_en ?? ""))),
        ),
      ),
    ),
  );
}

/** One import: what came of it, its errors with row, field and remedy, and how to take it back. */
function importRow(row: LayerImport, mayUndo: boolean, changed: () => void, open: boolean): HTMLElement {
  const [status, tone] = STATUS[row.status] ?? [row.status, ""];
  const counts = Object.entries(row.counts ?? {})
    .filter(([name, number]) => number > 0 && name in COUNTS)
    .map(([name, number]) => `${COUNTS[name]} ${count(number)}`);
  const line = h(
    "li",
    { "data-import": row.id },
    h(
      "div",
      { class: "job__line" },
      h("span", {}, h("strong", {}, kindName(row.kind)), " · ", row.file_name),
      h("span", {}, h("span", { class: `mark ${tone}` }, status), " ", h("span", { class: "muted small" }, clock(row.created_at))),
    ),
    h("div", { class: "job__line" }, h("span", { class: "muted small" }, [row.crs, row.encoding, ...counts].filter(Boolean).join(" · "))),
  );
  if (row.errors.length) {
    line.append(h("details", { open: open }, h("summary", {}, say(`错误 ${count(row.errors.length)} 条`, `${count(row.errors.length)} errors`)), errorTable(row.errors, say("错误", "Errors"))));
  }
  if (row.warnings.length) {
    line.append(h("details", {}, h("summary", {}, say(`提醒 ${count(row.warnings.length)} 条`, `${count(row.warnings.length)} warnings`)), errorTable(row.warnings, say("提醒", "Warnings"))));
  }
  if (row.undo_findings.length) {
    const away = row.undo_findings.filter((one) => one.code !== "LET_GO_RESTORED").length;
    const words = away ? say(`撤销结果：${count(away)} 项没有恢复`, `Undone: ${count(away)} did not come back`) : say("撤销结果", "Undone");
    line.append(h("details", { open: away > 0 }, h("summary", {}, words), errorTable(row.undo_findings, say("撤销结果", "What came back, and what did not"))));
  }
  if (row.status === "applied" && mayUndo) {
    line.append(h("button", { class: "button button--small button--quiet", type: "button", onclick: () => undo(row, changed) }, say("撤销此次导入…", "Undo this import…")));
  }
  return line;
}


function undo(row: LayerImport, changed: () => void): void {
  ask({
    title: say("撤销这次导入？", "Undo this import?"),
    body: [h("p", {}, say(`“${row.file_name}”带来的${kindName(row.kind)}将撤出，此前的数据恢复。已编制的网格方案不变，但会在校验时提示变化。`, `What “${row.file_name}” brought is taken out and the data before it comes back.`)), row.kind === "fitness_sites" ? h("p", {}, say("随站点结束的需求和退回的值守一并恢复；指导员另有安排等恢复不了的，撤销后逐条列出。", "Needs that ended and duties that were given back with the sites return; what cannot is listed one by one.")) : null],
    confirm: say("撤销导入", "Undo"),
    showFault: (fault) => problemBox(fault),
    carryOut: async () => {
      await write("POST", `layer-imports/${row.id}/undo`);
      changed();
    },
  });
}

/** Lists the latest imports. */
export async function recentImports(mayUndo: boolean, changed: () => void, openId?: number): Promise<{ rows: LayerImport[]; shown: Node }> {
  const rows = await readLatest<LayerImport>("layer-imports", 15);
  if (rows.length === 0) return { rows, shown: emptyBox(say("还没有导入过图层。", "Nothing was imported yet."), say("请在“导入图层”选择文件，先勾选“只检查”试一遍。", "Choose a file under “Import a layer”; try a dry run first.")) };
  return { rows, shown: h("ul", { class: "plain-list" }, ...rows.map((row) => importRow(row, mayUndo && isLastOfKind(row, rows), changed, row.id === openId))) };
}

/** Only the last import of a layer can be taken back; rows stand newest first. */
function isLastOfKind(row: LayerImport, rows: LayerImport[]): boolean {
  return rows.find((other) => other.kind === row.kind && other.status === "applied")?.id === row.id;
}

function options(pairs: [string, string][]): HTMLOptionElement[] {
  return pairs.map(([value, name]) => h("option", { value }, name));
}

/** The upload form; while the job runs its bar stands below. */
export function uploadForm(ended: (importId: number | undefined) => void): HTMLElement {
  const progress = h("div", { class: "upload-progress", "aria-live": "polite" });
  const send = h("button", { class: "button button--main", type: "submit" }, say("上传并检查", "Upload and check"));
  const form = h(
    "form",
    { id: "upload-form" },
    h("label", { class: "field" }, h("span", {}, say("文件", "File")), h("input", { type: "file", name: "file", required: true, accept: ".gpkg,.geojson,.json,.zip,.kml,.kmz,.xlsx,.csv" }), h("small", {}, say("GeoPackage、GeoJSON、Shapefile（zip）、KML、XLSX、CSV；上限 200 MB", "GeoPackage, GeoJSON, zipped Shapefile, KML, XLSX, CSV; up to 200 MB"))),
    h("label", { class: "field" }, h("span", {}, say("图层", "Layer")), h("select", { name: "kind" }, ...options(KINDS))),
    h("label", { class: "field" }, h("span", {}, say("坐标系", "Coordinate system")), h("select", { name: "crs" }, ...options(CRS)), h("small", {}, say("自动识别会与现有图层核对；整体偏移会被指出，不会悄悄改动。", "Checked against the city's layers; a displaced file is pointed out, never moved in silence."))),
    h("label", { class: "field" }, h("span", {}, say("方式", "Mode")), h("select", { name: "mode" }, h("option", { value: "replace" }, say("替换整层（旧要素停用，可撤销）", "replace the layer (can be undone)")), h("option", { value: "add" }, say("追加到现有图层", "add to the layer")))),
    h("label", { class: "choice" }, h("input", { type: "checkbox", name: "dry_run", value: "true", checked: true }), say("只检查，不入库", "Only check, do not store")),
    h("label", { class: "choice" }, h("input", { type: "checkbox", name: "repair", value: "true" }), say("自动修复自相交等几何问题", "Repair self-crossing rings")),
    h("label", { class: "choice" }, h("input", { type: "checkbox", name: "leave_out_outside", value: "true" }), say("跳过所有社区之外的行", "Leave out rows outside every community")),
    h("label", { class: "choice" }, h("input", { type: "checkbox", name: "accept_offset", value: "true" }), say("以本文件为准（偏移的是已有图层）", "Trust this file: the layers held are the displaced ones")),
    h("label", { class: "choice" }, h("input", { type: "checkbox", name: "retire_in_use", value: "true" }), say("撤销使用中的站点（结束其需求、退回今后的值守并通知指导员；活动不取消，通知兴趣网格另选地点）", "Let go of sites in use: end their needs and give back coming duties; meetings stand, and whoever runs them is told")),
    h(
      "details",
      {},
      h("summary", {}, say("控制点与来源（首次导入建议填写）", "Control point and source (advised for the first import)")),
      h("label", { class: "field" }, h("span", {}, say("控制点", "Control point")), h("input", { type: "text", name: "control_point", inputmode: "decimal", placeholder: "113.2330,35.2400,113.2391,35.2387" }), h("small", {}, say("真实经度,真实纬度,文件中的 x,文件中的 y", "true lon,true lat,x in the file,y in the file"))),
      h("label", { class: "field" }, h("span", {}, say("来源说明", "Source")), h("input", { type: "text", name: "source_note", maxlength: 300, placeholder: say("如：区民政局 2026 年 3 月提供", "e.g. civil affairs bureau, March 2026") })),
    ),
    h("div", { style: "margin-top:1rem" }, send),
    progress,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send.disabled = true;
    upload(form, progress)
      .then(ended)
      .catch((fault: unknown) => fill(progress, problemBox(fault)))
      .finally(() => (send.disabled = false));
  });
  return form;
}

async function upload(form: HTMLFormElement, progress: HTMLElement): Promise<number | undefined> {
  const body = new FormData(form);
  for (const [name, value] of [...body.entries()]) if (value === "") body.delete(name);
  fill(progress, h("p", { class: "loading" }, say("正在上传…", "Uploading…")));
  const answer = await write<{ job: Job; layer_import: { id: number } }>("POST", "layer-imports", body);
  fill(progress, jobRow(answer.job));
  const job = await follow(answer.job.id, (now) => fill(progress, jobRow(now)));
  const outcome = await read<LayerImport>(`layer-imports/${answer.layer_import.id}`);
  // A refused file is told of below the form and row by row; a job that broke tells of itself.
  fill(progress, job.state === "failed" && outcome.status !== "refused" ? jobRow(job) : outcomeNotice(outcome));
  return answer.layer_import.id;
}

function outcomeNotice(outcome: LayerImport): HTMLElement {
  const good = outcome.status === "applied" || outcome.status === "checked";
  const next = {
    refused: say("请按“最近导入”中的行号与建议改正文件后再传；没有任何数据被写入。", "Correct the file as listed under “Recent imports”; nothing was stored."),
    checked: say("去掉“只检查”后再传一次即可入库。", "Untick “only check” and upload again to store it."),
    applied: say("可在地图上查看，或在下方撤销。", "See it on the map, or undo it below."),
    undone: "",
    checking: "",
    cancelled: say("没有写入任何数据，可以重新上传。", "Nothing was stored; upload it again when you like."),
    failed: say("没有写入任何数据；请重新上传，仍失败请联系运维。", "Nothing was stored; upload it again, else tell the operator."),
  }[outcome.status];
  return h("div", { class: `notice ${good ? "notice--good" : "notice--bad"}`, role: "status" }, h("p", {}, `${outcome.file_name}：${STATUS[outcome.status][0]}${outcome.errors.length ? say(`，${count(outcome.errors.length)} 处错误`, `, ${count(outcome.errors.length)} errors`) : ""}`), h("p", { class: "fix" }, next));
}

