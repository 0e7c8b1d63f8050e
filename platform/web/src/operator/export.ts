import { problemBox } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { say } from "../lib/words";
import type { City } from "./cities";
import { field } from "./forms";

/** Asks for whom the export is: the receiving installation's key, under which the city's data key is wrapped anew. */
export function exportDialog(city: City, begin: (body: unknown) => Promise<void>): void {
  const key = h("textarea", { rows: 3, required: true, spellcheck: "false", autocomplete: "off" });
  ask({
    title: say(`导出 ${city.name}`, `Export ${city.name}`),
    body: [
      h("p", {}, say("一个文件包含全部数据、文件与校验值。加密字段的密钥改由接收方的密钥包裹，只有接收方能打开。", "One file with all data, files and checksums. The key of its encrypted fields is wrapped for the receiver, who alone can open it.")),
      field("receiver", say("接收方公钥", "The receiver's key"), key, say("由接收方运维从其平台的城市页取得并发来", "its operator reads it on their first page and sends it")),
    ],
    confirm: say("开始导出", "Start the export"),
    carryOut: () => begin({ receiver: key.value.trim() }),
    showFault: (fault) => problemBox(fault),
  });
}
