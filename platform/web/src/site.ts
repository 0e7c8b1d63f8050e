import "./lib/frame";
import "./style/places.css";

import { latestAt, problemBox, read, readAll, readTagged, show, type Page } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { count } from "./lib/numbers";
import { myRights } from "./lib/rights";
import { spanText, WEEKDAYS, weekdayName } from "./lib/week";
import { placeName, say } from "./lib/words";
import { PointMap } from "./map/point-map";
import { type Calendar, calendarTable } from "./sites/calendar";
import { editSite } from "./sites/edit";
import { addNeed, needList, type Served } from "./sites/needs";
import { kindName, type Need, type Pair, type Site, type Unserved } from "./sites/types";

const ID = Number(byId("site").dataset["site"]);

/** One site. Each part reads for itself, so that one that fails leaves the others. */
class SitePage {
  private map: PointMap | null = null;

  constructor(private readonly rights: Set<string>) {
    void this.refresh();
  }

  private async refresh(): Promise<void> {
    const isLatest = latestAt(byId("facts"));
    try {
      const { value: site, etag } = await readTagged<Site>(`sites/${ID}`);
      if (isLatest()) this.show(site, etag);
    } catch (fault) {
      if (isLatest()) fill(byId("said"), problemBox(fault, () => void this.refresh()));
    }
  }

  private show(site: Site, etag: string): void {
    fill(byId("said"));
    this.head(site, etag);
    fill(byId("facts"), factsOf(site));
    this.map ??= new PointMap(byId("map"), [{ id: site.id, lon: site.lon, lat: site.lat, name: site.name, look: "site" }], () => undefined);
    void this.needs();
    if (this.rights.has("booking.view")) void show(byId("calendar"), async () => calendarTable(await read<Calendar>(`sites/${ID}/calendar`)));
    else fill(byId("calendar"), h("p", { class: "muted" }, say("您没有查看时间占用的权限。", "You may not see what is booked.")));
  }

  private head(site: Site, etag: string): void {
    byId("site-name").textContent = site.name;
    byId("site-place").textContent = [kindName(site.kind), site.town.name, site.unit.id === site.town.id ? "" : placeName(site.unit.name), site.address].filter(Boolean).join(" · ");
    document.title = document.title.replace(/^[^·]+/, `${site.name} `);
    if (site.valid_to) fill(byId("said"), h("p", { class: "notice notice--warn" }, say(`该站点已不在图层中（最后一天 ${site.valid_to}）。`, `The site has left the layer (last day ${site.valid_to}).`)));
    if (!this.rights.has("site.edit")) return;
    const again = (): void => void this.refresh();
    fill(byId("actions"), h("button", { class: "button", type: "button", id: "edit", onclick: () => editSite(site, etag, again) }, say("修改站点", "Change the site")));
    fill(byId("needs-tools"), h("button", { class: "button button--small", type: "button", id: "add-need", onclick: () => void addNeed(site, again).catch((fault: unknown) => fill(byId("said"), problemBox(fault))) }, say("＋ 添加需求", "+ Add a need")));
  }

  private async needs(): Promise<void> {
    await show(byId("needs"), async () => {
      const [needs, served] = await Promise.all([readAll<Need>(`sites/${ID}/needs`), this.served()]);
      return needList(needs, served, this.rights.has("site.edit"), () => void this.refresh());
    });
  }

  private async served(): Promise<Served | null> {
    if (!this.rights.has("assignment.view")) return null;
    const run = (await read<Page<{ id: number }>>("assignment-runs?state=adopted&limit=1")).results[0]?.id ?? null;
    if (run === null) return { run, pairs: [], unserved: [] };
    const [pairs, unserved] = await Promise.all([readAll<Pair>(`assignment-runs/${run}/pairs?site=${ID}`), readAll<Unserved>(`assignment-runs/${run}/unserved?site=${ID}`)]);
    return { run, pairs, unserved };
  }
}

function known(value: boolean | null, yes: string, no: string): string {
  return value === null ? say("不清楚", "unknown") : value ? yes : no;
}

function factsOf(site: Site): HTMLElement {
  const days = WEEKDAYS.map((day) => [weekdayName(day), site.opening_hours.filter((span) => span.weekday === day).map(spanText).join("、") || say("不开放", "closed")] as const);
  const hours = site.opening_hours.length === 0 ? say("未登记", "not recorded") : h("dl", { class: "hours" }, ...days.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
  const rows: [string, string | HTMLElement][] = [
    [say("类型", "Kind"), kindName(site.kind)],
    [say("容纳人数", "People at a time"), site.capacity === null ? say("未登记", "not recorded") : count(site.capacity)],
    [say("使用方式", "Use"), site.is_shared ? say("可同时多组使用", "several groups at a time") : say("一次一组", "one group at a time")],
    [say("负责人", "Head"), site.head?.name ?? say("未登记", "not recorded")],
    [say("无障碍通行", "Step-free"), known(site.is_step_free, say("✓ 可以", "✓ yes"), say("✕ 不可以", "✕ no"))],
    [say("无障碍卫生间", "Accessible toilet"), known(site.has_accessible_toilet, say("✓ 有", "✓ yes"), say("✕ 没有", "✕ no"))],
    ...(site.access_note ? [[say("无障碍说明", "About access"), site.access_note] as [string, string]] : []),
    [say("开放时间", "Opening hours"), hours],
    [say("编号", "Reference"), site.ref],
  ];
  return h("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

myRights()
  .then((rights) => new SitePage(rights))
  .catch((fault: unknown) => fill(byId("said"), problemBox(fault, () => location.reload())));
