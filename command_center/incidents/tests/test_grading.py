"""令493 §3, at every border."""

from decimal import Decimal

import pytest

from command_center.incidents.grading import grade

VECTORS = [
    ((0, 0, "0"), "一般"),
    ((2, 9, "999.99"), "一般"),
    ((3, 0, "0"), "较大"),
    ((0, 10, "0"), "较大"),
    ((0, 0, "1000"), "较大"),
    ((9, 49, "4999.99"), "较大"),
    ((10, 0, "0"), "重大"),
    ((0, 50, "0"), "重大"),
    ((0, 0, "5000"), "重大"),
    ((29, 99, "9999.99"), "重大"),
    ((30, 0, "0"), "特别重大"),
    ((0, 100, "0"), "特别重大"),
    ((0, 0, "10000"), "特别重大"),
    ((1, 12, "300"), "较大"),
]


@pytest.mark.parametrize(("values", "label"), VECTORS)
def test_the_worst_criterion_decides_and_the_lower_bound_counts(values, label):
    deaths, injuries, loss = values
    assert grade(deaths, injuries, Decimal(loss)).label == label


def test_the_reasons_name_the_criterion_that_decided():
    assert grade(1, 12, Decimal(300)).reasons == ("重伤（含急性工业中毒） 12 人，达到较大事故的起点 10 人",)


@pytest.mark.parametrize(("values", "label"), VECTORS)
@pytest.mark.parametrize("names", [("serious_injuries", "direct_loss_wan"), ("injuries", "loss_wan")])
def test_the_api_grades_by_either_spelling(cast, browse, values, label, names):
    body = {"deaths": values[0], names[0]: values[1], names[1]: float(values[2])}
    answer = browse(cast.district).post("/api/v1/incidents/grade/", body, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["grade"] == label
    assert answer.json()["reasons"]


@pytest.mark.parametrize("body", [{"deaths": -1}, {"deaths": "many"}, {"loss_wan": "1e400"}, {"deaths": 1.5}, [1]])
def test_nonsense_is_refused_with_words(cast, browse, body):
    answer = browse(cast.district).post("/api/v1/incidents/grade/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]
