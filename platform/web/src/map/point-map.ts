import "maplibre-gl/dist/maplibre-gl.css";

import { type GeoJSONSource, Map as MapView, NavigationControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { say } from "../lib/words";
import { groundStyle } from "./ground";
import { LOCAL_FONT } from "./style";
import type { Bounds } from "./types";

setWorkerUrl(workerUrl);

/** What a place looks like: colour and shape both say it. */
export type Look = "site" | "served" | "partly" | "unserved" | "quiet" | "step";

export interface Dot {
  id: number;
  lon: number;
  lat: number;
  name: string;
  look: Look;
  /** Stands on the disc, such as the number of a step. */
  mark?: string;
}

const COLOURS: Record<Look, string> = { site: "#8a2a5e", served: "#1d6b3c", partly: "#b35c00", unserved: "#a3241f", quiet: "#5b6668", step: "#1f5787" };
const EMPTY = { type: "FeatureCollection" as const, features: [] };
const LEAST: Bounds = [113.1, 35.1, 113.4, 35.4];

/** A map of points on the city's own ground; every point can be picked. */
export class PointMap {
  private readonly view: MapView;
  private ready = false;
  private dots: Dot[] = [];
  private chosen: number | null = null;

  constructor(
    frame: HTMLElement,
    dots: Dot[],
    private readonly pick: (id: number) => void,
  ) {
    this.view = new MapView({
      container: frame,
      style: groundStyle(),
      bounds: boundsOfDots(dots) ?? LEAST,
      fitBoundsOptions: { padding: 36, maxZoom: 15.5 },
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
      localIdeographFontFamily: LOCAL_FONT,
      fadeDuration: 0,
      locale: {
        "NavigationControl.ZoomIn": say("放大", "Zoom in"),
        "NavigationControl.ZoomOut": say("缩小", "Zoom out"),
        "Map.Title": say("地图", "Map"),
        "CooperativeGesturesHandler.MobileHelpText": say("请用两指移动地图", "Use two fingers to move the map"),
        "CooperativeGesturesHandler.WindowsHelpText": say("按住 Ctrl 滚动可缩放", "Ctrl and scroll to zoom"),
        "CooperativeGesturesHandler.MacHelpText": say("按住 ⌘ 滚动可缩放", "⌘ and scroll to zoom"),
      },
    });
    this.view.touchZoomRotate.disableRotation();
    this.view.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.view.on("idle", () => (frame.dataset["state"] = "idle"));
    this.view.on("dataloading", () => {
      frame.dataset["state"] = "loading";
      this.view.triggerRepaint();
    });
    this.view.once("load", () => {
      this.ready = true;
      this.addLayers();
      this.redraw();
    });
    this.dots = dots;
  }

  /** Shows these points; `fit` also goes where they are. */
  show(dots: Dot[], fit = false): void {
    this.dots = dots;
    const bounds = boundsOfDots(dots);
    if (fit && bounds) this.view.fitBounds(bounds, { padding: 36, maxZoom: 15.5, animate: false });
    if (this.ready) this.redraw();
  }

  /** Rings one point; `travel` also goes there. */
  choose(id: number | null, travel = false): void {
    this.chosen = id;
    if (this.ready) this.redraw();
    const dot = this.dots.find((known) => known.id === id);
    if (travel && dot) this.view.jumpTo({ center: [dot.lon, dot.lat], zoom: Math.max(this.view.getZoom(), 14.5) });
  }

  destroy(): void {
    this.view.remove();
  }

  private addLayers(): void {
    const { view } = this;
    for (const look of Object.keys(COLOURS) as Look[]) view.addImage(look, discOf(look), { pixelRatio: 2 });
    view.addSource("dots", { type: "geojson", data: EMPTY });
    view.addLayer({
      id: "dot-ring",
      type: "circle",
      source: "dots",
      filter: ["get", "chosen"],
      paint: { "circle-radius": 19, "circle-color": "rgba(255,181,46,0.35)", "circle-stroke-color": "#101c1d", "circle-stroke-width": 3 },
    });
    view.addLayer({
      id: "dot",
      type: "symbol",
      source: "dots",
      layout: {
        "icon-image": ["get", "look"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.45, 12, 0.7, 15, 1],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "order"],
        "text-field": ["get", "mark"],
        "text-font": ["sans-serif"],
        "text-size": 13,
        "text-allow-overlap": true,
      },
      paint: { "text-color": "#ffffff" },
    });
    view.addLayer({
      id: "dot-name",
      type: "symbol",
      source: "dots",
      minzoom: 13.5,
      layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 14, "text-offset": [0, 1.15], "text-anchor": "top", "text-max-width": 9, "text-optional": true },
      paint: { "text-color": "#101c1d", "text-halo-color": "rgba(255,255,255,0.94)", "text-halo-width": 2 },
    });
    view.on("click", "dot", (event) => {
      const id = Number(event.features?.[0]?.properties["id"]);
      if (id) this.pick(id);
    });
    view.on("mouseenter", "dot", () => (view.getCanvas().style.cursor = "pointer"));
    view.on("mouseleave", "dot", () => (view.getCanvas().style.cursor = ""));
  }

  private redraw(): void {
    const order: Look[] = ["quiet", "site", "served", "partly", "unserved", "step"];
    const features = this.dots.map((dot) => ({
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: [dot.lon, dot.lat] },
      properties: { id: dot.id, name: dot.name, look: dot.look, mark: dot.mark ?? "", chosen: dot.id === this.chosen, order: order.indexOf(dot.look) },
    }));
    void this.view.getSource<GeoJSONSource>("dots")?.setData({ type: "FeatureCollection", features });
  }
}

