import "./lib/frame";
import "./style/places.css";
import "./style/network.css";
import "./style/offices.css";

import { problemBox } from "./lib/api";
import { announce, byId, fill, h } from "./lib/dom";
import { startBodies } from "./network/bodies";
import { startDemands } from "./network/demands-page";
import { startGrids } from "./network/grids-page";
import { startHotline } from "./network/hotline-page";
import { startMembers } from "./network/members-page";
import { startPilots } from "./network/pilots";
import { type Reader, whoReads } from "./network/reader";

/** Where a page of the network puts itself, and how it says that something was done. */
export interface Stage {
  place: HTMLElement;
  said: (told: string | Node | null) => void;
}

const VIEWS: Record<string, (stage: Stage, reader: Reader) => void> = {
  grids: startGrids,
  members: startMembers,
  demands: startDemands,
  hotline: startHotline,
  bodies: startBodies,
  pilots: startPilots,
};

function said(told: string | Node | null): void {
  const shown = typeof told === "string" ? h("p", { class: "notice notice--good", role: "status" }, `✓ ${told}`) : told;
  fill(byId("said"), shown);
  if (typeof told === "string") announce(told);
  if (shown) byId("said").scrollIntoView({ block: "nearest" });
}

function start(): void {
  const place = byId("network");
  fill(place, h("p", { class: "loading", role: "status" }, "…"));
  whoReads()
    .then((reader) => VIEWS[place.dataset["view"] ?? ""]?.({ place, said }, reader))
    .catch((fault: unknown) => fill(place, problemBox(fault, start)));
}

start();
