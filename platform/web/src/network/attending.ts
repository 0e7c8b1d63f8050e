import { latestAt, Problem, problemBox, read, readAll, write } from "../lib/api";
import { announce, fill, h } from "../lib/dom";
import type { Content } from "../lib/kept";
import { count, today } from "../lib/numbers";
import { knownNow, latestRead, type Pending } from "../lib/pending";
import { smaller } from "../lib/photos";
import { dayText, localDay, timeText } from "../lib/week";
import { say } from "../lib/words";
import { askCancel, type Occurrence, reopen, reopenedNote, whenOf, whereOf } from "./occurrences";
import { actButton } from "./parts";

interface Code {
  svg: string;
  opens_at: string;
  expires_at: string;
}

/** One who has joined or was there. */
interface Person {
  participant_id: number;
  name: string;
  is_present: boolean;
  attendance_id: number | null;
  way: "qr" | "ticked" | null;
  checked_in_at: string | null;
}

const REFRESH_MS = 15_000;

/** One meeting, over the whole screen: the code to scan, who is there, how many more, a photo, and the end of it. */
export class Attending {
  private readonly code = h("div", { class: "check-in-code" });
  private readonly people = h("div", {});
  private readonly said = h("div", {});
  private readonly dialog: HTMLDialogElement;
  private everybody: Person[] = [];
  private readonly underWay = new Set<number>();
  /** Ticked here and not told to the server yet: whatever is read meanwhile does not know of them. */
  private readonly ticked = new Set<number>();
  private timer = 0;
  private told: Node | null = null;
  private readonly headcount = h("input", { type: "number", min: 0, max: 100000, inputmode: "numeric", "aria-label": say("没有登记姓名的人数", "people without a name") });

  constructor(
    private readonly one: Occurrence,
    private readonly pending: Pending,
    private readonly changed: (told: Node | null) => void,
  ) {
    this.headcount.value = String(one.headcount);
    const photo = h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", id: "photo-file", "aria-label": say("拍照", "take a photo") });
    photo.addEventListener("change", () => void this.photo(photo));
    this.dialog = h(
      "dialog",
      { class: "attending", "aria-labelledby": "attending-title" },
      h("h2", { id: "attending-title" }, one.title),
      h("p", { class: "muted" }, [whenOf(one), whereOf(one)].filter(Boolean).join(" · ")),
      this.said,
      this.code,
      h("h3", {}, say("点名（没有手机的人，点一下名字）", "Who is there (press a name)")),
      this.people,
      h("h3", {}, say("没有登记姓名的人", "People without a name")),
      h("div", { class: "stepper" }, actButton("−", () => this.step(-1), { "aria-label": say("少一人", "one fewer") }), this.headcount, actButton("＋", () => this.step(1), { "aria-label": say("多一人", "one more") })),
      h("div", { class: "buttons attending__acts" }, h("label", { class: "button button--wide", for: "photo-file" }, say("拍照（已告知在场的人并征得同意）", "Photo (those shown were told and agreed)")), photo, actButton(say("取消活动", "Cancel it"), () => this.cancel(), { class: "button button--wide button--quiet" })),
      actButton(say("活动结束", "It is over"), () => void this.finish(), { class: "button button--main button--huge", id: "finish" }),
      actButton(say("返回", "Back"), () => this.dialog.close(), { class: "button button--wide button--quiet" }),
    );
    this.dialog.addEventListener("close", () => {
      window.clearInterval(this.timer);
      this.dialog.remove();
      this.changed(this.told);
    });
  }

  open(): void {
    document.body.append(this.dialog);
    this.dialog.showModal();
    void this.showCode();
    void this.showPeople();
    this.timer = window.setInterval(() => {
      void this.showCode();
      void this.showPeople();
    }, REFRESH_MS);
  }

