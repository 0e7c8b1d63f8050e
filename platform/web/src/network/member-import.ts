import { API, latestAt, problemBox, read, readLatest, renew, write } from "../lib/api";
import { announce, type Child, fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { follow, type Job, jobRow } from "../lib/jobs";
import { clock, count } from "../lib/numbers";
import { say } from "../lib/words";
import { box } from "./boxes";
import { actButton } from "./parts";

interface Finding {
  row: number | null;
  field: string | null;
  code: string;
  zh: string;
  en: string;
  remedy_zh: string;
  remedy_en: string;
}

type Status = "checking" | "refused" | "checked" | "applied" | "cancelled" | "failed";

interface ImportBrief {
  id: number;
  status: Status;
  dry_run: boolean;
  partial: boolean;
  file_name: string;
  counts: Record<string, number>;
  imported_by: string;
  created_at: string;
}

interface MemberImport extends ImportBrief {
  errors: Finding[];
  warnings: Finding[];
}

const STATUS: Record<Status, [string, string]> = {
  checking: [say("检查中", "checking"), "mark--info"],
  refused: [say("✕ 未通过", "✕ refused"), "mark--bad"],
  checked: [say("✓ 检查通过，未导入", "✓ checked, not brought in"), "mark--good"],
  applied: [say("✓ 已导入", "✓ brought in"), "mark--good"],
  cancelled: [say("已停止", "stopped"), ""],
  failed: [say("✕ 中断", "✕ broken off"), "mark--bad"],
};

/** The columns of the template, as findings name them. */
const COLUMNS: Record<string, string> = {
  name: say("姓名", "name"),
  phone: say("手机号", "phone"),
  interest_grid: say("兴趣网格", "interest grid"),
  source: say("来源", "source"),
  proof: say("证明", "proof"),
  association: say("协会名称", "association"),
  representative: say("协会代表", "representative"),
  site: say("健身站点", "site"),
  certificate: say("证书编号", "certificate"),
  starts_on: say("任期开始", "first day"),
  ends_on: say("任期截止", "last day"),
};

const PAST_SHOWN = 6;

/** Bringing in a file of members: template, file, a check that writes nothing, then the import of that same file. */
export function importPart(changed: () => void): HTMLElement {
  const outcome = h("div", { id: "import-outcome", tabindex: -1 });
  const past = h("div", { id: "imports" });
  const file = h("input", { type: "file", name: "file", required: true, accept: ".xlsx,.csv" });
  const check = h("button", { class: "button button--main button--wide", type: "submit", id: "import-check" }, say("先检查（不会导入）", "Check first (brings nothing in)"));
  const form = h(
    "form",
    { id: "import-form" },
    h(
      "ol",
      { class: "steps" },
      h("li", {}, say("下载模板，每行填一名网格员：", "Download the template, a member a line: "), h("span", { class: "buttons" }, template("xlsx"), template("csv"))),
      h("li", {}, h("label", { class: "field" }, h("span", {}, say("选择填好的文件", "Choose the filled-in file")), file, h("small", {}, say("XLSX 或 CSV；必填：姓名、手机号、兴趣网格（编号或名称）、来源；来源为体育骨干的还要填证明", "XLSX or CSV; needed: name, phone, interest grid (code or name), source; of a local enthusiast also the proof")))),
    ),
    check,
  );
  const send = (how: { dry_run: boolean; partial: boolean }): void => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    void carryOut(chosen, how, outcome, send).then((done) => {
      if (done?.status === "applied") changed();
      void showPast(past);
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ dry_run: true, partial: false });
  });
  file.addEventListener("change", () => {
    // What is still to come of the file before says nothing of this one, and must not offer to bring this one in.
    latestAt(outcome);
    fill(outcome);
  });
  void showPast(past);
  const whole = h("div", {}, form, outcome, h("h3", {}, say("最近的导入", "Latest imports")), past);
  return box("import", say("批量导入网格员", "Bring members in from a file"), whole);
}

function template(format: string): HTMLElement {
  return h("a", { class: "button button--small", href: `${API}grid-member-imports/template?format=${format}`, download: true }, say(`模板 ${format.toUpperCase()}`, `Template ${format.toUpperCase()}`));
}

async function carryOut(file: File, how: { dry_run: boolean; partial: boolean }, outcome: HTMLElement, again: (how: { dry_run: boolean; partial: boolean }) => void): Promise<MemberImport | null> {
  const body = new FormData();
  body.append("file", file);
  body.append("dry_run", String(how.dry_run));
  body.append("partial", String(how.partial));
  const isLatest = latestAt(outcome);
  const put = (...shown: Child[]): void => void (isLatest() && fill(outcome, ...shown));
  put(h("p", { class: "loading", role: "status" }, say("正在上传…", "Uploading…")));
  try {
    const started = await write<{ job: Job; member_import: { id: number } }>("POST", "grid-member-imports", body);
    const job = await follow(started.job.id, (now) => put(jobRow(now)));
    const done = await read<MemberImport>(`grid-member-imports/${started.member_import.id}`);
    put(...(done.status === "failed" || done.status === "checking" ? [jobRow(job)] : told(done, again)));
    if (isLatest()) outcome.focus();
    return done;
  } catch (fault) {
    put(problemBox(fault));
    return null;
  }
}

function brings(counts: Record<string, number>): string {
  const [people, posts, kept] = [counts["members_added"] ?? 0, counts["posts_added"] ?? 0, counts["unchanged"] ?? 0];
  return [say(`新增网格员 ${count(people)} 人`, `${count(people)} new members`), say(`任职 ${count(posts)} 条`, `${count(posts)} posts`), kept ? say(`已有、不变 ${count(kept)} 条`, `${count(kept)} there already`) : ""].filter(Boolean).join(say("，", ", "));
}

