import { Problem, write } from "../lib/api";
import { fill, h } from "../lib/dom";
import { settle } from "../lib/fields";
import { say } from "../lib/words";
import type { City } from "./cities";
import { busy, clearRefusal, field, showRefusal } from "./forms";

const GB = 1024 ** 3;

/** The form for a city's name, label and quotas, sent against the version it was read with. */
export function quotas(place: Element, city: City, etag: string, saved: (told: string) => void): void {
  const name = h("input", { type: "text", value: city.name, maxlength: 60, required: true });
  const label = h("input", { type: "text", value: city.data_label, maxlength: 200 });
  const storage = h("input", { type: "number", min: 0, max: 1024 * 1024, step: "any", value: String(Number((city.storage_quota_bytes / GB).toFixed(3))), required: true });
  const slots = h("input", { type: "number", min: 1, max: 32, value: String(city.job_slots), required: true });
  const waiting = h("input", { type: "number", min: 1, max: 100000, value: String(city.job_quota), required: true });
  const go = h("button", { class: "button button--main", type: "submit" }, say("保存", "Save"));
  const fault = h("div", {});
  const form = h(
    "form",
    { novalidate: true },
    fault,
    h("div", { class: "fields" }, field("name", say("名称", "Name"), name), field("data_label", say("数据标注", "Data label"), label, say("显示在各页顶部；可空", "said at the top of every page; may be empty"))),
    h(
      "div",
      { class: "fields fields--three" },
      field("storage_quota_bytes", say("存储配额（GB）", "Storage quota (GB)"), storage, say("数据表与文件合计；低于现有用量时不删除，只不再接收", "tables and files; below what is stored nothing is deleted, and nothing more let in")),
      field("job_slots", say("同时运行的任务", "Jobs at a time"), slots, say("1–32；不让一个城市拖慢全体", "1–32; so that no city slows the others")),
      field("job_quota", say("可等待的任务", "Jobs that may wait"), waiting, "1–100,000"),
    ),
    go,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(go, async () => {
      clearRefusal(form, fault);
      const body = { name: name.value.trim(), data_label: label.value.trim(), storage_quota_bytes: Math.round(Number(storage.value) * GB), job_slots: Number(slots.value), job_quota: Number(waiting.value) };
      const sent = new FormData(form);
      try {
        await write("PATCH", `cities/${city.slug}`, body, { "If-Match": etag });
        settle(form, sent);
        saved(say("已保存。", "Saved."));
      } catch (reason) {
        showRefusal(form, fault, reason);
        if (reason instanceof Problem && reason.status === 412) fault.append(h("p", {}, h("button", { class: "button button--small", type: "button", onclick: () => location.reload() }, say("重新读取", "Read again"))));
      }
    });
  });
  fill(place, form);
}
