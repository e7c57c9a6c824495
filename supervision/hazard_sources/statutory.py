"""What the rules on major hazard sources list: when to assess again, which papers, which equipment, whose duties.

《危险化学品重大危险源监督管理暂行规定》(安监总局令第40号, 2015年第79号令修正, "令40") and
《危险化学品企业重大危险源安全包保责任制办法（试行）》(应急厅〔2021〕12号). `is_unsure`: the wording was written from
knowledge, not compared with the official text; to be compared before a city goes live.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trigger:
    """One reason of 令40 第十一条 to identify and assess again."""

    key: str
    label: str
    item: str
    is_unsure: bool = True


TRIGGERS = (
    Trigger("three_years", "安全评估已满三年", "第十一条第一项", is_unsure=False),
    Trigger("construction", "构成重大危险源的装置、设施或者场所新建、改建、扩建", "第十一条第二项"),
    Trigger(
        "substances",
        "危险化学品种类、数量、生产、使用工艺或者储存方式及重要设备、设施等发生变化，影响级别或者风险程度",
        "第十一条第三项",
    ),
    Trigger("surroundings", "外界生产安全环境因素发生变化，影响级别和风险程度", "第十一条第四项"),
    Trigger("accident", "发生危险化学品事故造成人员死亡，或者10人以上受伤，或者影响到公共安全", "第十一条第五项"),
    Trigger("standards", "有关重大危险源辨识和安全评估的国家标准、行业标准发生变化", "第十一条第六项"),
)
FIRST, OTHER = "first", "other"
TRIGGER_CHOICES = [(FIRST, "首次评估"), *((t.key, t.label) for t in TRIGGERS), (OTHER, "其他原因")]
ITEMS = {t.key: t.item for t in TRIGGERS}


@dataclass(frozen=True)
class Paper:
    """One paper of the source's file that is handed in when it is filed (令40 第二十二条、第二十三条)."""

    key: str
    label: str
    list_only: bool = False  # 第二十三条: a list of the documents is enough
    is_required: bool = True
    is_unsure: bool = True


PAPERS = (
    Paper("grading", "辨识、分级记录"),
    Paper("features", "重大危险源基本特征表"),
    Paper("msds", "涉及的所有化学品安全技术说明书"),
    Paper("drawings", "区域位置图、平面布置图、工艺流程图和主要设备一览表"),
    Paper("rules", "重大危险源安全管理规章制度及安全操作规程（提供清单）", list_only=True),
    Paper("monitoring", "安全监测监控系统、措施说明、检测、检验结果"),
    Paper("plan", "重大危险源事故应急预案、评审意见、演练计划和评估报告"),
    Paper("report", "安全评估报告或者安全评价报告"),
    Paper("key_parts", "重大危险源关键装置、重点部位的责任人、责任机构名称"),
    Paper("signs", "重大危险源场所安全警示标志的设置情况"),
    Paper("others", "其他文件、资料", is_required=False),
)
PAPER = {paper.key: paper for paper in PAPERS}


@dataclass(frozen=True)
class Duty:
    """What one of the three responsible persons answers for (包保办法 第四至六条)."""

    key: str
    label: str
    short: str
    who: str
    duties: tuple[str, ...]
    is_unsure: bool = True


DUTIES = (
    Duty(
        "principal", "主要负责人", "主要",
        "由危险化学品企业的主要负责人担任",
        (
            "组织建立重大危险源安全包保责任制并指定技术负责人、操作负责人",
            "组织制定重大危险源安全生产规章制度和操作规程，并采取有效措施保证其得到执行",
            "组织对重大危险源的管理和操作岗位人员进行安全技能培训",
            "保证重大危险源安全生产所必需的安全投入",
            "督促、检查重大危险源安全生产工作",
            "组织制定并实施重大危险源生产安全事故应急救援预案",
            "组织通过监测预警系统填报、更新重大危险源安全信息，保证信息真实、完整",
        ),
    ),
    Duty(
        "technical", "技术负责人", "技术",
        "由企业层面技术、生产、设备等分管负责人或者二级单位（分厂）层面有关负责人担任",
        (
            "组织实施重大危险源安全监测监控体系建设，完善控制措施，保证监测监控系统符合规定",
            "组织定期对安全设施和监测监控系统进行检测、检验，并进行经常性维护、保养",
            "对于超过个人和社会可容许风险值限值标准的，组织采取相应的降低风险措施",
            "组织审查涉及重大危险源的外来施工单位及人员的相关资质、安全管理等情况，审查变更管理",
            "每季度至少组织对重大危险源进行一次针对性安全风险隐患排查，重大活动、重点时段和节假日前组织检查",
            "组织演练重大危险源专项应急预案和现场处置方案",
        ),
    ),
    Duty(
        "operation", "操作负责人", "操作",
        "由重大危险源生产单元、储存单元所在车间、单位的现场直接管理人员担任",
        (
            "负责督促检查各岗位严格执行重大危险源安全生产规章制度和操作规程",
            "对涉及重大危险源的特殊作业、检维修作业等进行监督检查，督促落实作业安全管控措施",
            "每周至少组织一次重大危险源安全风险隐患排查",
            "及时采取措施消除重大危险源事故隐患",
        ),
    ),
)  # fmt: skip
DUTY = {duty.key: duty for duty in DUTIES}
ROLE_CHOICES = [(duty.key, duty.label) for duty in DUTIES]


@dataclass(frozen=True)
class Requirement:
    """One safety facility of 令40 第十三条, which grades it binds, and what of the unit makes it bind."""

    key: str
    label: str
    basis: str
    grades: tuple[int, ...] = (1, 2, 3, 4)
    when: str = ""  # "" always; "toxic" "independent" "storage" "flammable": a question to the inventory
    points: tuple[str, ...] = ()  # kinds of monitoring points any of which proves it
    is_unsure: bool = True


REQUIREMENTS = (
    Requirement(
        "telemetry", "温度、压力、液位、流量、组分等信息的不间断采集、远传和连续记录", "令40第十三条第一项",
        points=("temperature", "pressure", "level", "flow"),
    ),
    Requirement(
        "gas_alarm", "可燃气体和有毒有害气体泄漏检测报警装置", "令40第十三条第一项", when="gas",
        points=("flammable_gas", "toxic_gas"),
    ),
    Requirement("records_30d", "监测数据和记录的电子数据保存不少于30天", "令40第十三条第一项"),
    Requirement(
        "shutdown", "紧急停车（切断）功能", "令40第十三条第一项（一级、二级）", grades=(1, 2), is_unsure=False,
    ),
    Requirement("automation", "装备满足安全生产要求的自动化控制系统", "令40第十三条第二项"),
    Requirement(
        "emergency_treatment", "毒性气体设施设置泄漏物紧急处置装置", "令40第十三条第三项", when="toxic_gas",
    ),
    Requirement(
        "sis", "独立的安全仪表系统（SIS）", "令40第十三条第三项（毒性气体、液化气体、剧毒液体的一级、二级）",
        grades=(1, 2), when="independent", is_unsure=False,
    ),
    Requirement("video", "储存剧毒物质的场所或者设施设置视频监控系统", "令40第十三条第四项", when="highly_toxic",
                points=("video",)),
    Requirement("tests", "安全监测监控系统符合国家标准或者行业标准，定期检测、检验", "令40第十三条第五项、第十五条"),
)  # fmt: skip
REQUIREMENT = {requirement.key: requirement for requirement in REQUIREMENTS}