/** What came of a file, and the one next step. */
function told(done: MemberImport, again: (how: { dry_run: boolean; partial: boolean }) => void): Child[] {
  const bad = done.counts["errors"] ?? done.errors.length;
  const table = done.errors.length ? findings(done, bad) : null;
  const warnings = done.warnings.length ? h("ul", { class: "plain-list" }, ...done.warnings.map((one) => h("li", {}, say(one.zh, one.en)))) : null;
  switch (done.status) {
    case "checked":
      return [
        notice(bad ? "warn" : "good", bad ? say(`可以导入正确的行：${brings(done.counts)}；有 ${count(bad)} 处错误的行会跳过。`, `The good rows can be brought in: ${brings(done.counts)}; rows with ${count(bad)} errors are left out.`) : say(`✓ 检查通过，共 ${count(done.counts["rows"])} 行：将${brings(done.counts)}。还没有导入。`, `✓ ${count(done.counts["rows"])} rows are good: ${brings(done.counts)}. Nothing is brought in yet.`)),
        warnings,
        actButton(bad ? say("导入正确的行", "Bring the good rows in") : say("导入", "Bring them in"), () => again({ dry_run: false, partial: done.partial }), { class: "button button--main button--wide", id: "import-go" }),
        table,
      ];
    case "applied":
      announce(say("已导入", "brought in"));
      return [
        notice("good", say(`✓ 已导入：${brings(done.counts)}。`, `✓ Brought in: ${brings(done.counts)}.`), say("导错了怎么办：在名单里找到这些人，逐个按“结束…”结束任职（记录保留）；整个文件不能一键撤回。同一文件再导一次不会重复。", "Brought in by mistake? End those posts one by one in the list; a file is not taken back as a whole. The same file again changes nothing.")),
        warnings,
        table,
      ];
    case "refused":
      return [
        notice("bad", say(`✕ 没有导入：发现 ${count(bad)} 处错误。`, `✕ Nothing was brought in: ${count(bad)} errors.`), say("按下表的行号改好文件，重新选择后再检查。", "Correct the rows listed below, choose the file again and check it.")),
        table,
        (done.counts["rows"] ?? 0) > 1 ? actButton(say("跳过有错的行，再检查一遍", "Leave the bad rows out and check again"), () => again({ dry_run: true, partial: true }), { class: "button button--wide", id: "import-partial" }) : null,
      ];
    default:
      return [notice("warn", say("已停止，没有导入任何人。", "Stopped; nobody was brought in."))];
  }
}

function notice(tone: "good" | "warn" | "bad", words: string, fix = ""): HTMLElement {
  return h("div", { class: `notice notice--${tone}`, role: tone === "bad" ? "alert" : "status" }, h("p", {}, words), fix ? h("p", { class: "fix" }, fix) : null);
}

function findings(done: MemberImport, all: number): HTMLElement {
  const caption = done.errors.length < all ? say(`错误（先列出 ${count(done.errors.length)} 处，其余请下载）`, `Errors (the first ${count(done.errors.length)}; download them all)`) : say("错误", "Errors");
  return h(
    "div",
    { class: "findings" },
    h("div", { class: "buttons" }, errorsFile(done.id, "xlsx"), errorsFile(done.id, "csv")),
    h(
      "div",
      { class: "table-frame table-frame--tall", tabindex: 0, role: "region", "aria-label": caption },
      h(
        "table",
        {},
        h("caption", {}, caption),
        h("thead", {}, h("tr", {}, ...[say("行", "Row"), say("列", "Column"), say("问题与改法", "Problem and remedy")].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...done.errors.map((one) => h("tr", {}, h("th", { scope: "row", class: "number" }, one.row ?? "—"), h("td", { class: "code" }, one.field ? (COLUMNS[one.field] ?? one.field) : "—"), h("td", {}, say(one.zh, one.en), h("span", { class: "fix" }, say(one.remedy_zh, one.remedy_en)))))),
      ),
    ),
  );
}

function errorsFile(id: number, format: string): HTMLElement {
  return h("a", { class: "button button--small button--quiet", href: `${API}grid-member-imports/${id}/errors?format=${format}`, download: true }, say(`下载错误清单 ${format.toUpperCase()}`, `Errors as ${format.toUpperCase()}`));
}

async function showPast(place: HTMLElement): Promise<void> {
  await renew(place, async () => {
    const found = await readLatest<ImportBrief>("grid-member-imports", PAST_SHOWN);
    return found.length ? h("ul", { class: "plain-list" }, ...found.map(pastRow)) : emptyBox(say("还没有导入过。", "Nothing was brought in yet."));
  });
}

function pastRow(one: ImportBrief): HTMLElement {
  const [words, look] = STATUS[one.status];
  const bad = one.counts["errors"] ?? 0;
  const what = one.status === "applied" || one.status === "checked" ? brings(one.counts) : "";
  return h(
    "li",
    { "data-import": one.id },
    h("div", { class: "job__line" }, h("strong", { class: "break" }, one.file_name), h("span", { class: `mark ${look}` }, words)),
    h("div", { class: "muted small" }, [clock(one.created_at), one.imported_by, what].filter(Boolean).join(" · ")),
    bad ? h("a", { href: `${API}grid-member-imports/${one.id}/errors?format=xlsx`, download: true }, say(`错误清单（${count(bad)} 处）`, `${count(bad)} errors`)) : null,
  );
}
