"""The engine of GB 18218-2018 against worked cases, its boundaries and its refusals."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.hazard_sources import gb18218, gb18218_tables
from supervision.hazard_sources.gb18218 import BadInventory, assess


def item(substance="", quantity="1", symbol=None):
    found = {"substance": substance, "quantity_t": quantity}
    return found | ({"class": symbol} if symbol else {})


# name, persons, items, alpha, S, R, grade. H2 is a published examination item; H9, H10, H12 and H13 lie on a boundary.
WORKED = [
    ("H1", 120, [item("氯", 25)], "2.0", "5", "40", 3),
    ("H2", 60, [item("二氧化硫", 200)], "1.5", "10", "30", 3),
    ("H3", 0, [item("氨", 8)], "0.5", "0.8", "0.8", None),
    ("H4", 35, [item("汽油", 3000), item("甲醇", 1000)], "1.2", "17", "20.4", 3),
    ("H5", 15, [item("液化石油气", 400)], "1.0", "8", "12", 3),
    ("H6", 0, [item("1,3-丁二烯", 3), item("苯乙烯", 100), item("丙烯腈", 20)], "0.5", "1.2", "0.75", 4),
    ("H7", 29, [item("硝酸铵(≤0.2%)", 45), item("硝酸铵肥料", 12)], "1.0", "0.96", "0.96", None),
    ("H8", 50, [item("汽油", 45), item("柴油", 25.2, "W5.4")], "1.5", "0.23004", "0.34506", None),
    ("H9", 100, [item("氯", 62.5)], "2.0", "12.5", "100", 1),
    ("H10", 1, [item("氨", 50)], "1.0", "5", "10", 3),
    ("H11", 100, [item("原油", 86000, "W5.3")], "2.0", "86", "172", 1),
    ("H12", 0, [item("甲苯", 250), item("丙酮", 250)], "0.5", "1", "0.5", 4),
    ("H13", 29, [item("硫化氢", 50)], "1.0", "10", "50", 2),
    ("H14", 30, [item("氨", 249.9)], "1.2", "24.99", "59.976", 2),
]


@pytest.mark.parametrize(("name", "persons", "items", "alpha", "s", "r", "grade"), WORKED, ids=[w[0] for w in WORKED])
def test_worked_cases_come_out_exactly(name, persons, items, alpha, s, r, grade):
    for form in (items, [{**i, "quantity_t": str(i["quantity_t"])} for i in items]):
        found = assess(exposed_persons=persons, items=form).as_dict()
        assert (found["alpha"], found["s"], found["r"], found["grade"]) == (alpha, s, r, grade)
        assert found["is_major"] == (grade is not None)


def test_the_derivation_can_be_read():
    lines = assess(exposed_persons=120, items=[item("液氯", "25")]).derivation
    assert lines[0].startswith("氯 25 t ÷ 5 t × β 4 = 20")
    assert "S = 25/5 = 5 ≥ 1，构成重大危险源" in lines
    assert "120 人，α = 2.0" in lines[-2]
    assert lines[-1].endswith("= 40，50 > R ≥ 10，三级")


@pytest.mark.parametrize(
    ("persons", "alpha"),
    [
        (0, "0.5"),
        (1, "1.0"),
        (29, "1.0"),
        (30, "1.2"),
        (49, "1.2"),
        (50, "1.5"),
        (99, "1.5"),
        (100, "2.0"),
        (9999, "2.0"),
    ],
)
def test_alpha_changes_where_the_standard_says(persons, alpha):
    assert gb18218.alpha_for(persons) == alpha


@pytest.mark.parametrize(
    ("r", "grade"),
    [("100", 1), ("99.999999999999999", 2), ("50", 2), ("49.999999999999999", 3), ("10", 3), ("9.999999999999999", 4)],
)
def test_grades_change_where_the_standard_says(r, grade):
    assert gb18218.grade_for(Fraction(r)) == grade


def test_a_hair_below_one_is_not_a_major_hazard():
    found = assess(exposed_persons=0, items=[item("氯", "4.9999999999999999999")]).as_dict()
    assert (found["is_major"], found["grade"]) == (False, None)
    assert assess(exposed_persons=0, items=[item("氯", "5")]).is_major


def test_thirds_are_added_exactly():
    """0.1 ÷ 0.3 three times is one third three times: exactly 1, although no decimal says so."""
    found = assess(exposed_persons=0, items=[item("光气", "0.1"), item("光气", 0.1), item("碳酰氯", "0.1")])
    assert found.s == 1 and found.is_major
    assert found.derivation[0].startswith("碳酰氯(光气) (0.1 + 0.1 + 0.1 = 0.3) t ÷ 0.3 t × β 20 = 20")


def test_what_does_not_end_is_cut_and_never_crosses_a_boundary():
    found = assess(exposed_persons=0, items=[item("光气", "0.29999999999999999999999")]).as_dict()
    assert found["s"] == "0.999999999999" and not found["is_major"]
    assert gb18218.decimal_text(Fraction(1, 3)) == "0.333333333333"
    assert gb18218.decimal_text(Fraction(100_000_000_000)) == "100000000000"
    assert "≈ 0.333333333333" in assess(exposed_persons=0, items=[item("光气", "0.1")]).derivation[1]


# Tables.


def test_table_1_has_its_85_rows_each_with_q_and_a_reviewed_beta():
    rows = gb18218_tables.substances()
    assert [row.no for row in rows] == list(range(1, 86))
    assert all(row.q > 0 and row.beta in {1, Fraction(3, 2), 2, 3, 4, 5, 10, 20} and row.beta_source for row in rows)
    assert all(gb18218_tables.cas_is_valid(cas) for row in rows for cas in row.cas)


def test_every_name_alias_and_cas_of_table_1_is_found():
    for row in gb18218_tables.substances():
        assert gb18218_tables.find(row.name) == (row,)
        for text in (row.plain_name, *row.aliases, *row.cas):
            assert row in gb18218_tables.find(text)


def test_no_alias_means_two_rows_by_accident():
    several = {key for key, rows in gb18218_tables._index().items() if len(rows) > 1}
    assert several == {"9004-70-0", "硝化纤维素", "硝酸铵", "6484-52-2"}


def test_tables_2_and_4_have_24_classes_and_table_3_beats_them():
    assert len(gb18218_tables.classes()) == 24
    betas = {
        "一氧化碳": 2,
        "二氧化硫": 2,
        "氨": 2,
        "环氧乙烷": 2,
        "氯化氢": 3,
        "溴甲烷": 3,
        "氯": 4,
        "硫化氢": 5,
        "氟化氢": 5,
        "二氧化氮": 10,
        "氰化氢": 10,
        "碳酰氯": 20,
        "磷化氢": 20,
        "异氰酸甲酯": 20,
    }
    for name, beta in betas.items():
        (row,) = gb18218_tables.find(name)
        assert (row.beta, row.beta_source) == (beta, "表3")


@pytest.mark.parametrize(
    ("name", "beta"),
    [
        ("氢", "3/2"),
        ("甲烷", "3/2"),
        ("LPG", "3/2"),
        ("1,3-丁二烯", "3/2"),
        ("乙烯", "3/2"),
        ("乙炔", "3/2"),
        ("砷化氢", 4),
        ("氟", 4),
        ("汽油", 1),
        ("甲苯", 1),
        ("TNT", 2),
        ("硝酸铵(含可燃物>0.2%)", 2),
        ("乙醚", "3/2"),
    ],
)
def test_betas_of_rows_outside_table_3_follow_their_class(name, beta):
    (row,) = gb18218_tables.find(name)
    assert row.beta == Fraction(beta) and row.beta_source.startswith("表4 ")


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("液氯", "氯"),
        ("液氨", "氨"),
        ("7782-50-5", "氯"),
        (" 氯 ", "氯"),
        ("碳酰氯（光气）", "碳酰氯(光气)"),
        ("lpg", None),
        ("硝酸铵（含可燃物≤0.2％）", "硝酸铵(含可燃物≤0.2%)"),
        ("１，３－丁二烯", "1,3-丁二烯"),
        ("630-08-0", None),
    ],
)
def test_names_are_found_however_they_are_typed(given_name, name):
    found = gb18218_tables.find(given_name)
    assert len(found) == 1 and (name is None or found[0].name == name)


# Refusals.


def problems(persons=0, items=()):
    with pytest.raises(BadInventory) as caught:
        assess(exposed_persons=persons, items=items)
    json.dumps([p.as_dict() for p in caught.value.problems])
    return caught.value.problems


@pytest.mark.parametrize("name", ["柴油", "原油", "盐酸", "氨水", "丙烯", "不存在的东西"])
def test_an_unknown_substance_asks_for_its_class_and_never_defaults(name):
    (problem,) = problems(items=[item(name)])
    assert (problem.index, problem.field, problem.needs) == (0, "substance", "class")
    assert "危险性类别" in problem.message


def test_near_names_are_suggested():
    assert "1,3-丁二烯" in problems(items=[item("丁二稀")])[0].suggestions
    assert "硝酸铵(含可燃物>0.2%)" in problems(items=[item("硝酸铵溶液")])[0].suggestions


@pytest.mark.parametrize(("name", "rows"), [("硝酸铵", 2), ("6484-52-2", 2), ("9004-70-0", 6), ("硝化纤维素", 5)])
def test_a_name_with_several_rows_asks_which(name, rows):
    (problem,) = problems(items=[item(name)])
    assert len(problem.choices) == rows and "哪一种" in problem.message
    assert assess(exposed_persons=0, items=[item(problem.choices[0])]).s > 0


@pytest.mark.parametrize(
    "quantity",
    [
        -1,
        "-0.1",
        "abc",
        "",
        None,
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        "NaN",
        "Infinity",
        "1,000",
        "25 t",
        "２５",
        10**400,
        "9" * 5000,
        1e300,
        "1_0",
        "0x10",
        "1e400",
        "½",
        "1000000001",
    ],
)
def test_a_bad_quantity_is_refused(quantity):
    (problem,) = problems(items=[item("氯", 1), item("氯", quantity)])
    assert (problem.index, problem.field) == (1, "quantity_t")


@pytest.mark.parametrize("persons", [None, "", -1, 1.5, "一百", True, 10**400, float("nan"), [], "1e9"])
def test_bad_exposed_persons_are_refused(persons):
    (problem,) = problems(persons, [item("氯")])
    assert problem.field == "exposed_persons"


@pytest.mark.parametrize("items", [None, [], {}, "氯", 5, [item("氯")] * 201])
def test_a_bad_list_is_refused(items):
    assert [p.field for p in problems(items=items)] == ["items"]


@pytest.mark.parametrize("bad", [None, 5, "氯", [], [1, 2]])
def test_an_item_that_is_no_object_is_refused_by_its_place(bad):
    (problem,) = problems(items=[item("氯"), bad])
    assert problem.index == 1


@pytest.mark.parametrize("symbol", ["W99", "w", 5, ["W5.3", None], ["X"] * 30, {"a": 1}, []])
def test_an_unknown_class_is_refused_with_the_list(symbol):
    (problem,) = problems(items=[{"substance": "柴油", "quantity_t": 1, "class": symbol}])
    assert problem.field == "class" and "W5.3" in problem.choices


def test_all_problems_are_told_at_once():
    found = problems(-1, [item("柴油", "x"), item("氯"), item("硝酸铵")])
    assert [(p.index, p.field) for p in found] == [
        (None, "exposed_persons"),
        (0, "quantity_t"),
        (0, "substance"),
        (2, "substance"),
    ]


def test_a_mistyped_cas_number_is_told():
    assert "校验位不对" in problems(items=[item("7782-50-6")])[0].message


# Rules.


def test_several_classes_take_the_lowest_threshold():
    found = assess(exposed_persons=0, items=[item("某溶剂", 10, "W5.3、J5")])
    assert found.s == Fraction(10, 500) and "取临界量最低的" in found.derivation[0]
    assert assess(exposed_persons=0, items=[item("", 10, ["w5.3", "W2"])]).s == 1


def test_a_named_substance_keeps_table_1_whatever_class_is_given():
    found = assess(exposed_persons=0, items=[item("氯", 5, "W5.4")])
    assert found.s == 1 and "W5.4 不用" in found.derivation[0]


NAMES = st.sampled_from([row.name for row in gb18218_tables.substances()])
QUANTITIES = st.decimals(0, 100_000, places=3).map(str)
ITEMS = st.lists(st.builds(item, NAMES, QUANTITIES), min_size=1, max_size=12)
PERSONS = st.integers(0, 500)


@given(PERSONS, ITEMS)
def test_order_and_splitting_change_nothing(persons, items):
    whole = assess(exposed_persons=persons, items=items)
    halves = [{**i, "quantity_t": gb18218.decimal_text(Fraction(i["quantity_t"]) / 2)} for i in items]
    split = assess(exposed_persons=persons, items=halves[::-1] + halves)
    assert (split.s, split.r, split.grade) == (whole.s, whole.r, whole.grade)


@given(PERSONS, ITEMS, st.builds(item, NAMES, QUANTITIES))
def test_more_substance_never_lowers_s_or_r(persons, items, extra):
    before = assess(exposed_persons=persons, items=items)
    after = assess(exposed_persons=persons, items=[*items, extra])
    assert after.s >= before.s and after.r >= before.r
    assert before.grade is None or (after.grade is not None and after.grade <= before.grade)


@given(PERSONS, ITEMS)
def test_what_is_shown_agrees_with_what_was_decided(persons, items):
    found = assess(exposed_persons=persons, items=items).as_dict()
    assert "e" not in (found["s"] + found["r"]).lower()
    assert (Fraction(found["s"]) >= 1) == found["is_major"] == (found["grade"] is not None)
    if found["grade"]:
        assert gb18218.grade_for(Fraction(found["r"])) == found["grade"]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["氯", "W5.3", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["substance", "class", "quantity_t"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(
    ANYTHING | PERSONS,
    ANYTHING
    | st.lists(
        st.fixed_dictionaries({"substance": ANYTHING, "quantity_t": ANYTHING}, optional={"class": ANYTHING}), max_size=4
    ),
)
def test_any_input_is_assessed_or_refused_with_reasons(persons, items):
    try:
        assess(exposed_persons=persons, items=items)
    except BadInventory as error:
        assert error.problems
        assert all(p.message for p in error.problems)
