import { read, show } from "../lib/api";
import { h } from "../lib/dom";
import { bytes } from "../lib/numbers";
import { say } from "../lib/words";

interface Storage {
  quota_bytes: number;
  used_bytes: number;
  table_bytes: number;
  file_bytes: number;
  state: "free" | "warning" | "over";
}

const WARNINGS: Record<Storage["state"], [string, string] | null> = {
  free: null,
  warning: [say("已用超过配额的 80%。", "More than 80 % of the quota is used."), say("请与平台运维商定提高配额，以免以后不能上传。", "agree with the platform's operator on a higher quota before uploads are refused")],
  over: [say("存储空间已满，暂不能上传或导入。", "Storage is full: nothing can be uploaded or imported."), say("请平台运维提高配额。", "ask the platform's operator for a higher quota")],
};

/** How much of the city's storage is used, with a warning in time. */
export async function showStorage(box: HTMLElement, place: Element): Promise<void> {
  box.hidden = false;
  await show(place, async () => {
    const now = await read<Storage>("storage");
    const part = now.quota_bytes > 0 ? Math.min(1, now.used_bytes / now.quota_bytes) : 1;
    const tone = now.state === "over" ? " bar--bad" : now.state === "warning" ? " bar--warn" : "";
    const warning = WARNINGS[now.state];
    return [
      ...(warning ? [h("div", { class: `notice notice--${now.state === "over" ? "bad" : "warn"}` }, h("p", {}, warning[0]), h("p", { class: "fix" }, say("怎么办：", "What to do: "), warning[1]))] : []),
      h("p", {}, say(`已用 ${bytes(now.used_bytes)}，配额 ${bytes(now.quota_bytes)}`, `${bytes(now.used_bytes)} of ${bytes(now.quota_bytes)}`)),
      h("div", { class: `bar${tone}`, role: "img", "aria-label": say(`已用配额的 ${(part * 100).toFixed(0)}%`, `${(part * 100).toFixed(0)} % of the quota used`) }, h("i", { style: `width:${(part * 100).toFixed(1)}%` })),
      h("p", { class: "muted small" }, say(`数据 ${bytes(now.table_bytes)}，文件 ${bytes(now.file_bytes)}`, `data ${bytes(now.table_bytes)}, files ${bytes(now.file_bytes)}`)),
    ];
  });
}