function boundsOfDots(dots: Dot[]): Bounds | null {
  if (dots.length === 0) return null;
  const some = 0.004;
  const lons = dots.map((dot) => dot.lon);
  const lats = dots.map((dot) => dot.lat);
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
  return [least(lons) - some, least(lats) - some, most(lons) + some, most(lats) + some];
}

/** The same disc for the legend beside the map. */
export function discPicture(look: Look): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  canvas.className = "disc";
  canvas.setAttribute("aria-hidden", "true");
  canvas.getContext("2d")?.putImageData(discOf(look), 0, 0);
  return canvas;
}

/** A disc with a sign of its own, drawn here so that no file is asked for. */
function discOf(look: Look): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser has no canvas");
  pen.fillStyle = COLOURS[look];
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 4;
  pen.beginPath();
  const radius = look === "quiet" ? 11 : 19;
  if (look === "unserved") pen.rect(6, 6, 36, 36);
  else if (look === "partly") diamond(pen);
  else pen.arc(24, 24, radius, 0, Math.PI * 2);
  pen.fill();
  pen.stroke();
  pen.lineCap = "round";
  pen.lineWidth = 4.5;
  pen.beginPath();
  for (const [from, ...rest] of SIGNS[look]) {
    pen.moveTo(...(from as [number, number]));
    for (const to of rest) pen.lineTo(...to);
  }
  pen.stroke();
  return pen.getImageData(0, 0, 48, 48);
}

function diamond(pen: CanvasRenderingContext2D): void {
  pen.moveTo(24, 2);
  pen.lineTo(46, 24);
  pen.lineTo(24, 46);
  pen.lineTo(2, 24);
  pen.closePath();
}

const SIGNS: Record<Look, [number, number][][]> = {
  site: [[[13, 24], [35, 24]], [[16, 17], [16, 31]], [[32, 17], [32, 31]]],
  served: [[[15, 25], [22, 32], [34, 17]]],
  partly: [[[16, 24], [32, 24]]],
  unserved: [[[16, 16], [32, 32]], [[32, 16], [16, 32]]],
  quiet: [],
  step: [],
};
