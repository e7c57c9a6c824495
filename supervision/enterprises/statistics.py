"""What the city prints of its enterprises: by district, category, state, age of data, year of joining, papers, drills.

The tables are those of the city's report of 2017 and what its remedies ask for. They describe; they rank nobody:
《行政处罚法》第七十四条 and 国办发〔2024〕54号 keep counts of inspections and fines out of appraisal.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Q

from core.models import User
from layers.flags import Alias, Flag, offer
from layers.statistics import (
    REGIONS,
    ArrayChoices,
    Band,
    Block,
    Choices,
    DateBands,
    Measure,
    NumberBands,
    Table,
    Years,
    day,
)
from layers.statistics.answering import answers
from layers.statistics.asking import Asked
from layers.statistics.declaring import january
from supervision.enterprises import reconciliation
from supervision.enterprises.models import Contact, Enterprise, Licence
from supervision.enterprises.models.enterprise import IN_REGISTER

LIST = "enterprises/enterprises"
ONLINE_SINCE = dt.date(2016, 7, 1)  # 平台上线：《全市数字化安全监管平台建设应用推广情况通报》（2017 年 2 月 23 日）


def missing(*roles: str) -> Q:
    """Enterprises in operation for which nobody answers in this capacity at present."""
    present = Contact.objects.filter(enterprise=OuterRef("pk"), role__in=roles, left_on__isnull=True)
    return ~Q(status=Enterprise.Status.CLOSED) & Q(~Exists(present))


offer(
    Enterprise,
    Alias("file_state", "state"),
    Flag("never_verified", "从未核实", lambda: Q(verified_at__isnull=True)),
    Flag("no_safety_contact", "无在任安全管理负责人", lambda: missing("safety")),
    Flag("no_emergency_contact", "无在任应急值守联系人", lambda: missing("emergency")),
    Flag("no_principal", "无在任法定代表人或主要负责人", lambda: missing("legal", "principal")),
)

offer(Licence, Flag("has_no_end", "长期有效", lambda: Q(expires_on__isnull=True)))

CATEGORY = ArrayChoices(path="categories", title="监管分类")
STATUS = Choices(path="status", title="经营状态")
FILE_STATE = Choices(path="state", title="档案状态", name="file_state", only=IN_REGISTER)
SCALE = Choices(path="scale", title="企业规模")
TAG = ArrayChoices(path="tags", title="风险标签", empty="无标签")
JOINED = Years(path="platform_joined_on", title="纳入年份")
AGE = DateBands(
    path="verified_at",
    title="核实距今",
    bands=(
        Band(label="30 天内", least=-30),
        Band(label="31–90 天", least=-90, most=-31),
        Band(label="91–180 天", least=-180, most=-91),
        Band(label="超过 180 天", most=-181),
    ),
    empty="从未核实",
    empty_flag="never_verified",
)
SCORE = NumberBands(
    path="freshness_score",
    title="鲜活度",
    bands=(
        Band(label="80 分以上", least=80),
        Band(label="60–79 分", least=60, most=79),
        Band(label="40–59 分", least=40, most=59),
        Band(label="40 分以下", most=39),
    ),
)
EXPIRY = DateBands(
    path="expires_on",
    title="有效期",
    bands=(
        Band(label="已过期", most=-1),
        Band(label="30 天内到期", least=0, most=30),
        Band(label="31–90 天", least=31, most=90),
        Band(label="91–365 天", least=91, most=365),
        Band(label="一年以上", least=366),
    ),
    empty="长期有效",
    empty_flag="has_no_end",
)
BASIC = "基本情况"
TRUTH = "信息质量"
GROWTH = "新增与纳入"
DUTY = "证照与演练"


def reconciled(user: User, asked: Asked) -> dict[str, Any] | None:
    """For whoever sees the whole city, of the whole city, whatever the period."""
    ground = asked.ground
    if ground is None or ground.chosen != ground.top or not user.scope.is_everything:
        return None
    if not reconciliation.is_demo_city():
        return None
    tables = tuple(t for t in TABLES if isinstance(t, Table) and t.key in reconciliation.COUNTED.values())
    found = answers(tables, replace(asked, start=None, end=None))
    return reconciliation.reconciled({answer.table.key: answer for answer in found})


TABLES: tuple[Table | Block, ...] = (
    Table(key="by_category", title="各区划有多少家企业，属哪些监管分类？", records=LIST, rows=REGIONS, columns=CATEGORY,
          section=BASIC),
    Table(key="by_status", title="企业处于什么经营状态？", records=LIST, rows=REGIONS, columns=STATUS, section=BASIC),
    Table(key="by_scale", title="企业规模如何？", records=LIST, rows=REGIONS, columns=SCALE, section=BASIC,
          basis="《统计上大中小微型企业划分办法（2017）》（国统字〔2017〕213号）"),
    Table(key="by_tag", title="有哪些需要专门监管的风险？", records=LIST, rows=TAG, columns=REGIONS, section=BASIC),
    Table(key="by_file_state", title="企业档案处于什么状态？", records=LIST, rows=REGIONS, columns=FILE_STATE,
          section=TRUTH, note="只统计已入库的档案；草稿、待审和已注销的档案不计。"),
    Table(key="by_age", title="企业信息多久没有核实了？", records=LIST, rows=REGIONS, columns=AGE, section=TRUTH,
          note="企业信息应每 90 天确认一次。"),
    Table(key="by_score", title="企业信息有多鲜活？", records=LIST, rows=REGIONS, columns=SCORE, section=TRUTH,
          note="鲜活度按各项信息的核实时间和周期计算，满分 100。"),
    Table(key="contacts", title="哪些企业缺少在任的负责人？", records=LIST, rows=REGIONS, section=TRUTH,
          columns=(
              Measure(key="all", title="全部企业"),
              Measure(key="no_principal", title="缺主要负责人", filters={"no_principal": "true"}),
              Measure(key="no_safety", title="缺安全负责人", filters={"no_safety_contact": "true"}),
              Measure(key="no_emergency", title="缺应急联系人", filters={"no_emergency_contact": "true"}),
          ),
          note="法定代表人、主要负责人都没有在任的算缺主要负责人；已关闭的企业不算缺。"),
    Table(key="added", title="期间内各区划新增了多少家企业？", records=LIST, rows=REGIONS, columns=CATEGORY,
          period="platform_joined_on", since=ONLINE_SINCE, section=GROWTH),
    Table(key="by_year", title="企业是哪一年纳入平台的？", records=LIST, rows=JOINED, columns=REGIONS, section=GROWTH),
    Table(key="licences", title="资质证照还有多久到期？", records="enterprises/licences", unit="件",
          rows=Choices(path="kind", title="证照种类"), columns=EXPIRY, section=DUTY,
          filters={"is_current": "true"}, note="只统计现行的证照；已换发、注销或吊销的不计。"),
    Table(key="drills", title="期间内各区划开展了哪些应急演练？", records="enterprises/drills", unit="次", rows=REGIONS,
          columns=Choices(path="kind", title="演练种类"), period="held_on", since=january, section=DUTY),
    Table(key="drill_persons", title="期间内有多少人参加演练？", records="enterprises/drills", unit="次、人次",
          rows=Choices(path="kind", title="演练种类"), period="held_on", since=january, section=DUTY,
          columns=(
              Measure(key="times", title="演练次数"),
              Measure(key="persons", title="参加人次", add="participants"),
              Measure(key="mean", title="次均人数", add="participants", is_mean=True),
          )),
    Table(key="drill_years", title="历年开展了多少次应急演练？", records="enterprises/drills", unit="次",
          rows=Years(path="held_on", title="年份"), columns=Choices(path="kind", title="演练种类"), section=DUTY),
    Table(key="drill_duty", title="哪些企业在法定周期内没有开展演练？", records=LIST, rows=REGIONS, section=DUTY,
          columns=(
              Measure(key="all", title="营业企业", filters={"status": "operating"}),
              Measure(key="overdue", title="逾期未演练", filters={"drill_due_on__to": day(-1), "status": "operating"}),
              Measure(key="soon", title="30 天内应演练",
                      filters={"drill_due_on__from": day(0), "drill_due_on__to": day(30), "status": "operating"}),
          ),
          note="矿山、金属冶炼、危险化学品、烟花爆竹、建筑施工等高危企业每半年至少一次，其他企业每年至少一次。",
          basis="《山东省安全生产条例》第六十三条"),
    Block(key="reconciliation", title="与 2017 年通报公布数的核对", section="核对",
          template="enterprises/statistics/reconciliation.html", context=reconciled),
)  # fmt: skip