  private async showCode(): Promise<void> {
    const isLatest = latestAt(this.code);
    try {
      const code = await read<Code>(`occurrences/${this.one.id}/check-in-code`);
      if (!isLatest()) return;
      if (Date.parse(code.opens_at) > Date.now()) {
        const opens = `${dayText(localDay(code.opens_at), today())} ${timeText(code.opens_at)}`;
        return fill(this.code, h("p", { class: "notice notice--warn" }, say(`签到 ${opens} 开始，届时这里会出现二维码。`, `Check-in opens ${opens}; the code appears here then.`)));
      }
      const image = h("img", { alt: say("签到二维码", "check-in code"), src: `data:image/svg+xml;utf8,${encodeURIComponent(code.svg)}`, width: 352, height: 352 });
      fill(this.code, image, h("p", {}, say("请大家用手机扫码签到", "Scan to check in")), h("p", { class: "muted small" }, say(`${timeText(code.expires_at)} 前有效，会自动更新`, `good until ${timeText(code.expires_at)}, renewed by itself`)));
    } catch (fault) {
      if (!isLatest()) return;
      if (fault instanceof Problem && fault.status === 0) fill(this.code, h("p", { class: "notice notice--warn" }, say("没有网络：请直接点名，联网后自动上传。", "No network: press the names; they are sent later.")));
      else fill(this.code, problemBox(fault));
    }
  }

  private async showPeople(): Promise<void> {
    try {
      // Without a network the names that were read last are there to press.
      const found = await latestRead(this.listName, () => readAll<Person>(`occurrences/${this.one.id}/attendance`, 2000));
      if (!found) return;
      this.everybody = found.value;
      for (const person of this.everybody) if (person.attendance_id !== null) this.ticked.delete(person.participant_id);
    } catch (fault) {
      if (this.everybody.length === 0) fill(this.people, problemBox(fault, () => void this.showPeople()));
      return;
    }
    this.list();
  }

  private get listName(): string {
    return `attendance-${this.one.id}`;
  }

  private isThere(person: Person): boolean {
    return person.is_present || this.ticked.has(person.participant_id);
  }

  /** Keeps the list as it is shown: without a network it is read again so. */
  private keep(): Promise<void> {
    return knownNow(this.listName, this.everybody.map((person) => ({ ...person, is_present: this.isThere(person) })));
  }

  private list(): void {
    const there = this.everybody.filter((person) => this.isThere(person)).length;
    fill(
      this.people,
      h("p", { class: "muted", role: "status" }, say(`已到 ${count(there)} 人`, `${count(there)} there`)),
      this.everybody.length === 0 ? h("p", { class: "muted" }, say("还没有人报名。可以先让大家扫码。", "Nobody has joined yet; let them scan.")) : null,
      h("ul", { class: "ticks" }, ...this.everybody.map((person) => h("li", {}, this.tick(person)))),
    );
  }

  private tick(person: Person): HTMLElement {
    const scanned = person.way === "qr" && person.checked_in_at ? say(`扫码 ${timeText(person.checked_in_at)}`, `scanned ${timeText(person.checked_in_at)}`) : "";
    return h(
      "button",
      { class: "tick", type: "button", "aria-pressed": String(this.isThere(person)), "aria-disabled": this.underWay.has(person.participant_id) ? "true" : undefined, "data-participant": person.participant_id, onclick: () => void this.toggle(person) },
      h("span", { class: "tick__mark", "aria-hidden": "true" }, this.isThere(person) ? "✓" : "○"),
      h("span", {}, person.name, scanned ? h("small", { class: "muted" }, ` ${scanned}`) : null),
    );
  }

  private async toggle(person: Person): Promise<void> {
    if (this.underWay.has(person.participant_id)) return;
    this.underWay.add(person.participant_id);
    fill(this.said);
    try {
      if (person.attendance_id !== null) await this.untick(person);
      else if (this.isThere(person)) await this.takeBack(person);
      else await this.tickPresent(person);
    } catch (fault) {
      this.ticked.delete(person.participant_id);
      fill(this.said, problemBox(fault));
      await this.showPeople();
    }
    this.underWay.delete(person.participant_id);
    this.again(person);
  }

