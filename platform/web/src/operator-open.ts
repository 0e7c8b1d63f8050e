import "./lib/frame";

import { write } from "./lib/api";
import { byId, fill, h } from "./lib/dom";
import { say } from "./lib/words";
import type { City } from "./operator/cities";
import { busy, clearRefusal, field, showRefusal } from "./operator/forms";

const FIRST_ZONE = 4534;
const ZONES = 21;
const FIRST_MERIDIAN = 75;

/** The 3-degree zone whose meridian is nearest to a longitude. */
function zoneOf(longitude: number): number {
  return FIRST_ZONE + Math.min(ZONES - 1, Math.max(0, Math.round((longitude - FIRST_MERIDIAN) / 3)));
}

const text = (more: Record<string, unknown> = {}): HTMLInputElement => h("input", { type: "text", autocomplete: "off", ...more });

/** Opening a city: one form, checked by the server; what it refuses stands beside its field. */
class OpenCity {
  private readonly slug = text({ required: true, maxlength: 30, autocapitalize: "none", spellcheck: "false" });
  private readonly hosts = h("textarea", { rows: 3, required: true, spellcheck: "false" });
  private readonly longitude = text({ inputmode: "decimal" });
  private readonly latitude = text({ inputmode: "decimal" });
  private readonly zone = h("select", {}, ...Array.from({ length: ZONES }, (_, index) => h("option", { value: FIRST_ZONE + index }, say(`中央经线 ${FIRST_MERIDIAN + 3 * index}°E（EPSG:${FIRST_ZONE + index}）`, `meridian ${FIRST_MERIDIAN + 3 * index}°E (EPSG:${FIRST_ZONE + index})`))));
  private readonly said = byId("said");
  private readonly go = h("button", { class: "button button--main", type: "submit" }, say("开通", "Open the city"));
  private readonly form: HTMLFormElement;

  constructor() {
    this.zone.value = "4547";
    this.longitude.addEventListener("change", () => {
      const given = Number(this.longitude.value);
      if (this.longitude.value.trim() && Number.isFinite(given)) this.zone.value = String(zoneOf(given));
    });
    this.form = h(
      "form",
      { novalidate: true, class: "open-form" },
      this.group(
        say("城市", "The city"),
        field("name", say("名称", "Name"), text({ required: true, maxlength: 60 }), say("例如 焦作市", "for example 焦作市")),
        field("slug", say("简称", "Short name"), this.slug, say("2–30 个小写字母或数字，以字母开头；开通后不能更改", "2–30 small letters or digits, a letter first; it cannot be changed later")),
        field("division_code", say("区划代码", "Division code"), text({ required: true, maxlength: 6, inputmode: "numeric" }), say("地级市六位代码，例如 410800", "six digits of a city, for example 410800")),
        field("hosts", say("域名", "Hosts"), this.hosts, say("每行一个；第一个为主域名，如 jiaozuo.example.org", "one a line; the first is the primary one")),
        field("data_label", say("数据标注（可不填）", "Data label (optional)"), text({ maxlength: 200 }), say("显示在各页顶部，例如“演示几何为生成数据”", "said at the top of every page")),
      ),
      this.group(
        say("地图", "The map"),
        field("centre", say("中心经度（可不填）", "Longitude of the centre (optional)"), this.longitude, say("CGCS2000，例如 113.24；填写后自动选带", "CGCS2000, for example 113.24; it chooses the zone")),
        field("latitude", say("中心纬度（可不填）", "Latitude of the centre (optional)"), this.latitude, say("例如 35.22", "for example 35.22")),
        field("gauss_kruger_epsg", say("高斯–克吕格 3° 带", "Gauss–Krüger 3° zone"), this.zone, say("面积与距离在此带内计算；开通后不能更改", "areas and distances are measured in it; it cannot be changed later")),
      ),
      this.group(
        say("首位管理员", "The first administrator"),
        field("admin_display_name", say("显示名", "Display name"), text({ required: true, maxlength: 64 }), say("例如 市体育局管理员", "for example 市体育局管理员")),
        field("admin_username", say("用户名", "User name"), text({ required: true, maxlength: 64, autocapitalize: "none", spellcheck: "false" })),
        field("admin_password", say("初始密码", "First password"), h("input", { type: "password", required: true, maxlength: 256, autocomplete: "new-password" }), say("请另行告知本人，由其登录后更改", "tell it to that person by another way; they change it after signing in")),
      ),
      h("div", { class: "buttons" }, this.go, h("a", { class: "button button--quiet", href: "/" }, say("取消", "Cancel"))),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(this.go, () => this.send());
    });
    fill(byId("form"), this.form);
  }

  private group(title: string, ...fields: HTMLElement[]): HTMLElement {
    return h("fieldset", { class: "box" }, h("legend", {}, title), h("div", { class: "fields" }, ...fields));
  }

  private body(): Record<string, unknown> {
    const given = new FormData(this.form);
    const [longitude, latitude] = [this.longitude.value.trim(), this.latitude.value.trim()];
    const plain = Object.fromEntries(["name", "slug", "division_code", "data_label", "admin_display_name", "admin_username", "admin_password"].map((name) => [name, String(given.get(name) ?? "").trim()]));
    return {
      ...plain,
      admin_password: String(given.get("admin_password") ?? ""),
      gauss_kruger_epsg: Number(this.zone.value),
      hosts: this.hosts.value.split(/\s+/).filter(Boolean),
      centre: longitude || latitude ? [longitude, latitude] : null,
    };
  }

  private async send(): Promise<void> {
    clearRefusal(this.form, this.said);
    try {
      const city = await write<City>("POST", "cities", this.body());
      location.assign(`/cities/${city.slug}?opened`);
    } catch (fault) {
      showRefusal(this.form, this.said, fault);
    }
  }
}

new OpenCity();
