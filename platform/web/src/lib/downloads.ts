import { API } from "./api";
import { h } from "./dom";

const FORMATS = ["csv", "xlsx", "geojson", "gpkg"];

/** Links that download one thing in each format. */
export function downloads(path: string, name: string): HTMLElement {
  return h(
    "span",
    { class: "buttons" },
    ...FORMATS.map((format) =>
      h("a", { class: "button button--small button--quiet", href: `${API}${path}${path.includes("?") ? "&" : "?"}format=${format}`, download: true, "aria-label": `${name} ${format.toUpperCase()}` }, format === "geojson" ? "GeoJSON" : format.toUpperCase()),
    ),
  );
}
