"""What the demo city's enterprises do: by supervision category, with industry code, places and size."""

from __future__ import annotations

from dataclasses import dataclass

TOWNS = ("urban", "town")
PARKS = ("industrial", "chemical")
CHEMICAL = ("chemical",)
PORT = ("port", "chemical")
ROADS = ("urban", "town", "rural")


@dataclass(frozen=True)
class Trade:
    """One line of business: its word in names, GB/T 4754 class, where it settles, typical staff, how common it is."""

    word: str
    industry: str
    kinds: tuple[str, ...]
    employees: int
    weight: int
    business: str


TRADES = {
    "trade": (
        Trade("机械", "3512", PARKS, 90, 14, "石油钻采装备加工"),
        Trade("石油装备", "3512", ("industrial", "oilfield"), 140, 10, "石油钻采专用设备制造"),
        Trade("铸造", "3391", ("industrial", "town"), 60, 6, "铸铁件、铸钢件"),
        Trade("金属结构", "3311", PARKS, 55, 8, "钢结构加工安装"),
        Trade("压力容器", "3332", PARKS, 80, 4, "压力容器制造"),
        Trade("铝业", "3252", PARKS, 160, 3, "铝型材加工"),
        Trade("铜业", "3240", PARKS, 260, 2, "有色金属合金"),
        Trade("轮胎", "2911", ("chemical", "industrial"), 420, 5, "子午线轮胎"),
        Trade("橡胶制品", "2915", PARKS, 70, 6, "橡胶零件"),
        Trade("塑料", "2921", PARKS, 45, 5, "塑料薄膜"),
        Trade("纸业", "2221", PARKS, 240, 3, "机制纸及纸板"),
        Trade("纺织", "1751", ("industrial", "town"), 180, 5, "化纤织造"),
        Trade("服饰", "1811", TOWNS, 90, 3, "服装加工"),
        Trade("食品", "1331", ("town", "industrial"), 85, 5, "食用植物油"),
        Trade("水产", "1363", ("town", "rural"), 60, 3, "水产冷藏加工（液氨制冷）"),
        Trade("木业", "2011", ("town", "rural"), 35, 4, "木材加工"),
        Trade("建材", "3021", ("industrial", "town"), 50, 8, "水泥制品"),
        Trade("汽车部件", "3670", PARKS, 120, 5, "汽车制动零部件"),
        Trade("热力", "4430", ("urban", "industrial"), 90, 2, "城区供热"),
        Trade("物流", "5431", ("industrial", "town"), 40, 6, "普通货物运输"),
        Trade("仓储", "5990", ("industrial", "port"), 25, 4, "普通货物仓储"),
        Trade("商贸", "5211", ("urban",), 45, 8, "百货零售"),
        Trade("酒店", "6110", ("urban",), 70, 4, "住宿餐饮"),
    ),
    "chemical": (
        Trade("加油站", "5265", ROADS, 8, 34, "汽油、柴油零售"),
        Trade("石油销售", "5162", TOWNS, 14, 8, "成品油批发"),
        Trade("化工", "2614", CHEMICAL, 160, 16, "有机化学原料"),
        Trade("精细化工", "2662", CHEMICAL, 110, 8, "专项化学用品"),
        Trade("新材料", "2651", CHEMICAL, 150, 6, "合成树脂"),
        Trade("合成橡胶", "2652", CHEMICAL, 210, 2, "顺丁橡胶、丁苯橡胶"),
        Trade("能源", "2511", CHEMICAL, 380, 5, "原油加工及石油制品"),
        Trade("氯碱", "2612", CHEMICAL, 260, 2, "烧碱、液氯"),
        Trade("气体", "2619", PARKS, 30, 5, "工业气体充装"),
        Trade("燃气", "4511", ("urban", "town", "industrial"), 35, 5, "天然气储配"),
        Trade("液化气", "5297", ("town", "rural"), 10, 5, "液化石油气充装零售"),
        Trade("涂料", "2641", PARKS, 40, 3, "工业涂料"),
        Trade("农化", "2631", CHEMICAL, 95, 3, "化学农药"),
        Trade("油品仓储", "5941", PORT, 70, 5, "原油、成品油仓储"),
        Trade("化工仓储", "5942", PORT, 45, 4, "液体化学品仓储"),
        Trade("化工贸易", "5169", ("urban", "industrial"), 9, 12, "危险化学品经营（无储存）"),
    ),
    "fireworks": (
        Trade("烟花爆竹", "5249", ("town", "rural"), 3, 15, "烟花爆竹零售"),
        Trade("烟花", "5169", ("rural",), 12, 1, "烟花爆竹批发"),
    ),
    "mine": (
        Trade("盐业", "1030", ("mine",), 60, 5, "海盐、地下卤水采盐"),
        Trade("油气技术服务", "1120", ("oilfield",), 120, 6, "钻井、修井作业"),
        Trade("采油", "0711", ("oilfield",), 180, 3, "陆地石油开采"),
        Trade("砖瓦", "1019", ("rural", "town"), 30, 2, "粘土及砂石开采"),
    ),
    "other": (
        Trade("建筑", "4720", TOWNS, 130, 5, "房屋建筑施工"),
        Trade("污水处理", "4620", ("industrial", "urban"), 30, 3, "城镇污水处理（有限空间）"),
        Trade("汽修", "8111", TOWNS, 12, 4, "汽车修理"),
        Trade("文旅", "7711", ("rural", "urban"), 40, 2, "景区管理"),
        Trade("生活服务", "8090", ("urban",), 20, 2, "居民服务"),
        Trade("餐饮", "6210", ("urban",), 26, 3, "正餐服务"),
    ),
}
