import { problemBox, readAll, show, write } from "../lib/api";
import { announce, byId, fill, h } from "../lib/dom";
import { clock } from "../lib/numbers";
import { addressShown } from "../lib/subscribing";
import { say } from "../lib/words";

interface Feed {
  id: number;
  site: { id: number; name: string } | null;
  note: string;
  created_at: string;
}

/** The own bookings in the phone's calendar: addresses that are shown once and revoked at will. */
export async function showFeeds(opened: Feed & { address: string } | null = null): Promise<void> {
  const place = byId("feeds");
  await show(place, async () => {
    const feeds = (await readAll<Feed>("calendar-feeds", 50)).filter((feed) => feed.site === null);
    const fault = h("div", {});
    const attempt = (deed: () => Promise<void>): void => void deed().catch((reason: unknown) => fill(fault, problemBox(reason)));
    return [
      h("p", { class: "muted" }, say("把安排同步到手机日历：在日历里“添加订阅”，填入下面的地址。知道地址的人都能看到您的安排，不用时请撤销。", "Keep your bookings in your phone's calendar: add a subscription with the address below. Whoever has it sees your bookings; revoke it when it is not used.")),
      opened ? addressShown(opened.address) : h("span", {}),
      feeds.length ? h("ul", { class: "plain-list" }, ...feeds.map((feed) => row(feed, attempt))) : h("span", {}),
      fault,
      h("button", { class: "button", type: "button", id: "open-feed", onclick: () => attempt(async () => showFeeds(await write<Feed & { address: string }>("POST", "calendar-feeds", { note: say("我的手机", "my phone") }))) }, say("生成订阅地址", "Make an address")),
    ];
  });
}

function row(feed: Feed, attempt: (deed: () => Promise<void>) => void): HTMLElement {
  const revoke = async (): Promise<void> => {
    await write("DELETE", `calendar-feeds/${feed.id}`);
    announce(say("已撤销", "revoked"));
    await showFeeds();
  };
  return h("li", { class: "person" }, h("span", {}, h("strong", {}, feed.note || say("订阅", "subscription")), ` · ${clock(feed.created_at)}`), h("button", { class: "button button--small button--quiet", type: "button", onclick: () => attempt(revoke) }, say("撤销", "Revoke")));
}
