import { problemBox, readAll, show, write } from "../lib/api";
import { announce, fill, h } from "../lib/dom";
import { clock } from "../lib/numbers";
import { addressShown } from "../lib/subscribing";
import { say } from "../lib/words";
import { actButton, row, rows } from "./parts";

interface Feed {
  id: number;
  interest_grid_id: number | null;
  community_id: number | null;
  created_at: string;
}

/** Whose meetings: of one interest grid, or of all that are at home in a community. */
export type FeedOf = { interest_grid_id: number } | { community_id: number };

function isOf(feed: Feed, of: FeedOf): boolean {
  return "community_id" in of ? feed.community_id === of.community_id : feed.interest_grid_id === of.interest_grid_id;
}

/** The meetings in the phone's calendar: own addresses, shown once and revoked at will. */
export async function showCalendar(place: HTMLElement, of: FeedOf, made: (Feed & { address: string }) | null = null): Promise<void> {
  await show(place, async () => {
    const feeds = (await readAll<Feed>("activity-feeds", 200)).filter((feed) => isOf(feed, of));
    const fault = h("div", {});
    const attempt = (deed: () => Promise<void>): void => void deed().catch((reason: unknown) => fill(fault, problemBox(reason)));
    // Whoever looks at another calendar meanwhile stays there.
    const again = async (opened: (Feed & { address: string }) | null = null): Promise<void> => void (fault.isConnected && (await showCalendar(place, of, opened)));
    const make = async (): Promise<void> => again(await write<Feed & { address: string }>("POST", "activity-feeds", of));
    const revoke = async (feed: Feed): Promise<void> => {
      await write("DELETE", `activity-feeds/${feed.id}`);
      announce(say("已撤销", "revoked"));
      await again();
    };
    return [
      h("p", { class: "muted" }, say("在手机日历里“添加订阅”，填入这里生成的地址，活动改期、取消都会自动更新。地址里没有姓名和电话；不用时请撤销。", "Add a subscription in your phone's calendar with an address made here: what is moved or called off changes by itself. It holds no names and no numbers; revoke it when it is not used.")),
      made ? addressShown(made.address) : h("span", {}),
      feeds.length ? rows(...feeds.map((feed) => row([say("我的订阅", "My subscription"), h("small", {}, clock(feed.created_at))], actButton(say("撤销", "Revoke"), () => attempt(() => revoke(feed)), { class: "button button--quiet" })))) : h("span", {}),
      fault,
      actButton(say("生成订阅地址", "Make an address"), () => attempt(make), { id: "open-feed" }),
    ];
  });
}
