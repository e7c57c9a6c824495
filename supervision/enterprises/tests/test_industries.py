"""Industry codes of GB/T 4754-2017."""

import pytest

from supervision.enterprises.demo_trades import TRADES
from supervision.enterprises.industries import _divisions, check_industry_code, industry_text


def test_all_97_divisions_are_known():
    assert list(_divisions()) == [f"{n:02d}" for n in range(1, 98)]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("2614", "2614 有机化学原料制造"),
        ("26", "26 化学原料和化学制品制造业"),
        ("2699", "2699 化学原料和化学制品制造业"),
    ],
)
def test_a_code_is_shown_with_its_class_or_division(code, text):
    assert check_industry_code(code) == "" and industry_text(code) == text


@pytest.mark.parametrize("code", ["", "2", "26144", "9800", "0011", "ab", "２６１４", "26 4"])
def test_what_is_no_code_is_refused(code):
    assert check_industry_code(code)


def test_every_trade_of_the_demo_has_a_known_class():
    for trades in TRADES.values():
        for trade in trades:
            assert industry_text(trade.industry) != trade.industry and not check_industry_code(trade.industry)
