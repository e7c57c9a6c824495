"""The demo city's emergency resources at the published counts, of realistic ages: some fresh, some old.

Source: 《全市数字化安全监管平台建设应用推广情况通报》, 23 February 2017: 213 teams, 1,293 supplies, 24 shelters,
12 communication, 12 transport, 20 medical.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.contrib.gis.geos import Polygon

from command_center.resources.models import (
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from core.models import Organisation
from core.pinyin import initials
from fixtures.demo.city import City, Progress, Spot, point
from fixtures.demo.places import DEGREE_LAT, DEGREE_LON
from geo.coordinates import SRID

ORDER = 30
DISTRICTS = {
    "370502": ("东营区", 44),
    "370503": ("河口区", 28),
    "370505": ("垦利区", 30),
    "370523": ("广饶县", 46),
    "370522": ("利津县", 28),
    "370571": ("开发区", 20),
    "370572": ("东营港", 17),
}
COUNTS = {Team: 213, Supply: 1293, Shelter: 24, MedicalPoint: 20, CommunicationAsset: 12, TransportAsset: 12}
TITLES = {
    Team: "救援队伍",
    Supply: "物资装备",
    Shelter: "避难场所",
    MedicalPoint: "医疗资源",
    CommunicationAsset: "通信资源",
    TransportAsset: "运输资源",
}


@dataclass(frozen=True)
class TeamSort:
    """What a sort of team is called, can do, has and where it stands."""

    kind: str
    name: str
    capabilities: tuple[str, ...]
    people: tuple[int, int]
    vehicles: str
    kit: str
    places: tuple[str, ...]
    weight: int


TEAMS = (
    TeamSort("fire", "消防救援站", ("fire", "collapse"), (18, 45), "水罐车、泡沫车、抢险车",
             "空气呼吸器、液压破拆、泡沫液", ("urban", "town"), 30),
    TeamSort("integrated", "综合应急救援队", ("fire", "flood", "collapse"), (12, 40), "指挥车、抢险车",
             "排水泵、发电机、照明灯塔", ("town", "urban"), 42),
    TeamSort("hazmat", "危化品应急救援队", ("hazmat", "fire", "environment"), (15, 35), "防化车、泡沫车",
             "重型防化服、堵漏工具、有毒气体检测仪、洗消装置", ("chemical", "port", "industrial"), 30),
    TeamSort("oilfield", "油气救援队", ("oilfield", "fire"), (12, 30), "井控车、压裂泵车",
             "井控装置、防喷器、正压式呼吸器", ("oilfield", "mine"), 16),
    TeamSort("flood", "防汛抢险队", ("flood", "earthwork"), (20, 60), "装载机、运输车",
             "移动泵站、编织袋、打桩机", ("town", "rural", "urban"), 28),
    TeamSort("water", "水上搜救队", ("water",), (8, 20), "巡逻艇、橡皮艇", "救生衣、声呐、潜水装具",
             ("port", "town"), 10),
    TeamSort("medical", "急救分站", ("medical",), (6, 16), "救护车", "除颤仪、呼吸机、急救箱", ("urban", "town"), 20),
    TeamSort("utility", "燃气抢修队", ("gas", "confined"), (8, 18), "抢修车", "燃气检测仪、封堵器、防爆工具",
             ("urban", "town"), 14),
    TeamSort("utility", "电力抢修队", ("power",), (8, 20), "带电作业车、发电车", "发电车、绝缘斗臂",
             ("urban", "town"), 10),
    TeamSort("traffic", "道路清障队", ("traffic", "earthwork"), (6, 16), "清障车、吊车", "拖车、吸附毡、警示设备",
             ("urban", "town"), 12),
    TeamSort("social", "民间救援队", ("collapse", "water"), (10, 40), "越野车", "绳索、橡皮艇、无人机", ("urban",), 8),
)  # fmt: skip
SUPPLIES: dict[str, tuple[tuple[str, str, int, int, int], ...]] = {
    # name, unit, least, most, shelf life in years (0: none)
    "firefighting": (("干粉灭火器", "具", 20, 200, 5), ("抗溶泡沫液", "吨", 1, 30, 3), ("消防水带", "盘", 20, 120, 0),
                     ("移动式消防炮", "台", 1, 6, 0)),
    "protection": (("正压式空气呼吸器", "套", 4, 40, 0), ("重型防化服", "套", 2, 24, 5), ("防毒面具", "个", 20, 200, 3),
                   ("隔热服", "套", 2, 20, 0)),
    "leak": (("木质堵漏楔", "套", 1, 10, 0), ("磁压堵漏工具", "套", 1, 6, 0), ("注入式堵漏器", "套", 1, 4, 0)),
    "absorbent": (("吸油毡", "公斤", 50, 2000, 4), ("围油栏", "米", 100, 2000, 6), ("活性炭", "公斤", 100, 3000, 3)),
    "neutraliser": (("氢氧化钙", "公斤", 200, 5000, 2), ("碳酸氢钠", "公斤", 100, 3000, 2),
                    ("洗消剂", "升", 50, 800, 2)),
    "flood": (("编织袋", "条", 1000, 50000, 5), ("移动排水泵", "台", 1, 12, 0), ("救生衣", "件", 20, 500, 5),
              ("冲锋舟", "艘", 1, 6, 0)),
    "rescue": (("液压剪扩器", "套", 1, 6, 0), ("生命探测仪", "台", 1, 4, 0), ("千斤顶", "台", 2, 20, 0)),
    "lighting": (("应急照明灯塔", "台", 1, 8, 0), ("发电机", "台", 1, 12, 0)),
    "medicine": (("急救包", "个", 20, 300, 3), ("担架", "副", 4, 60, 0), ("解毒药品箱", "箱", 2, 30, 2)),
    "living": (("帐篷", "顶", 10, 300, 0), ("棉被", "床", 50, 1500, 0), ("应急食品", "份", 100, 5000, 2),
               ("瓶装饮用水", "箱", 50, 2000, 1)),
}  # fmt: skip
HOSPITALS = (
    ("370502", "第一人民医院", "tertiary", 1200), ("370502", "中心医院", "tertiary", 980),
    ("370502", "中医医院", "secondary", 420),
    ("370502", "油城职工医院", "secondary", 380), ("370503", "河口区人民医院", "secondary", 420),
    ("370503", "仙河急救站", "station", 20), ("370505", "垦利区人民医院", "secondary", 460),
    ("370505", "黄河口中心卫生院", "primary", 90), ("370505", "永安急救站", "station", 12),
    ("370523", "广饶县人民医院", "secondary", 820), ("370523", "广饶县中医院", "secondary", 360),
    ("370523", "大王中心卫生院", "primary", 120), ("370523", "稻庄卫生院", "primary", 80),
    ("370523", "丁庄急救站", "station", 12),
    ("370522", "利津县中心医院", "secondary", 500), ("370522", "盐窝中心卫生院", "primary", 100),
    ("370522", "陈庄急救站", "station", 12), ("370571", "开发区医院", "secondary", 300),
    ("370572", "东营港医院", "primary", 110), ("370572", "港区急救站", "station", 16),
)  # fmt: skip
SHELTERS = (("370502", 6), ("370503", 3), ("370505", 3), ("370523", 5), ("370522", 3), ("370571", 3), ("370572", 1))
SHELTER_NAMES = ("人民广场", "体育公园", "实验中学操场", "文化广场", "体育馆", "职业学院", "滨河公园")
COMMUNICATION = ("satellite", "radio", "vehicle", "drone", "radio", "satellite", "radio", "drone", "vehicle", "radio",
                 "satellite", "radio")  # fmt: skip
TRANSPORT = ("bus", "lorry", "crane", "tanker", "bus", "boat", "lorry", "crane", "bus", "lorry", "tanker", "boat")
CHANNELS = {"satellite": "卫星电话", "radio": "集群台", "vehicle": "通信车", "drone": "系留无人机"}
CARRIERS = {
    "bus": ("应急客运车队", "45 座"),
    "lorry": ("应急货运车队", "载重 20 吨"),
    "crane": ("吊装清障车队", "起重 50 吨"),
    "tanker": ("危化罐车队", "容积 25 立方米"),
    "boat": ("应急船艇队", "载员 12 人"),
}


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    total = scale * sum(COUNTS.values())
    done = 0
    for _block in range(scale):
        for rows in (
            teams(city, rng),
            supplies(city, rng),
            shelters(city, rng),
            hospitals(city, rng),
            assets(city, rng, CommunicationAsset, COMMUNICATION),
            assets(city, rng, TransportAsset, TRANSPORT),
        ):
            city.write_all(rows)
            done += len(rows)
            progress(TITLES[type(rows[0])], done, total)


def office(city: City, code: str, kind: str = Organisation.Kind.AUTHORITY) -> Organisation:
    """The authority (or the fire brigade) of a district, or the city's."""
    of_kind = [o for o in city.organisations.values() if o.kind == kind]
    return next((o for o in of_kind if o.region.code == code), of_kind[0])


