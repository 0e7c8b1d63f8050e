import { type Page, read, renew } from "../lib/api";
import { h, whenQuiet } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { placeName, say } from "../lib/words";
import { actButton, row, rows } from "./parts";
import type { InterestGrid } from "./types";

const QUIET_MS = 300;
const SHOWN = 12;

interface Sought {
  title: string;
  /** Only those one leads or serves in. */
  mine?: boolean;
  /** One that is no answer. */
  except?: number;
}

/** Lets the reader find one interest grid that is not closed, by a part of its name; the first few are there to press. */
export function findGrid(sought: Sought, chosen: (grid: InterestGrid) => void): void {
  const found = h("div", { "aria-live": "polite", id: "grids-found" });
  const name = h("input", { type: "search", maxlength: 60, name: "grid_name", placeholder: say("兴趣网格名称的一部分", "a part of its name") });
  const dialog = h(
    "dialog",
    { "aria-labelledby": "which-title" },
    h(
      "form",
      { method: "dialog", onsubmit: (event: Event) => { event.preventDefault(); void search(); } },
      h("h2", { id: "which-title" }, sought.title),
      h("label", { class: "field" }, h("span", {}, say("按名称查找", "Find it by name")), name),
      found,
      h("div", { class: "dialog__end" }, h("button", { class: "button button--quiet", type: "button", onclick: () => dialog.close() }, say("取消", "Cancel"))),
    ),
  );
  const choose = (grid: InterestGrid): void => {
    dialog.close();
    chosen(grid);
  };
  const search = async (): Promise<void> => {
    await renew(found, async () => {
      const query = new URLSearchParams({ limit: String(SHOWN), ...(sought.mine ? { mine: "true" } : {}), ...(name.value.trim() ? { name: name.value.trim() } : {}) });
      const page = await read<Page<InterestGrid>>(`interest-grids?${query}`);
      const open = page.results.filter((grid) => grid.state !== "closed" && grid.id !== sought.except);
      const more = page.next ? h("p", { class: "muted small" }, say("还有更多，请多输入几个字。", "There are more: type some more of the name.")) : null;
      return [open.length ? rows(...open.map((grid) => row([h("strong", {}, grid.name), h("small", {}, `${placeName(grid.community.name)} · ${grid.item.name}`)], actButton(say("选这个", "This one"), () => choose(grid), { "aria-label": say(`选择 ${grid.name}`, `choose ${grid.name}`) })))) : emptyBox(say("没有这样的兴趣网格。", "No interest grid is called so.")), more];
    });
  };
  name.addEventListener("input", whenQuiet(() => void search(), QUIET_MS));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  name.focus();
  void search();
}
