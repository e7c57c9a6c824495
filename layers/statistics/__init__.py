"""Cross tables by declaration: a module names what it counts and by what; pages, sheets and API follow.

    Table(
        key="by_status", title="各县区企业处于什么经营状态？", records="enterprises/enterprises",
        rows=REGIONS, columns=Choices(path="status", title="经营状态"),
    )

Every number is counted over the rows of a declared list, narrowed by parameters of that list: so each number has an
address that lists exactly its rows, and one that shows them on the map.
"""

from layers.statistics.declaring import Block, Measure, Table, day
from layers.statistics.dimensions import REGIONS, ArrayChoices, Band, Choices, DateBands, Dimension, NumberBands, Years

__all__ = [
    "REGIONS",
    "ArrayChoices",
    "Band",
    "Block",
    "Choices",
    "DateBands",
    "Dimension",
    "Measure",
    "NumberBands",
    "Table",
    "Years",
    "day",
]
