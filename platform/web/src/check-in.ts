import "./lib/frame";
import "./style/places.css";
import "./style/network.css";

import { Problem, problemBox, read, write } from "./lib/api";
import { announce, byId, fill, h } from "./lib/dom";
import { clearFieldFaults, showFieldFaults } from "./lib/fields";
import { today } from "./lib/numbers";
import { dayText, localDay, timeText } from "./lib/week";
import { say } from "./lib/words";

type State = "open" | "early" | "closed" | "expired" | "cancelled";

interface Meeting {
  state: State;
  title: string;
  interest_grid: string;
  place_name: string;
  starts_at: string;
  ends_at: string;
  opens_at: string;
  closes_at: string;
}

interface CheckedIn {
  checked_in_at: string;
  title: string;
  rating_pass: string;
}

const CONSENT = "check-in-1";
const KNOWN = "wangge-check-in";
const token = byId("check-in").dataset["token"] ?? "";
const address = `check-in/${encodeURIComponent(token)}`;

/** Name and phone as they were typed last on this phone, so that nobody types them every week. */
function remembered(): { name: string; phone: string } {
  try {
    return { name: "", phone: "", ...(JSON.parse(localStorage.getItem(KNOWN) ?? "{}") as object) };
  } catch {
    return { name: "", phone: "" };
  }
}

