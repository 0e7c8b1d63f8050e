import { english, say } from "../lib/words";

/** What the importer's fields are called on the page: the columns of the layers, and the fields of the form. */
const NAMES: Record<string, string> = {
  geometry: say("图形（坐标）", "geometry"),
  file: say("文件", "file"),
  layer: say("文件中的图层", "layer in the file"),
  kind: say("图层", "layer"),
  crs: say("坐标系", "coordinate system"),
  control_point: say("控制点", "control point"),
  source_note: say("来源说明", "source"),
};

/** The same for columns, whose names in English are the stored ones. */
const COLUMNS_ZH: Record<string, string> = {
  code: "统计用区划代码",
  name: "名称",
  town_name: "街镇",
  settlement: "城乡",
  households: "户数",
  population: "人口",
  ref: "编号",
  address: "地址",
  compound_name: "小区",
  community_code: "社区代码",
  villager_group: "村民小组",
  use: "用途",
  floors: "层数",
  height_m: "高度",
  household_source: "户数来源",
  stands_for_id: "代替小区",
  barrier_kind: "阻隔类型",
  road_class: "道路等级",
  is_bridge: "桥",
  is_tunnel: "隧道",
  site_kind: "站点类型",
  area_m2: "面积",
  capacity: "容纳人数",
  opening_hours: "开放时间",
  is_accessible: "无障碍",
};

/** The field of a finding by its name; one that is not known, such as a file's own column, as it stands. */
export function fieldName(field: string | null): string {
  if (field === null) return "—";
  return NAMES[field] ?? (english ? field.replaceAll("_", " ") : (COLUMNS_ZH[field] ?? field));
}