def common(city: City, rng: Random, name: str, code: str, spot: Spot, interval: int) -> dict[str, Any]:
    """What every resource has; the fresh ones say by whom."""
    verified_at = city.verified_at(rng, interval)
    return {
        "name": name,
        "pinyin": initials(name),
        "organisation": office(city, code),
        "address": spot.address,
        "contact_name": city.names.person(rng),
        "contact_phone": city.names.phone(),
        "region": spot.region,
        "geom": point(spot),
        "interval_days": interval,
        "verified_at": verified_at,
        "verified_by": city.users.get("duty") if verified_at else None,
        "verified_note": rng.choice(("电话核实", "现场核实")) if verified_at else "",
        "source": "演示数据",
    }


def districts(n: int) -> list[str]:
    """So many district codes, as the districts' weights are, and always the same."""
    whole = sum(weight for _, weight in DISTRICTS.values())
    codes = [code for code, (_, weight) in DISTRICTS.items() for _ in range(round(n * weight / whole))]
    order = list(DISTRICTS)
    while len(codes) < n:
        codes.append(order[len(codes) % len(order)])
    return codes[:n]


def teams(city: City, rng: Random) -> list[Resource]:
    rows: list[Resource] = []
    for code in districts(COUNTS[Team]):
        sort = rng.choices(TEAMS, [t.weight for t in TEAMS])[0]
        spot = city.spot(rng, code, sort.places)
        name = city.names.numbered(f"{DISTRICTS[code][0]}{short(spot)}{sort.name}")
        people = rng.randint(*sort.people)
        shared = common(city, rng, name, code, spot, 90)
        if sort.kind == "fire":
            shared["organisation"] = office(city, code, Organisation.Kind.RESCUE)
        luck = rng.random()
        status = (
            "available"
            if luck < 0.9
            else "delayed"
            if luck < 0.94
            else "out_of_service"
            if luck < 0.97
            else "unavailable"
        )
        rows.append(
            Team(
                **shared,
                kind=sort.kind,
                capabilities=list(sort.capabilities),
                people=people,
                vehicles=max(1, people // 8),
                vehicle_list=sort.vehicles,
                kit=sort.kit,
                status=status,
                status_since=city.moment_ago(rng, 0, 20),
            )
        )
    return rows


def short(spot: Spot) -> str:
    return spot.place.name.removesuffix("街道").removesuffix("镇")


def supplies(city: City, rng: Random) -> list[Resource]:
    """Stores of a dozen or so kinds of goods each."""
    rows: list[Resource] = []
    stores: dict[str, list[tuple[str, Spot]]] = {}
    for code in DISTRICTS:
        kinds: Sequence[str] = ("chemical", "industrial", "urban", "town", "port")
        spots = [city.spot(rng, code, kinds) for _ in range(max(4, DISTRICTS[code][1] // 3))]
        stores[code] = [(city.names.numbered(f"{short(spot)}应急物资库"), spot) for spot in spots]
    for code in districts(COUNTS[Supply]):
        store, spot = rng.choice(stores[code])
        kind = rng.choice(tuple(SUPPLIES))
        name, unit, least, most, years = rng.choice(SUPPLIES[kind])
        expires = city.today + dt.timedelta(days=rng.randint(-120, years * 365)) if years else None
        rows.append(
            Supply(
                **common(city, rng, name, code, spot, 90),
                kind=kind,
                quantity=0 if rng.random() < 0.02 else rng.randint(least, most),
                unit=unit,
                expires_on=expires,
                store=store,
            )
        )
    return rows


def shelters(city: City, rng: Random) -> list[Resource]:
    rows: list[Resource] = []
    for code, n in SHELTERS:
        for _ in range(n):
            spot = city.spot(rng, code, ("urban", "town"))
            kind = rng.choice(SHELTER_NAMES)
            indoor = kind in ("体育馆", "职业学院")
            day = rng.randrange(800, 12_000, 100)
            rows.append(
                Shelter(
                    **common(city, rng, city.names.numbered(f"{short(spot)}{kind}避难场所"), code, spot, 180),
                    kind="indoor" if indoor else "outdoor",
                    capacity_day=day,
                    capacity_night=day * (8 if indoor else 5) // 10,
                    facilities="供水、供电、厕所、医疗点" if rng.random() < 0.7 else "供水、厕所",
                    outline=block(spot, rng.uniform(60, 180)),
                )
            )
    return rows


def block(spot: Spot, metres: float) -> Polygon:
    dx, dy = metres / DEGREE_LON, metres * 0.7 / DEGREE_LAT
    box = Polygon.from_bbox((spot.lon - dx, spot.lat - dy, spot.lon + dx, spot.lat + dy))
    box.srid = SRID
    return box


def hospitals(city: City, rng: Random) -> list[Resource]:
    rows: list[Resource] = []
    for code, name, level, beds in HOSPITALS:
        spot = city.spot(
            rng, code, ("port",) if "港" in name else ("urban",) if level in ("tertiary", "secondary") else ("town",)
        )
        skills = "烧伤、中毒、创伤" if level == "tertiary" else "创伤、内科" if level == "secondary" else "急救"
        rows.append(
            MedicalPoint(
                **common(city, rng, city.names.numbered(name), code, spot, 30),
                level=level,
                beds=beds,
                ambulances=max(2, beds // 120),
                specialties=skills,
                status="busy" if rng.random() < 0.15 else "available",
            )
        )
    return rows


def assets(city: City, rng: Random, model: type[Resource], kinds: Sequence[str]) -> list[Resource]:
    rows: list[Resource] = []
    for number, kind in enumerate(kinds):
        code = list(DISTRICTS)[number % len(DISTRICTS)]
        spot = city.spot(rng, code, ("port",) if kind == "boat" else ("urban", "town"))
        faulty = rng.random() < 0.08
        more: dict[str, Any] = {
            "kind": kind,
            "quantity": rng.randint(2, 20),
            "status": "faulty" if faulty else "available",
        }
        if model is CommunicationAsset:
            name, more["channel"] = (
                f"{DISTRICTS[code][0]}{CHANNELS[kind]}",
                f"{rng.randint(350, 370)}.{rng.randint(100, 999)} MHz",
            )
        else:
            name, more["capacity"] = f"{DISTRICTS[code][0]}{CARRIERS[kind][0]}", CARRIERS[kind][1]
        interval = 30 if model is CommunicationAsset else 90
        rows.append(model(**common(city, rng, city.names.numbered(name), code, spot, interval), **more))
    return rows