function remember(person: { name: string; phone: string } | null): void {
  try {
    if (person) localStorage.setItem(KNOWN, JSON.stringify(person));
    else localStorage.removeItem(KNOWN);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

async function start(): Promise<void> {
  fill(byId("what"), h("p", { class: "loading", role: "status" }, say("正在读取活动…", "Loading…")));
  try {
    const meeting = await read<Meeting>(address);
    showMeeting(meeting);
    if (meeting.state === "open") showForm();
  } catch (fault) {
    if (fault instanceof Problem && fault.status === 404) fill(byId("what"), h("p", { class: "notice notice--warn", role: "status" }, say("这个二维码无效，请重新扫描现场的二维码。", "This code is not valid: scan the one shown at the place again.")));
    else fill(byId("what"), problemBox(fault, () => void start()));
  }
}

function closedWords(meeting: Meeting): string {
  switch (meeting.state) {
    case "early":
      return say(`签到 ${dayText(localDay(meeting.opens_at), today())} ${timeText(meeting.opens_at)} 开始，请届时再扫。`, `Check-in opens ${dayText(localDay(meeting.opens_at), today())} at ${timeText(meeting.opens_at)}; scan again then.`);
    case "closed":
      return say(`签到已于 ${timeText(meeting.closes_at)} 结束，请找网格员补登。`, `Check-in closed at ${timeText(meeting.closes_at)}; ask the grid member.`);
    case "expired":
      return say("二维码已更新，请重新扫描现场的二维码。", "This code is no longer current: scan the one shown there again.");
    case "cancelled":
      return say("这次活动已取消。", "This meeting was cancelled.");
    default:
      return "";
  }
}

function showMeeting(meeting: Meeting): void {
  const closed = closedWords(meeting);
  fill(
    byId("what"),
    h("p", { class: "when" }, dayText(localDay(meeting.starts_at), today()), " ", h("span", { class: "whole" }, `${timeText(meeting.starts_at)}–${timeText(meeting.ends_at)}`)),
    h("p", { class: "where" }, h("strong", {}, meeting.title), h("br"), [meeting.interest_grid, meeting.place_name].filter(Boolean).join(" · ")),
    closed ? h("p", { class: "notice notice--warn", role: "status" }, closed) : null,
  );
}

function showForm(): void {
  const known = remembered();
  const fault = h("div", {});
  const phone = h("input", { type: "tel", name: "phone", inputmode: "numeric", autocomplete: "tel", required: true, value: known.phone, maxlength: 20 });
  const name = h("input", { type: "text", name: "name", autocomplete: "name", required: true, value: known.name, maxlength: 60 });
  const consent = h("input", { type: "checkbox", name: "consent" });
  const keep = h("input", { type: "checkbox", checked: known.phone !== "" });
  const form = h(
    "form",
    { novalidate: true },
    h("label", { class: "field" }, h("span", {}, say("手机号", "Phone")), phone),
    h("label", { class: "field" }, h("span", {}, say("姓名", "Name")), name),
    h("label", { class: "choice" }, consent, h("span", {}, say("同意登记我的姓名和手机号，只用于本兴趣网格的活动联系，可随时要求删除。", "I agree that my name and phone are kept, only to tell me of its activities; I may have them erased at any time."))),
    h("label", { class: "choice" }, keep, h("span", {}, say("在这部手机上记住我（不是自己的手机请勿勾选）", "Remember me on this phone (not on somebody else's)"))),
    fault,
    h("button", { class: "button button--main button--huge", type: "submit" }, say("签到", "Check in")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearFieldFaults(form);
    fill(fault);
    const person = { phone: phone.value.trim(), name: name.value.trim() };
    const missing = blanks({ ...person, consent: consent.checked ? "yes" : "" });
    if (missing) return void showFieldFaults(form, missing);
    const body = { ...person, consent: consent.checked, consent_version: CONSENT };
    write<CheckedIn>("POST", address, body)
      .then((answer) => {
        remember(keep.checked ? person : null);
        showDone(answer);
      })
      .catch((reason: unknown) => {
        const left = showFieldFaults(form, reason);
        fill(fault, left ? problemBox(left) : null);
      });
  });
  fill(byId("form"), form);
}

/** What was left empty, said in the words of whoever stands there with a phone. */
function blanks(person: { phone: string; name: string; consent: string }): Problem | null {
  const wanted: [string, string, string, string][] = [
    ["phone", person.phone, "请填写手机号", "please give your phone number"],
    ["name", person.name, "请填写姓名", "please give your name"],
    ["consent", person.consent, "签到须先同意个人信息告知书，请阅读后勾选", "please read the notice on personal data and tick that you agree"],
  ];
  const errors = wanted.filter(([, value]) => value === "").map(([field, , zh, en]) => ({ code: "REQUIRED", field, message: { zh, en } }));
  return errors.length ? new Problem({ code: "REQUIRED", status: 400, errors }) : null;
}

/** Score, the mouth of the drawn face, and the word below it. */
const FACES: [1 | 2 | 3, string, string][] = [
  [3, "M11 24 Q20 33 29 24", say("满意", "Good")],
  [2, "M12 26 H28", say("一般", "So-so")],
  [1, "M11 29 Q20 20 29 29", say("不满意", "Not good")],
];

/** A face drawn in the ink of the text: every phone shows the same. */
function face(mouth: string): SVGElement {
  const made = (name: string, given: Record<string, string>): SVGElement => {
    const part = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(given)) part.setAttribute(key, value);
    return part;
  };
  const drawn = made("svg", { viewBox: "0 0 40 40", width: "44", height: "44", fill: "none", stroke: "currentColor", "stroke-width": "2.5", "stroke-linecap": "round", "aria-hidden": "true", focusable: "false" });
  drawn.append(made("circle", { cx: "20", cy: "20", r: "17" }), made("path", { d: "M14 15 V17 M26 15 V17" }), made("path", { d: mouth }));
  return drawn;
}

function showDone(answer: CheckedIn): void {
  fill(byId("form"), h("p", { class: "notice notice--good", role: "status" }, say(`✓ 已签到 ${timeText(answer.checked_in_at)}，祝您锻炼愉快！`, `✓ Checked in at ${timeText(answer.checked_in_at)}. Enjoy it!`)));
  announce(say("已签到", "checked in"));
  const said = h("div", {});
  fill(
    byId("rate"),
    h("h2", {}, say("活动怎么样？（可不答）", "How is it? (optional)")),
    h(
      "div",
      { class: "faces" },
      ...FACES.map(([score, mouth, words]) =>
        h(
          "button",
          {
            class: "button",
            type: "button",
            onclick: () =>
              void write("POST", "ratings", { rating_pass: answer.rating_pass, score })
                .then(() => fill(byId("rate"), h("p", { class: "notice notice--good", role: "status" }, say("✓ 谢谢您的评价", "✓ Thank you"))))
                .catch((fault: unknown) => fill(said, problemBox(fault))),
          },
          face(mouth),
          words,
        ),
      ),
    ),
    said,
  );
}

void start();
