import "maplibre-gl/dist/maplibre-gl.css";

import { type ExpressionSpecification, type GeoJSONSource, Map as MapView, type MapMouseEvent, NavigationControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { say } from "../lib/words";
import { boundsOf } from "../map/communities";
import { groundStyle } from "../map/ground";
import { LOCAL_FONT } from "../map/style";
import { isInRing, type Land, middleOf } from "./land";

setWorkerUrl(workerUrl);

/** Pale land and a deep house per grid; neighbours seldom share one, and every grid bears its number. */
const COLOURS: [string, string][] = [
  ["#cfe3f3", "#2b6ca3"],
  ["#f6dfb8", "#a8690c"],
  ["#d6ead0", "#3c7a3a"],
  ["#ead6ee", "#80459a"],
  ["#f5d3cc", "#a8453a"],
  ["#cdeae6", "#1d7f78"],
  ["#e6e2b6", "#77741a"],
];

/** What is marked stands beside the shapes: a mark is drawn at once, and no shape is cut into tiles anew for it. */
const IS_CHOSEN: ExpressionSpecification = ["boolean", ["feature-state", "chosen"], false];
const IS_TARGET: ExpressionSpecification = ["boolean", ["feature-state", "target"], false];

const EMPTY = { type: "FeatureCollection" as const, features: [] };

interface Heard {
  /** A building of the plan, or of the land around it. */
  building: (ref: string, foreign: boolean) => void;
  grid: (sequence: number) => void;
  /** Buildings inside a line drawn around them. */
  several: (refs: string[]) => void;
}

/** The map on which buildings are chosen, and the grid that they are to belong to. */
export class AssigningMap {
  private readonly view: MapView;
  private land: Land | null = null;
  private drawn: Land | null = null;
  private chosen = new Set<string>();
  private target: number | null = null;
  private marked = { chosen: new Set<string>(), target: null as number | null };
  private ready = false;
  private drawing = false;

  constructor(
    private readonly frame: HTMLElement,
    land: Land,
    private readonly heard: Heard,
  ) {
    const bounds = boundsOf(land.grids.features.map((grid) => grid.geometry.coordinates));
    this.view = new MapView({
      container: frame,
      style: groundStyle(),
      ...(bounds ? { bounds } : {}),
      fitBoundsOptions: { padding: 28 },
      maxZoom: 19.5,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      boxZoom: false,
      attributionControl: false,
      localIdeographFontFamily: LOCAL_FONT,
      fadeDuration: 0,
      locale: { "NavigationControl.ZoomIn": say("放大", "Zoom in"), "NavigationControl.ZoomOut": say("缩小", "Zoom out"), "Map.Title": say("地图", "Map") },
    });
    this.view.touchZoomRotate.disableRotation();
    this.view.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.view.on("idle", () => (this.frame.dataset["state"] = "idle"));
    this.view.on("dataloading", () => {
      this.frame.dataset["state"] = "loading";
      this.view.triggerRepaint();
    });
    this.view.once("load", () => {
      this.ready = true;
      this.addLayers();
      this.redraw();
      this.view.on("click", (event) => this.click(event));
    });
    this.show(land, this.chosen, null);
  }

  /** Shows the land, what is chosen of it, and the grid it is to go to. */
  show(land: Land, chosen: Set<string>, target: number | null): void {
    this.land = land;
    this.chosen = chosen;
    this.target = target;
    if (this.ready) this.redraw();
  }

  /** Brings a building into the middle. */
  goTo(point: [number, number]): void {
    this.view.jumpTo({ center: point, zoom: Math.max(this.view.getZoom(), 17.5) });
  }

  /** From now on a line drawn with the pointer chooses what it goes around, and the map stands still. */
  encircle(on: boolean): void {
    this.drawing = on;
    if (on) this.view.dragPan.disable();
    else this.view.dragPan.enable();
    this.frame.classList.toggle("is-encircling", on);
    this.view.getCanvas().style.cursor = on ? "crosshair" : "";
    if (on) this.listenToLine();
  }

  destroy(): void {
    this.view.remove();
  }

  private addLayers(): void {
    const { view } = this;
    view.addSource("land", { type: "geojson", data: EMPTY, promoteId: "sequence" });
    view.addSource("houses", { type: "geojson", data: EMPTY, promoteId: "building" });
    view.addLayer({ id: "land-fill", type: "fill", source: "land", paint: { "fill-color": ["get", "pale"], "fill-opacity": 0.62 } }, "water");
    view.addLayer({ id: "land-line", type: "line", source: "land", paint: { "line-color": "#40514e", "line-width": 1.6 } });
    view.addLayer({ id: "land-target", type: "line", source: "land", layout: { "line-join": "round" }, paint: { "line-color": "#0b2e4f", "line-width": ["case", IS_TARGET, 5, 0] } });
    view.addLayer({ id: "house-fill", type: "fill", source: "houses", paint: { "fill-color": ["case", IS_CHOSEN, "#101c1d", ["get", "deep"]], "fill-opacity": ["case", ["get", "lived"], 0.9, 0.4] } });
    view.addLayer({ id: "house-line", type: "line", source: "houses", paint: { "line-color": ["case", IS_CHOSEN, "#ffb52e", ["get", "by_hand"], "#101c1d", "#ffffff"], "line-width": ["case", IS_CHOSEN, 3.5, ["get", "by_hand"], 2.5, 0.8] } });
    view.addLayer({ id: "house-point", type: "circle", source: "houses", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6, "circle-color": ["case", IS_CHOSEN, "#101c1d", ["get", "deep"]], "circle-stroke-color": ["case", IS_CHOSEN, "#ffb52e", "#ffffff"], "circle-stroke-width": ["case", IS_CHOSEN, 3, 1] } });
    view.addLayer({ id: "land-name", type: "symbol", source: "land", layout: { "text-field": ["get", "words"], "text-font": ["sans-serif"], "text-size": 15, "text-allow-overlap": false }, paint: { "text-color": "#101c1d", "text-halo-color": "rgba(255,255,255,0.94)", "text-halo-width": 2 } });
    for (const layer of ["house-fill", "house-point", "land-fill"]) {
      view.on("mouseenter", layer, () => !this.drawing && (view.getCanvas().style.cursor = "pointer"));
      view.on("mouseleave", layer, () => !this.drawing && (view.getCanvas().style.cursor = ""));
    }
  }

  private redraw(): void {
    if (this.land && this.land !== this.drawn) this.draw(this.land);
    this.mark();
  }

  private mark(): void {
    const { view, marked } = this;
    for (const building of marked.chosen) if (!this.chosen.has(building)) view.setFeatureState({ source: "houses", id: building }, { chosen: false });
    for (const building of this.chosen) if (!marked.chosen.has(building)) view.setFeatureState({ source: "houses", id: building }, { chosen: true });
    if (marked.target !== this.target) {
      if (marked.target !== null) view.setFeatureState({ source: "land", id: marked.target }, { target: false });
      if (this.target !== null) view.setFeatureState({ source: "land", id: this.target }, { target: true });
    }
    this.marked = { chosen: new Set(this.chosen), target: this.target };
  }

  private draw(land: Land): void {
    this.drawn = land;
    const grids = land.grids.features.map((grid) => {
      const { sequence, label, is_locked, households } = grid.properties;
      return { ...grid, properties: { ...grid.properties, pale: colourOf(sequence)[0], words: `${label.slice(-3)}${is_locked ? say(" 锁", " locked") : ""}\n${households}` } };
    });
    const houses = land.buildings.features.flatMap((house) => {
      if (!house.geometry) return [];
      const { building, sequence, households, by_hand } = house.properties;
      return [{ type: "Feature" as const, id: house.id ?? 0, geometry: house.geometry, properties: { building, by_hand, lived: households > 0, deep: colourOf(sequence)[1] } }];
    });
    void this.view.getSource<GeoJSONSource>("land")?.setData({ type: "FeatureCollection", features: grids });
    void this.view.getSource<GeoJSONSource>("houses")?.setData({ type: "FeatureCollection", features: houses });
  }

  private click(event: MapMouseEvent): void {
    if (this.drawing) return;
    const at = (layers: string[]) => this.view.queryRenderedFeatures(event.point, { layers })[0];
    const house = at(["house-fill", "house-point"]);
    if (house) return this.heard.building(String(house.properties["building"]), false);
    const grid = at(["land-fill"]);
    if (grid) return this.heard.grid(Number(grid.properties["sequence"]));
    const foreign = at(["building"]);
    if (foreign?.properties["ref"]) this.heard.building(String(foreign.properties["ref"]), true);
  }

  private listenToLine(): void {
    const cover = document.createElement("div");
    cover.className = "encircle";
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    picture.append(line);
    cover.append(picture);
    this.frame.append(cover);
    const points: [number, number][] = [];
    const place = (event: PointerEvent): [number, number] => {
      const box = this.frame.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    cover.addEventListener("pointerdown", (event) => {
      cover.setPointerCapture(event.pointerId);
      points.splice(0, points.length, place(event));
    });
    cover.addEventListener("pointermove", (event) => {
      if (points.length === 0) return;
      points.push(place(event));
      line.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    });
    const end = (): void => {
      cover.remove();
      this.heard.several(points.length > 3 ? this.inside(points) : []);
    };
    cover.addEventListener("pointerup", end);
    cover.addEventListener("pointercancel", end);
  }

  private inside(ring: [number, number][]): string[] {
    return (this.land?.buildings.features ?? []).flatMap((house) => {
      if (!house.geometry) return [];
      const { x, y } = this.view.project(middleOf(house.geometry));
      return isInRing([x, y], ring) ? [house.properties.building] : [];
    });
  }
}

/** The pale and the deep colour of a grid. */
export function colourOf(sequence: number): [string, string] {
  return COLOURS[(sequence - 1) % COLOURS.length] ?? ["#dcdad3", "#6f675b"];
}
