import { problemBox, read, show, write } from "../lib/api";
import { ask } from "../lib/dialog";
import { type Child, h } from "../lib/dom";
import { clearFieldFaults, showFieldFaults } from "../lib/fields";
import type { Job } from "../lib/jobs";
import { count } from "../lib/numbers";
import { placeName, say } from "../lib/words";

interface Option {
  name: string;
  zh: string;
  en: string;
  help_zh: string;
  help_en: string;
  unit_zh: string;
  unit_en: string;
  default: number;
  least: number;
  most: number;
  whole: boolean;
}

interface DrawingOptions {
  presets: string[];
  preset: string;
  options: Option[];
}

interface Place {
  id: number;
  name: string;
}

/** Preset → its name, what it does, what it costs beside “standard” (measured on generated towns). */
const PRESETS: Record<string, [string, string, string]> = {
  fast: [say("快速", "Fast"), say("先看大概：找到可用的划分就停", "a sketch: stops at a usable division"), say("约为“标准”的三分之二时间", "about two thirds of the time of “standard”")],
  standard: [say("标准（推荐）", "Standard (advised)"), say("日常使用：反复调整边界，使户数均衡、形状紧凑", "for daily use: borders are moved until numbers are even and shapes compact"), say("每万户约 1 秒，随机器而异", "about 1 s per 10,000 households, by machine")],
  best: [say("最优", "Best"), say("定稿前使用：搜索得最久", "before a plan is settled: searches longest"), say("约为“标准”的六倍时间", "about six times “standard”")],
};

interface DrawingQuestion {
  title: string;
  /** The communities to choose from; one alone is not asked for. */
  communities: Place[];
  started: (job: Job) => void;
}

/** Asks which communities, how carefully and with what, and starts the drawing. */
export function askToDraw({ title, communities, started }: DrawingQuestion): void {
  const only = communities.length === 1 ? communities[0] : undefined;
  const numbers = new OrderNumbers();
  const presets = presetChoice("standard");
  const body: Child[] = [
    h("p", {}, say("按每格约 400 户划分为连续的网格，得到草案；已发布的网格不受影响，草案中已锁定的网格和手工指定的建筑保持不变。", "Divides into connected grids of about 400 households, as drafts; published grids stay as they are, and so do locked grids and buildings assigned by hand in drafts.")),
    only ? h("p", {}, say("社区：", "Community: "), h("strong", {}, only.name)) : communityChoice(communities),
    presets,
    numbers.place,
  ];
  ask({
    title,
    body,
    confirm: say("开始绘制", "Draw"),
    showFault: (fault) => {
      const rest = showFieldFaults(numbers.form, fault);
      return rest === null ? h("div", {}) : problemBox(rest);
    },
    carryOut: async (form) => {
      clearFieldFaults(numbers.form);
      const one = only ? only.id : Number(form.get("community"));
      const order = { preset: form.get("preset"), ...numbers.changed(), ...(one ? { community_ids: [one] } : { all: true }) };
      const answer = await write<{ job: Job }>("POST", "grid-plans/partition", order);
      started(answer.job);
    },
  });
}

function communityChoice(communities: Place[]): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, say("社区", "Community")), h("select", { name: "community" }, h("option", { value: "" }, say(`全部社区（${count(communities.length)} 个）`, `all (${count(communities.length)})`)), ...communities.map((community) => h("option", { value: community.id }, placeName(community.name)))));
}

function presetChoice(usual: string): HTMLElement {
  return h(
    "fieldset",
    { class: "presets" },
    h("legend", {}, say("精细程度", "Care")),
    ...Object.entries(PRESETS).map(([value, [name, does, costs]]) =>
      h("label", { class: "preset" }, h("input", { type: "radio", name: "preset", value, checked: value === usual }), h("span", {}, h("strong", {}, name), h("small", {}, does), h("small", {}, say("用时：", "Time: "), costs))),
    ),
  );
}

