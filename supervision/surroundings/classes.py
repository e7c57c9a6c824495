"""Which class a protected place is of: GB 36894-2018《危险化学品生产装置和储存设施风险基准》, chapter 3 and table 1."""

from __future__ import annotations

from django.db.models import TextChoices


class TargetClass(TextChoices):
    """防护目标分类, the most sensitive first."""

    HIGH = "high", "高敏感防护目标"
    IMPORTANT = "important", "重要防护目标"
    GENERAL_1 = "general_1", "一般防护目标一类"
    GENERAL_2 = "general_2", "一般防护目标二类"
    GENERAL_3 = "general_3", "一般防护目标三类"


class Category(TextChoices):
    """What stands there, in the words of the standard."""

    EDUCATION = "education", "教育设施（学校、幼儿园）"
    MEDICAL = "medical", "医疗卫生场所"
    WELFARE = "welfare", "社会福利设施"
    CULTURE = "culture", "文化设施"
    EXHIBITION = "exhibition", "公共图书展览设施"
    HERITAGE = "heritage", "文物保护单位"
    RELIGION = "religion", "宗教场所"
    RAIL = "rail", "城市轨道交通设施"
    SECURITY = "security", "军事、安保设施"
    FOREIGN = "foreign", "外事场所"
    RESIDENTIAL = "residential", "住宅及相应服务设施"
    OFFICE = "office", "行政办公设施"
    SPORT = "sport", "体育场馆"
    COMMERCE = "commerce", "商业、餐饮业等综合性商业服务建筑"
    HOTEL = "hotel", "旅馆住宿业建筑"
    BUSINESS = "business", "金融、商务等综合办公建筑"
    LEISURE = "leisure", "娱乐、康体类建筑"
    UTILITY = "utility", "公共设施营业网点"
    PLANT = "plant", "其他非危险化学品工矿企业"
    STATION = "station", "交通枢纽设施"
    PARK = "park", "城镇公园广场"
    OTHER = "other", "其他"


HIGH = {Category.EDUCATION, Category.MEDICAL, Category.WELFARE, Category.CULTURE}
IMPORTANT = {
    Category.EXHIBITION, Category.HERITAGE, Category.RELIGION, Category.RAIL, Category.SECURITY, Category.FOREIGN,
}  # fmt: skip
SITE_KINDS = {Category.EDUCATION: "school", Category.MEDICAL: "hospital", Category.RESIDENTIAL: "residential"}


def site_kind(category: str) -> str:
    """The kind of geo.Site such a place is."""
    return SITE_KINDS.get(Category(category), "other")


def proposed(category: str, *, persons: int, households: int | None) -> TargetClass:
    """The class that follows from what is known.

    Dwellings by households or persons, as the table has it. The table grades most other buildings by floor area or
    beds, not recorded here: for those the same steps of persons are a proposal, and the office sets the class.
    """
    kind = Category(category)
    if kind in HIGH:
        return TargetClass.HIGH
    if kind in IMPORTANT:
        return TargetClass.IMPORTANT
    if persons >= 100 or (households or 0) >= 30:
        return TargetClass.GENERAL_1
    if persons >= 30 or (households or 0) >= 10:
        return TargetClass.GENERAL_2
    return TargetClass.GENERAL_3
