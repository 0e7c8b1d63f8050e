import { problemBox, readTagged, write } from "../lib/api";
import { ask, nextDialog } from "../lib/dialog";
import { announce, h } from "../lib/dom";
import { say } from "../lib/words";
import { chooser, textField } from "./parts";

/** What the API finds worth a second thought. */
export interface Warned {
  code: string;
  zh: string;
  en: string;
}

/** The mark of what is to be at a place that was closed. */
export function closedMark(): HTMLElement {
  return h("span", { class: "mark mark--bad" }, say("▲ 地点已停用", "▲ place closed"));
}

interface Activity {
  title: string;
  recurrence: string;
}

/** Where the interest grid usually meets, as far as that place stands. */
export interface UsualPlace {
  site: { id: number; name: string } | null;
  name: string;
}

/** Moves an activity with all that is to come of it to another place; its people are told. */
export async function askPlace(activityId: number, usual: UsualPlace, done: (told: string) => void): Promise<void> {
  const isWanted = nextDialog();
  const { value, etag } = await readTagged<Activity>(`activities/${activityId}`);
  if (!isWanted()) return;
  const { site } = usual;
  const named = textField("place_name", say("新的地点", "The new place"), { required: site === null, maxlength: 120, value: usual.name }, say("写清楚在哪里集合，例如：解放区政府东侧广场", "where people meet, such as: the square east of the town hall"));
  const where = site ? chooser("where", say("换到哪里", "Where to"), [["site", say(`平常的地点：${site.name}`, `the usual place: ${site.name}`)], ["other", say("别的地方（在下面填写）", "elsewhere (named below)")]]) : null;
  ask({
    title: say(`“${value.title}”换地点`, `Another place for “${value.title}”`),
    body: [
      h("p", {}, value.recurrence ? say("今后的各次都换到新地点，时间不变；参加的人会收到通知。", "All that is to come of it moves, at the same hours; its people are told.") : say("时间不变；参加的人会收到通知。", "At the same hour; its people are told.")),
      where,
      named,
    ],
    confirm: say("换到这里", "Move it there"),
    carryOut: async (form) => {
      const place_name = String(form.get("place_name")).trim();
      const stays = site !== null && form.get("where") === "site";
      await write("PATCH", `activities/${activityId}`, { site_id: stays ? site.id : null, place_name: stays ? "" : place_name }, { "If-Match": etag });
      announce(say("已换地点并通知", "moved and told"));
      done(say(`“${value.title}”已换地点，参加的人会收到通知`, `“${value.title}” was moved; its people are told`));
    },
    showFault: problemBox,
  });
}
