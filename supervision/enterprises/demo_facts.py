"""What the demo's enterprises are tagged with, hold and are exposed to, by their line of business."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# Tags by GB/T 4754 class; those in BY_CHANCE only so often.
TAGS: dict[str, tuple[str, ...]] = {
    "2614": ("chemical_production", "key_chemical"),
    "2662": ("chemical_production",),
    "2651": ("chemical_production",),
    "2652": ("chemical_production", "key_process"),
    "2511": ("chemical_production", "key_process", "key_chemical"),
    "2612": ("chemical_production", "key_process", "key_chemical"),
    "2631": ("chemical_production",),
    "2641": ("chemical_use",),
    "2619": ("chemical_storage_trade", "key_chemical"),
    "5265": ("filling_station",),
    "5162": ("chemical_storage_trade",),
    "5941": ("chemical_storage_trade",),
    "5942": ("chemical_storage_trade",),
    "5297": ("chemical_storage_trade", "gas"),
    "4511": ("gas",),
    "5169": ("chemical_trade",),
    "2011": ("dust",),
    "1751": ("dust",),
    "2221": ("confined_space",),
    "1363": ("ammonia",),
    "3391": ("molten_metal",),
    "3252": ("molten_metal",),
    "3240": ("molten_metal",),
    "4620": ("confined_space",),
    "6110": ("crowded",),
    "5211": ("crowded",),
    "7711": ("crowded",),
    "6210": ("gas",),
    "4430": ("confined_space",),
}
BY_CHANCE: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("key_process", ("2614", "2662", "2651"), 0.45),
    ("dust", ("3311", "3512", "1331", "2921"), 0.18),
    ("confined_space", ("1331", "1363", "2614", "2662", "3021", "1811"), 0.3),
    ("ammonia", ("1331",), 0.2),
    ("gas", ("3391", "3252", "6110"), 0.25),
    ("chemical_use", ("2911", "2915", "3252"), 0.15),
    ("key_chemical", ("2662", "2651", "5942", "5941"), 0.5),
)


def tags(rng: Random, industry: str, is_fireworks: bool) -> list[str]:
    found = [] if is_fireworks else list(TAGS.get(industry, ()))
    found += [tag for tag, industries, chance in BY_CHANCE if industry in industries and rng.random() < chance]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Paper:
    """A kind of licence as the demo's offices write it; `years` 0: without an end."""

    kind: str
    years: int
    number: str  # of year and a running number
    office: str  # of the district's town
    since_reform: str  # the same office after the reform of October 2018
    scope: str = ""


PAPERS = {
    "chemical_production": Paper(
        "chemical_production",
        3,
        "（鲁）WH安许证字〔{year}〕05{n:04d}号",
        "山东省安全生产监督管理局",
        "山东省应急管理厅",
        "{business}生产",
    ),
    "chemical_trade": Paper(
        "chemical_trade",
        3,
        "鲁东（{short}）危化经〔{year}〕{n:05d}号",
        "{town}安全生产监督管理局",
        "{town}应急管理局",
        "{business}",
    ),
    "chemical_use": Paper(
        "chemical_use",
        3,
        "鲁东危化使字〔{year}〕{n:05d}号",
        "东营市安全生产监督管理局",
        "东营市应急管理局",
        "生产过程使用危险化学品",
    ),
    "mine_safety": Paper(
        "mine_safety",
        3,
        "（鲁）FM安许证字〔{year}〕05-{n:04d}号",
        "山东省安全生产监督管理局",
        "山东省应急管理厅",
        "{business}",
    ),
    "fireworks_wholesale": Paper(
        "fireworks_wholesale",
        3,
        "（鲁）PF〔{year}〕{n:05d}",
        "东营市安全生产监督管理局",
        "东营市应急管理局",
        "C、D 级烟花爆竹批发",
    ),
    "fireworks_retail": Paper(
        "fireworks_retail",
        2,
        "（鲁东）LS〔{year}〕{n:05d}",
        "{town}安全生产监督管理局",
        "{town}应急管理局",
        "C、D 级烟花爆竹零售",
    ),
    "construction_safety": Paper(
        "construction_safety",
        3,
        "（鲁）JZ安许证字〔{year}〕05{n:04d}-01",
        "山东省住房和城乡建设厅",
        "山东省住房和城乡建设厅",
        "建筑施工",
    ),
    "standardisation": Paper(
        "standardisation",
        3,
        "鲁AQB3705III〔{year}〕{n:05d}",
        "东营市安全生产监督管理局",
        "东营市应急管理局",
        "安全生产标准化三级企业",
    ),
    "precursor": Paper(
        "precursor",
        3,
        "（鲁）3J3705〔{year}〕{n:05d}",
        "东营市安全生产监督管理局",
        "东营市应急管理局",
        "第三类非药品类易制毒化学品",
    ),
    "special_equipment": Paper(
        "special_equipment", 0, "容10鲁E{n:05d}（{year}）", "东营市质量技术监督局", "东营市市场监督管理局", ""
    ),
}
EQUIPMENT = ("承压蒸汽锅炉", "储气罐", "桥式起重机", "叉车", "液氨储罐", "导热油炉")
WITH_EQUIPMENT = ("26", "25", "33", "35", "32", "29", "13", "22", "44", "30")