/** The folded numbers of an order: read from the server when they are first looked at, sent only when changed. */
class OrderNumbers {
  readonly place: HTMLDetailsElement;
  private readonly title = h("summary", {}, say("更多参数", "More parameters"));
  private readonly inside = h("div", {});
  private readonly fields = new Map<string, { option: Option; input: HTMLInputElement }>();
  private readonly crossing = h("input", { type: "checkbox", name: "cross_for_balance", "aria-describedby": "help-cross_for_balance" });
  private begun = false;

  constructor() {
    this.place = h("details", { class: "more-numbers" }, this.title, this.inside);
    this.place.addEventListener("toggle", () => {
      if (this.place.open && !this.begun) this.begin();
    });
    this.place.addEventListener("input", () => this.tell());
  }

  /** Where refusals of the server find their fields: the whole form, once it stands. */
  get form(): HTMLElement {
    return this.place.closest("form") ?? this.place;
  }

  /** What differs from the defaults, as the API takes it; what is no number goes as it was typed, for the server to refuse. */
  changed(): Record<string, unknown> {
    const order: Record<string, unknown> = {};
    for (const { option, input } of this.fields.values()) {
      const text = input.value.trim().replace("−", "-");
      if (text === "") continue;
      const value = Number(text);
      if (Number.isNaN(value)) order[option.name] = text;
      else if (value !== option.default) order[option.name] = value;
    }
    if (this.crossing.checked) order["cross_for_balance"] = true;
    return order;
  }

  private begin(): void {
    this.begun = true;
    void show(this.inside, async () => {
      const { options } = await read<DrawingOptions>("grid-plans/drawing-options").catch((fault: unknown) => {
        this.begun = false;
        throw fault;
      });
      this.begun = true;
      return [h("div", { class: "numbers" }, ...options.map((option) => this.field(option))), this.balance(), h("p", {}, h("button", { class: "button button--small button--quiet", type: "button", onclick: () => this.reset() }, say("全部恢复默认", "Back to the defaults")))];
    });
  }

  private field(option: Option): HTMLElement {
    const input = h("input", { type: "text", id: `number-${option.name}`, inputmode: "decimal", autocomplete: "off", name: option.name, value: option.default, maxlength: 24, "aria-describedby": `help-${option.name}` });
    this.fields.set(option.name, { option, input });
    const range = say(`默认 ${option.default}，可填 ${option.least}–${option.most}（${option.unit_zh}）`, `default ${option.default}, ${option.least}–${option.most} (${option.unit_en})`);
    return h("div", { class: "field", "data-number": option.name }, h("label", { for: `number-${option.name}` }, say(option.zh, option.en), " ", h("span", { class: "mark mark--info", hidden: true }, say("已改", "changed"))), input, h("small", { id: `help-${option.name}` }, h("span", { class: "number-range" }, range), h("br"), say(option.help_zh, option.help_en)));
  }

  private balance(): HTMLElement {
    return h("div", { class: "crossing" }, h("label", { class: "choice" }, this.crossing, say("为均衡户数可以跨越屏障", "Cross barriers for the sake of balance")), h("p", { class: "muted small", id: "help-cross_for_balance" }, say("默认不跨：只有一侧户数不足以单独成网格时才跨越河流、铁路、主路", "by default only where one side cannot stand alone")));
  }

  private reset(): void {
    for (const { option, input } of this.fields.values()) input.value = String(option.default);
    this.crossing.checked = false;
    clearFieldFaults(this.form);
    this.tell();
  }

  private tell(): void {
    const changed = this.changed();
    for (const [name, { input }] of this.fields) {
      const mark = input.closest(".field")?.querySelector<HTMLElement>(".mark");
      if (mark) mark.hidden = !(name in changed);
    }
    const many = Object.keys(changed).length;
    this.title.textContent = many ? say(`更多参数（已改 ${many} 项）`, `More parameters (${many} changed)`) : say("更多参数", "More parameters");
  }
}
