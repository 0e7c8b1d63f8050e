"""The columns of a register's file: found by what bureaus call them, in any order.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Mapping

from gis.compute.intake.layouts import Layout

REQUIRED = {"name": "姓名", "id_number": "证件号码"}

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "名字", "指导员姓名", "人员姓名", "name"),
    "id_number": (
        "证件号码", "身份证号", "身份证号码", "身份证", "公民身份号码", "居民身份证号码", "证件号", "idnumber", "idcard",
    ),
    "id_kind": ("证件类型", "证件种类"),
    "phone": (
        "手机号", "手机", "手机号码", "联系电话", "电话", "电话号码", "联系方式", "移动电话", "联系手机", "phone", "mobile",
    ),
    "bank_account": ("银行账号", "银行卡号", "银行账户", "卡号", "收款账号"),
    "ref": ("全国编号", "指导员编号", "登记编号", "注册编号", "ref"),
    "grade": ("等级", "技术等级", "指导员等级", "级别", "等级名称", "证书等级", "社会体育指导员等级", "指导员级别", "grade"),
    "certificate_number": ("证书编号", "证书号", "证书号码", "等级证书编号", "等级证书号", "证书编码", "certificate"),
    "issuing_body": ("发证单位", "发证机关", "授予单位", "审批单位", "批准单位", "发证部门", "审批机关"),
    "valid_from": ("发证日期", "批准日期", "授予日期", "获证日期", "发证时间", "批准时间", "审批时间", "审批日期"),
    "valid_to": ("有效期至", "有效期", "有效期限", "到期日期", "证书有效期", "有效期截止"),
    "items": ("项目", "指导项目", "授课项目", "健身项目", "擅长项目", "运动项目", "指导项目名称", "培训项目", "item"),
    "roles": ("授课类型", "教师类型", "授课类别", "配送类型", "师资类型"),
    "years": ("注册年度", "注册年份", "工作注册年度", "年度注册", "工作注册"),
    "registered_on": ("注册日期", "注册时间", "工作注册日期", "工作注册时间"),
    "county": ("区县", "所属区县", "县区", "县市区", "所在区县", "区", "县", "所属县区"),
    "town": (
        "街镇", "所属街镇", "街道", "乡镇", "所属街道", "所属乡镇", "乡镇街道", "街道乡镇", "镇街", "所在街镇", "所在街道",
    ),
    "unit": (
        "所属单位", "单位", "社区", "所属社区", "村居", "村社区", "社区村", "所在社区", "管理单位", "所在单位", "unit",
    ),
    "unit_code": ("单位代码", "区划代码", "社区代码", "单位编码", "行政区划代码"),
    "lon": ("经度", "东经", "lng", "lon", "longitude"),
    "lat": ("纬度", "北纬", "lat", "latitude"),
    "home_note": ("居住社区", "居住地社区"),
    "weekly_limit": ("每周场次上限", "每周上限", "周上限", "每周场次"),
}  # fmt: skip


REGISTER = Layout(
    SYNONYMS,
    REQUIRED,
    "表头须有“姓名”和“证件号码”（或身份证号）列，列的顺序不限",
    "let a header row name 姓名 and 证件号码 (or 身份证号), in any order",
)
