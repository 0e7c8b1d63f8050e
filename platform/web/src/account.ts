import "./lib/frame";
import "./style/account.css";
import { announce } from "./lib/dom";
import { say } from "./lib/words";

/** What stands in an element: the lines of a list, or its text without the spaces of its groups. */
function textOf(id: string): string {
  const element = document.getElementById(id);
  if (!element) return "";
  const lines = [...element.querySelectorAll("li")].map((line) => line.textContent ?? "");
  return lines.length ? lines.join("\n") + "\n" : (element.textContent ?? "").replace(/\s+/g, "");
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page without TLS has no clipboard; the old way works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function tell(button: HTMLElement, said: string): void {
  const before = button.textContent;
  button.textContent = said;
  announce(said);
  window.setTimeout(() => (button.textContent = before), 2000);
}

function download(id: string): void {
  const name = document.getElementById(id)?.dataset["file"] ?? "wangge";
  const head = say("恢复码，每个只能用一次", "Recovery codes, each works once");
  const file = new Blob([`${location.host} ${name}\n${head}\n\n${textOf(id)}`], { type: "text/plain" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${location.hostname}-${name}-recovery.txt`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    void copy(textOf(button.dataset["copy"] ?? "")).then((done) => {
      tell(button, done ? say("已复制", "Copied") : say("复制失败，请手工抄写", "Not copied: write it down"));
    });
  });
}
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-download]")) {
  button.addEventListener("click", () => download(button.dataset["download"] ?? ""));
}
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
const tools = document.getElementById("recovery-tools");
if (tools) tools.hidden = false;

// Six digits are a whole code, typed or pasted in groups: no need to press the button. Once only, so that a wrong code
// is mended by hand.
for (const field of document.querySelectorAll<HTMLInputElement>("[data-send-when-full]")) {
  field.addEventListener(
    "input",
    function full() {
      if (!/^\d{6}$/.test(field.value.normalize("NFKC").replace(/\s+/g, ""))) return;
      field.removeEventListener("input", full);
      field.form?.requestSubmit();
    },
  );
}