  /** Shown at once; on a weak network the tick is kept and sent later. */
  private async tickPresent(person: Person): Promise<void> {
    this.ticked.add(person.participant_id);
    this.again(person);
    await this.keep();
    const arrived = await this.pending.add(this.ticksPath, ticksOf(person), say(`${person.name} 到场`, `${person.name} is there`));
    if (!arrived) return;
    this.ticked.delete(person.participant_id);
    await this.showPeople();
  }

  private async untick(person: Person): Promise<void> {
    await write("DELETE", `attendances/${person.attendance_id}`);
    await this.absent(person);
  }

  /** A tick that has not left the phone is simply not told; of one that has, the list is read anew. */
  private async takeBack(person: Person): Promise<void> {
    if (!(await this.pending.takeBack(this.ticksPath, ticksOf(person)))) return this.showPeople();
    await this.absent(person);
  }

  /** The list may have been read anew since the press: the person is found in it by number. */
  private absent({ participant_id }: Person): Promise<void> {
    for (const one of this.everybody) if (one.participant_id === participant_id) Object.assign(one, { is_present: false, attendance_id: null, way: null });
    this.ticked.delete(participant_id);
    return this.keep();
  }

  private get ticksPath(): string {
    return `occurrences/${this.one.id}/ticks`;
  }

  /** Draws the list anew and leaves the eye and the finger where they were. */
  private again(person: Person): void {
    this.list();
    this.people.querySelector<HTMLElement>(`[data-participant="${person.participant_id}"]`)?.focus();
  }

  private step(by: number): void {
    this.headcount.value = String(Math.max(0, Number(this.headcount.value || 0) + by));
  }

  /** The button says what is stated by pressing it: that is the note of consent. */
  private async photo(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (!file) return;
    input.value = "";
    try {
      const blob = await smaller(file);
      const arrived = await this.pending.add(`occurrences/${this.one.id}/photos`, { fields: { consent_note: say("现场告知，同意拍摄", "told on the spot, agreed") }, file: { name: "photo.jpg", blob } }, say("活动照片", "photo"));
      const words = arrived ? say("✓ 照片已上传", "✓ the photo is there") : say("照片已保存在手机上，联网后上传", "the photo is kept and sent later");
      fill(this.said, h("p", { class: "notice notice--good", role: "status" }, words));
    } catch (fault) {
      fill(this.said, problemBox(fault));
    }
  }

  private async finish(): Promise<void> {
    fill(this.said);
    try {
      const arrived = await this.pending.add(`occurrences/${this.one.id}/finish`, { fields: { headcount: Number(this.headcount.value || 0) } }, say(`${this.one.title} 结束`, `${this.one.title} is over`));
      const words = arrived ? say("活动已结束并记录", "the activity is over and recorded") : say("活动已结束，联网后上传", "the activity is over; it is sent when the network is back");
      announce(words);
      this.told = finishedBar(this.one, words, async () => {
        // What has not left the phone is not told at all; what has, is taken back there.
        if (!(await this.pending.takeBack(`occurrences/${this.one.id}/finish`))) await reopen(this.one);
        this.changed(reopenedNote());
      });
      this.dialog.close();
    } catch (fault) {
      fill(this.said, problemBox(fault));
      this.said.scrollIntoView({ block: "center" });
    }
  }

  private cancel(): void {
    askCancel(this.one, () => this.dialog.close());
  }
}

function ticksOf(person: Person): Content {
  return { fields: { participant_ids: [person.participant_id] } };
}

/** “It is over”, with the way back beside it. */
function finishedBar(one: Occurrence, words: string, undo: () => Promise<void>): HTMLElement {
  const fault = h("div", {});
  const back = actButton(say("撤销", "Undo"), () => {
    back.disabled = true;
    undo().catch((reason: unknown) => {
      fill(fault, problemBox(reason));
      back.disabled = false;
    });
  }, { id: "undo-finish", "aria-label": say(`撤销“${one.title}”的结束`, `undo that “${one.title}” is over`) });
  return h("div", {}, h("div", { class: "notice notice--good undo-bar", role: "status" }, h("p", {}, `✓ ${words}`), back), fault);
}