def paper_kinds(rng: Random, categories: list[str], tags_: list[str], industry: str, employees: int) -> list[str]:
    found = []
    if "chemical_production" in tags_:
        found.append("chemical_production")
    if {"chemical_storage_trade", "chemical_trade", "filling_station"} & set(tags_) or (
        "chemical" in categories and not found and "gas" not in tags_
    ):
        found.append("chemical_trade")
    if "chemical_use" in tags_ and "chemical_production" not in tags_:
        found.append("chemical_use")
    if "mine" in categories:
        found.append("mine_safety")
    if "fireworks" in categories:
        found.append("fireworks_retail" if industry == "5249" else "fireworks_wholesale")
    if industry.startswith("47"):
        found.append("construction_safety")
    if employees >= 20 and rng.random() < 0.45:
        found.append("standardisation")
    if industry in ("2614", "2662", "2612") and rng.random() < 0.25:
        found.append("precursor")
    return found


Factor = tuple[str, str, str]  # kind, factor, workplace
FACTORS: tuple[tuple[tuple[str, ...], tuple[Factor, ...]], ...] = (
    (
        ("25", "26", "5941", "5942"),
        (
            ("chemical", "苯", "装卸台"),
            ("chemical", "硫化氢", "装置区采样点"),
            ("chemical", "甲醇", "罐区"),
            ("physical", "噪声", "压缩机房"),
        ),
    ),
    (("5265", "5162"), (("chemical", "汽油", "加油岛"),)),
    (
        ("33", "35", "36"),
        (("dust", "电焊烟尘", "焊接工位"), ("physical", "噪声", "机加工车间"), ("dust", "砂轮磨尘", "打磨间")),
    ),
    (("339", "32"), (("physical", "高温", "熔炼工段"), ("dust", "矽尘", "造型工段"), ("physical", "噪声", "落砂工位"))),
    (
        ("29",),
        (("dust", "炭黑粉尘", "密炼工段"), ("chemical", "溶剂汽油", "成型工段"), ("physical", "噪声", "压延工段")),
    ),
    (("20", "17", "18"), (("dust", "木粉尘、棉尘", "加工车间"), ("physical", "噪声", "加工车间"))),
    (("13",), (("physical", "噪声", "包装车间"), ("chemical", "氨", "制冷机房"))),
    (("30", "10"), (("dust", "水泥、石灰石粉尘", "破碎工段"), ("physical", "噪声", "破碎工段"))),
    (("07", "11"), (("physical", "噪声", "井场"), ("chemical", "硫化氢", "井口"))),
    (("22", "46"), (("chemical", "硫化氢", "污水处理站"), ("physical", "噪声", "风机房"))),
)


def factors(industry: str) -> tuple[Factor, ...]:
    return next((found for codes, found in FACTORS if industry.startswith(codes)), ())


LEDGER = (
    ("training", "新员工三级安全教育", 3, 30),
    ("training", "全员年度安全再培训", 10, 120),
    ("meeting", "季度安全生产例会", 5, 20),
    ("self_check", "综合性安全检查", 2, 8),
    ("self_check", "节前安全自查", 2, 6),
    ("rules", "修订安全生产责任制和操作规程", 0, 0),
    ("organisation", "调整安全管理机构和人员任命", 0, 0),
    ("protection", "发放劳动防护用品", 5, 80),
    ("special_staff", "特种作业人员证件复审", 1, 6),
    ("special_equipment", "特种设备定期检验", 0, 0),
    ("contractor", "外来施工单位安全协议与交底", 2, 15),
    ("accident", "未遂事件记录与分析", 1, 3),
)
DRILLS = (
    (
        "chemical",
        (
            ("储罐泄漏处置", "危险化学品泄漏专项预案"),
            ("装卸车泄漏着火", "火灾爆炸专项预案"),
            ("中毒窒息救援", "中毒窒息专项预案"),
            ("全厂停电应急处置", "综合应急预案"),
        ),
    ),
    (
        "mine",
        (("井喷失控处置", "井喷专项预案"), ("硫化氢泄漏撤离", "硫化氢中毒专项预案"), ("风暴潮避险", "综合应急预案")),
    ),
    ("fireworks", (("仓库火情处置", "火灾爆炸专项预案"), ("门店疏散", "综合应急预案"))),
    (
        "",
        (
            ("车间火灾疏散", "火灾专项预案"),
            ("有限空间作业救援", "有限空间专项预案"),
            ("触电伤害救护", "综合应急预案"),
            ("机械伤害救护", "综合应急预案"),
        ),
    ),
)
ON_SITE = ("岗位泄漏初期处置", "岗位初起火灾扑救", "人员受伤现场急救", "紧急停车操作")
RESCUE = (
    ("gate", "主大门", "净宽 7 米，消防车可双向通行。", (70, 10)),
    ("gate", "物流门", "平时关闭，值班室有钥匙。", (-60, -30)),
    ("water", "消防水池", "有效容积 {n}00 立方米，取水口两处。", (20, 60)),
    ("valve", "紧急切断阀", "中控室和现场均可操作。", (-15, 25)),
    ("key_part", "储存区", "禁止直流水冲击，注意下风向。", (-40, 45)),
    ("assembly", "紧急集合点", "大门外停车场，先清点人数。", (95, -20)),
    ("kit", "应急物资柜", "正压式空气呼吸器 {n} 套，堵漏工具 1 套。", (10, -25)),
)
TACTICS = {
    "chemical": "先侦检后进入，上风向设警戒；泄漏先关阀断料，着火先冷却邻罐。",
    "mine": "先停泵关井，防硫化氢，下风向人员撤离。",
    "fireworks": "只可远距离大水量灭火，人员撤至 200 米外。",
    "": "先断电断气，确认人员清点情况后再进入。",
}
FORMS = (
    ("有限责任公司（自然人投资或控股）", 60),
    ("有限责任公司（法人独资）", 16),
    ("股份有限公司（非上市）", 6),
    ("个体工商户", 0),
    ("有限责任公司分公司", 10),
    ("个人独资企业", 8),
)
