import "../style/all.css";

import { guardSigningOut } from "./leaving";

const KEPT = "wangge-type";

/** The header's switch to large type, remembered on this device. */
function typeSwitch(): void {
  const button = document.getElementById("type-switch");
  if (!button) return;
  const set = (large: boolean): void => {
    if (large) document.documentElement.dataset["type"] = "large";
    else delete document.documentElement.dataset["type"];
    button.setAttribute("aria-pressed", String(large));
    window.dispatchEvent(new Event("resize"));
  };
  let large = false;
  try {
    large = localStorage.getItem(KEPT) === "large";
  } catch {
    // A browser that keeps nothing still switches for this page.
  }
  button.hidden = false;
  set(large);
  button.addEventListener("click", () => {
    large = !large;
    set(large);
    try {
      localStorage.setItem(KEPT, large ? "large" : "usual");
    } catch {
      // As above.
    }
  });
}

typeSwitch();
guardSigningOut();
