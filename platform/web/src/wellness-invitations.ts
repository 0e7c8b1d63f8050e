import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/wellness.css";

import { problemBox, readLatest, renew } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { emptyBox } from "./lib/figures";
import { Pending } from "./lib/pending";
import { placeName, say } from "./lib/words";
import { actButton, row, rows } from "./network/parts";
import { told } from "./wellness/parts";
import { askInvitation, communities } from "./wellness/people";
import { type Community, type Kind, KINDS, named } from "./wellness/types";

interface Invitation {
  id: number;
  kind: Kind;
  name: string;
  community_id: number;
  invited_on: string;
  done: boolean;
}

const NEWEST = 100;

/** What grid staff see of fitness tests: whom they invited, and whether it is done. Nothing else is read here. */
class Invitations {
  private readonly pending: Pending;
  private readonly places: Map<number, string>;

  constructor(private readonly all: Community[]) {
    this.places = new Map(all.map((place) => [place.id, place.name]));
    this.pending = new Pending(byId("waiting"), () => void this.list());
    fill(byId("actions"), actButton(say("＋ 邀请", "+ Invite"), () => this.invite(), { class: "button button--main", id: "invite", disabled: all.length === 0 }));
    void this.list();
  }

  private invite(): void {
    askInvitation(this.all, KINDS, this.pending, (invited) => {
      if (invited.arrived) told(byId("said"), say("已邀请", "invited"));
      void this.list();
    });
  }

  private async list(): Promise<void> {
    await renew(byId("list"), async () => {
      const found = await readLatest<Invitation>("wellness/invitations", NEWEST);
      return found.length ? rows(...found.map((one) => this.row(one))) : emptyBox(say("还没有邀请过人。", "Nobody was invited yet."), say("邀请居民参加体质测试，只需姓名、性别和出生年月。", "To invite somebody takes a name, a sex and a month of birth."));
    });
  }

  private row(one: Invitation): HTMLElement {
    const about = [named(KINDS, one.kind), placeName(this.places.get(one.community_id) ?? "")].filter(Boolean).join(" · ");
    return row([h("strong", {}, one.name), h("small", {}, `${about} · `, h("span", { class: "whole" }, one.invited_on))], h("span", { class: `mark ${one.done ? "mark--good" : ""}` }, one.done ? say("✓ 已完成", "✓ done") : say("已邀请", "invited")));
  }
}

communities()
  .then((found) => new Invitations(found))
  .catch((fault: unknown) => fill(byId("list"), problemBox(fault, () => location.reload())));
