import "maplibre-gl/dist/maplibre-gl.css";

import { AttributionControl, Map as MapView, NavigationControl, type PointLike, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { h } from "../lib/dom";
import { say } from "../lib/words";
import { hatchTile, type Theme } from "./colours";
import { cityStyle, draftColour, gridColour, gridHatch, gridLabel, isGrid, isOneOf, LOCAL_FONT, PARTS } from "./style";
import type { Bounds, DraftGrid } from "./types";

setWorkerUrl(workerUrl);

export interface PickedGrid {
  id: number;
  code: string;
}

/** Land where a click finds no grid. */
export interface PickedCommunity {
  id: number;
  name: string;
}

const WORDS = {
  "NavigationControl.ZoomIn": say("放大", "Zoom in"),
  "NavigationControl.ZoomOut": say("缩小", "Zoom out"),
  "Map.Title": say("地图", "Map"),
  "Popup.Close": say("关闭", "Close"),
};

/** The map of one city: its layers, the grids in the colours of a theme, and one chosen grid. */
export class CityMap {
  private readonly view: MapView;
  private failed = false;
  private ready = false;

  constructor(
    readonly frame: HTMLElement,
    bounds: Bounds,
    covered_px: number,
    theme: Theme,
    private readonly heard: { pick: (grid: PickedGrid) => void; community: (community: PickedCommunity) => void; draft: (draft: DraftGrid) => void; fault: (text: string) => void },
  ) {
    this.view = new MapView({
      container: frame,
      style: cityStyle(theme),
      bounds,
      fitBoundsOptions: { padding: { top: covered_px ? 72 : 24, left: 24, right: 24, bottom: 24 + covered_px } },
      hash: "at",
      maxZoom: 19,
      minZoom: 8,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      localIdeographFontFamily: LOCAL_FONT,
      locale: WORDS,
      fadeDuration: 0,
      // Splitting a tile beyond its zoom would repeat the name of a polygon in every piece.
      zoomLevelsToOverscale: 20,
    });
    this.view.touchZoomRotate.disableRotation();
    this.view.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.view.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    const label = document.querySelector<HTMLMetaElement>('meta[name="data-label"]')?.content;
    this.view.addControl(
      new AttributionControl({ compact: false, customAttribution: label ? escape(label) : say("本市图层", "the city's layers") }),
      "bottom-right",
    );
    this.view.once("load", () => {
      this.ready = true;
      this.listen();
    });
    this.view.on("idle", () => (this.frame.dataset["state"] = "idle"));
    this.view.on("dataloading", () => {
      this.frame.dataset["state"] = "loading";
      this.view.triggerRepaint(); // “idle” comes after a frame, also when what was asked for is dropped again
    });
    this.view.on("error", (event) => this.complain(event.error));
    this.addPictures();
  }

  private addPictures(): void {
    this.view.setMissingStyleImageResolver((id) => {
      if (this.view.hasImage(id)) return;
      if (id === "site") this.view.addImage(id, sitePicture(), { pixelRatio: 2 });
      const hatch = (["up", "down", "cross"] as const).find((known) => id === `hatch-${known}`);
      if (hatch) this.view.addImage(id, hatchTile(hatch), { pixelRatio: 2 });
    });
  }

  private listen(): void {
    const { view } = this;
    view.on("click", (event) => {
      const site = view.queryRenderedFeatures(event.point, { layers: ["site"] })[0];
      if (site) {
        const name = String(site.properties["name"] || say("健身站点", "fitness site"));
        new Popup({ maxWidth: "18rem" }).setLngLat(event.lngLat).setDOMContent(h("strong", {}, name)).addTo(view);
        return;
      }
      const grid = view.queryRenderedFeatures(event.point, { layers: ["draft-fill", "grid-fill"] })[0];
      if (grid?.layer.id === "draft-fill") return this.heard.draft(grid.properties as unknown as DraftGrid);
      if (!grid) return this.bare(event.point);
      this.heard.pick({ id: Number(grid.properties["id"] ?? grid.id), code: String(grid.properties["code"] ?? "") });
    });
    for (const layer of ["grid-fill", "draft-fill", "site"]) {
      view.on("mouseenter", layer, () => (view.getCanvas().style.cursor = "pointer"));
      view.on("mouseleave", layer, () => (view.getCanvas().style.cursor = ""));
    }
  }

  private bare(point: PointLike): void {
    const land = this.view.queryRenderedFeatures(point, { layers: ["community-land"] })[0];
    if (land) this.heard.community({ id: Number(land.id ?? land.properties["id"]), name: String(land.properties["name"] ?? "") });
  }

  /** Marks the communities where nobody lives. */
  showEmpty(ids: number[]): void {
    this.view.setFilter("community-empty", isOneOf(ids));
  }

  private complain(fault: unknown): void {
    console.warn(fault);
    const status = (fault as { status?: number }).status;
    if (status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    if (this.failed || status === 404) return;
    this.failed = true;
    this.heard.fault(say("有图层未能载入，地图可能不完整。请刷新页面；仍失败请联系运维。", "A layer could not be loaded; the map may be incomplete. Reload; else tell the operator."));
  }

  /** Colours the grids by another fact. */
  showTheme(theme: Theme): void {
    const hatch = gridHatch(theme);
    this.view.setPaintProperty("grid-fill", "fill-color", gridColour(theme));
    this.view.setFilter("grid-hatch", hatch.filter);
    this.view.setPaintProperty("grid-hatch", "fill-pattern", hatch.pattern);
    this.view.setLayoutProperty("grid-name", "text-field", gridLabel(theme));
  }

  /** Shows or hides one part of the picture. */
  showPart(part: string, shown: boolean): void {
    for (const layer of PARTS[part] ?? []) this.view.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
  }

  /** Colours the plans that are not in force by their state. */
  showPlanStates(stateOfPlan: Map<number, string>): void {
    this.view.setPaintProperty("draft-fill", "fill-color", draftColour(stateOfPlan));
  }

  /** Draws the thick border around one grid; null takes it away. */
  choose(id: number | null, draftId: number | null = null): void {
    for (const layer of ["chosen", "chosen-halo"]) this.view.setFilter(layer, isGrid(id ?? -1));
    this.view.setFilter("draft-chosen", isGrid(draftId ?? -1));
  }

  /** Moves to a place, keeping what covers the map's lower part in mind. */
  goTo(bounds: Bounds, covered_px = 0): void {
    const padding = { top: 72, left: 48, right: 48, bottom: 48 + covered_px };
    this.view.fitBounds(bounds, { padding, maxZoom: 16.2, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches, duration: 700 });
  }

  /** Runs once the style is there; at once when it is already. (`isStyleLoaded` also waits for tiles.) */
  whenReady(run: () => void): void {
    if (this.ready) run();
    else this.view.once("load", run);
  }
}

function escape(text: string): string {
  const holder = document.createElement("i");
  holder.textContent = text;
  return holder.innerHTML;
}

/** A fitness site: a plum disc with a white running figure's stride, drawn here so that no file is asked for. */
function sitePicture(): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser has no canvas");
  pen.fillStyle = "#8a2a5e";
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 4;
  pen.beginPath();
  pen.arc(24, 24, 19, 0, Math.PI * 2);
  pen.fill();
  pen.stroke();
  pen.lineCap = "round";
  pen.lineWidth = 4.5;
  pen.beginPath();
  pen.moveTo(13, 24);
  pen.lineTo(35, 24);
  pen.moveTo(16, 17);
  pen.lineTo(16, 31);
  pen.moveTo(32, 17);
  pen.lineTo(32, 31);
  pen.stroke();
  return pen.getImageData(0, 0, 48, 48);
}
