import { problemBox, read, readAll, readLatest, readTagged, show, write, type Page } from "../lib/api";
import { ask, nextDialog } from "../lib/dialog";
import { fill, h } from "../lib/dom";
import { emptyBox } from "../lib/figures";
import { today } from "../lib/numbers";
import type { Pending } from "../lib/pending";
import { placeName, say } from "../lib/words";
import { actButton, chooser, row, rows, textField } from "../network/parts";
import { numberField } from "./parts";
import { ageOn, type Citizen, type Community, type Kind, KINDS, named, SEXES } from "./types";

const NEWEST = 8;
const MONTHS: [number, string][] = Array.from({ length: 12 }, (_, at): [number, string] => [at + 1, say(`${at + 1} 月`, String(at + 1))]);

export function communities(): Promise<Community[]> {
  return readAll<Community>("wellness/communities", 4000);
}

/** 女 · 58 岁 · 胜利社区 · 139****0001. */
export function aboutPerson(person: Citizen, places: Map<number, string>): string {
  const place = places.get(person.community_id);
  return [named(SEXES, person.sex), say(`${ageOn(person, today())} 岁（${person.birth_year} 年 ${person.birth_month} 月生）`, `${ageOn(person, today())} years (born ${person.birth_year}-${person.birth_month})`), place ? placeName(place) : "", person.phone].filter(Boolean).join(" · ");
}

/** Finds people by their whole name or phone, or shows who was invited last; never by a part: nobody leafs through. */
export class FindPeople {
  private readonly list = h("div", { id: "found", "aria-live": "polite" });

  constructor(
    place: Element,
    private readonly places: Map<number, string>,
    private readonly pick: (id: number) => void,
  ) {
    const form = h(
      "form",
      { class: "find" },
      h("label", { class: "field" }, h("span", {}, say("姓名或手机号", "Name or phone")), h("input", { type: "search", name: "whom", autocomplete: "off", maxlength: 40 }), h("small", {}, say("填全名或完整手机号；空着则列出最近邀请的人", "the whole name or number; empty lists who was invited last"))),
      h("button", { class: "button button--main", type: "submit" }, say("查找", "Find")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.find(String(new FormData(form).get("whom")).trim());
    });
    fill(place, form, this.list);
    void this.find("");
  }

  /** Lists whom the words name; empty where a later search overtook this one. */
  async find(whom: string): Promise<Citizen[]> {
    const by = /^[\d +-]+$/.test(whom) ? "phone" : "name";
    let found: Citizen[] = [];
    await show(this.list, async (isLatest) => {
      const answer = whom ? (await read<Page<Citizen>>(`wellness/citizens?${by}=${encodeURIComponent(whom)}&limit=50`)).results : await readLatest<Citizen>("wellness/citizens", NEWEST);
      if (isLatest()) found = answer;
      return this.shown(answer, whom !== "");
    });
    return found;
  }

  private shown(found: Citizen[], asked: boolean): HTMLElement[] {
    if (found.length === 0) return [emptyBox(asked ? say("没有这个人。", "Nobody of that name or number.") : say("还没有邀请过人。", "Nobody was invited yet."), say("可以“邀请新的人”。", "You may invite somebody."))];
    return [rows(...found.map((person) => row([h("strong", {}, person.name), h("small", {}, aboutPerson(person, this.places))], actButton(say("打开", "Open"), () => this.pick(person.id), { "data-person": person.id, "aria-label": say(`打开 ${person.name}`, `open ${person.name}`) }))))];
  }
}

interface Invited {
  name: string;
  phone: string;
  /** False while it waits on the phone for the network. */
  arrived: boolean;
}

/** Inviting somebody: the least that is needed. It is kept on the phone while there is no network. */
export function askInvitation(places: Community[], kinds: [Kind, string][], pending: Pending, done: (invited: Invited) => void): void {
  ask({
    title: say("邀请新的人", "Invite somebody"),
    body: [
      chooser("community_id", say("社区（村）", "Community"), places.map((place) => [place.id, placeName(place.name)])),
      chooser("kind", say("邀请参加", "To what"), kinds),
      ...personFields(),
    ],
    confirm: say("邀请", "Invite"),
    showFault: problemBox,
    carryOut: async (form) => {
      const fields = { community_id: Number(form.get("community_id")), kind: form.get("kind"), ...personOf(form) };
      const arrived = await pending.add("wellness/invitations", { fields }, say(`邀请：${named(KINDS, String(fields.kind))}`, `invitation: ${named(KINDS, String(fields.kind))}`));
      done({ name: fields.name, phone: fields.phone, arrived });
    },
  });
}

function personFields(known?: Citizen): HTMLElement[] {
  const year = Number(today().slice(0, 4));
  return [
    textField("name", say("姓名", "Name"), { required: !known, maxlength: 30, autocomplete: "off" }, known ? say("不改则留空", "empty: unchanged") : ""),
    chooser("sex", say("性别", "Sex"), SEXES, known?.sex),
    h("div", { class: "pair" }, numberField("birth_year", say("出生年", "Year of birth"), { min: year - 120, max: year, inputmode: "numeric", value: known?.birth_year }), chooser("birth_month", say("出生月", "Month"), MONTHS, known?.birth_month)),
    textField("phone", known ? say("新手机号（不改则留空）", "New phone (empty: unchanged)") : say("手机号（没有可不填）", "Phone (where there is one)"), { type: "tel", inputmode: "numeric", maxlength: 20, autocomplete: "off" }),
  ];
}

function personOf(form: FormData): { name: string; sex: string; birth_year: number; birth_month: number; phone: string } {
  return { name: String(form.get("name")).trim(), sex: String(form.get("sex")), birth_year: Number(form.get("birth_year")), birth_month: Number(form.get("birth_month")), phone: String(form.get("phone") ?? "").trim() };
}

/** Correcting what was typed wrongly; tests keep the score they were given. */
export async function askCorrection(id: number, changed: (words: string) => void): Promise<void> {
  const isWanted = nextDialog();
  const { value: person, etag } = await readTagged<Citizen>(`wellness/citizens/${id}`);
  if (!isWanted()) return;
  ask({
    title: say("更正资料", "Correct the data"),
    body: [h("p", { class: "muted" }, say("已记录的测试按当时的资料评分，不会改动。", "Tests that were recorded keep their score.")), ...personFields(person)],
    confirm: say("更正", "Correct"),
    showFault: problemBox,
    carryOut: async (form) => {
      const { name, phone, ...others } = personOf(form);
      await write("PATCH", `wellness/citizens/${id}`, { ...others, ...(name ? { name } : {}), ...(phone ? { phone } : {}) }, { "If-Match": etag });
      changed(say("资料已更正", "corrected"));
    },
  });
}
