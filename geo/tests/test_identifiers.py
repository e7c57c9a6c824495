"""Check digits of credit codes, organisation codes and citizen numbers."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import identifiers

PUBLIC = ["91330100799655058B", "9144030071526726XG", "914403001922038216", "91350100M000100Y43"]
SYNTHETIC = [
    "91370502MA3TCAT06F",
    "91370503MA3DHBF297",
    "91370505MA3FKLN41T",
    "91370522MA3HGJT60K",
    "91370523MA3RQPW86Q",
    "91370571MA3XYTU16T",
    "92370523MA3EEEE5XF",
]
CITIZENS = [
    "11010519491231002X",
    "440524188001010014",
    "370502199003070018",
    "370503198511200028",
    "370523200002290032",
    "370522197801010040",
]


@pytest.mark.parametrize("code", PUBLIC + SYNTHETIC)
def test_a_valid_credit_code_passes(code):
    assert identifiers.check_credit_code(code) == ""
    assert identifiers.check_organisation_code(code[8:17]) == ""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("911100001000013428", "应为 C"),
        ("91330100799655058A", "校验位不对"),
        ("9133010079965505I8", "不会出现“I”"),
        ("91330100799655058", "现在是 17 位"),
        ("9.14403001922E+17", "科学计数"),
        ("", "现在是 0 位"),
        ("91AA0100799655058B", "行政区划码"),
        ("９1330100799655058B", "不会出现"),
    ],
)
def test_an_invalid_credit_code_says_why(code, reason):
    assert reason in identifiers.check_credit_code(code)


@given(st.integers(0, 17), st.sampled_from(identifiers.CREDIT_ALPHABET))
def test_any_single_wrong_character_is_caught(position, character):
    right = SYNTHETIC[0]
    wrong = right[:position] + character + right[position + 1 :]
    assert (identifiers.check_credit_code(wrong) == "") == (wrong == right)


@given(st.sampled_from(["370502", "370571", "370523400"]), st.integers(0, 31**5 - 1))
def test_made_codes_are_valid_and_steady(region, serial):
    code = identifiers.make_credit_code(region, serial)
    assert identifiers.check_credit_code(code) == ""
    assert code == identifiers.make_credit_code(region, serial)


def test_made_codes_do_not_repeat():
    assert len({identifiers.make_credit_code("370502", n) for n in range(3000)}) == 3000


def test_a_serial_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="expected"):
        identifiers.make_credit_code("370502", 31**5)


@pytest.mark.parametrize("number", CITIZENS)
def test_a_valid_citizen_number_passes(number):
    assert identifiers.check_citizen_number(number) == ""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("110105194912310021", "校验码不对"),
        ("370502199002300010", "19900230 不存在"),
        ("37050219900307001", "17 位数字加 1 位"),
        ("11010519491231002x", "大写 X"),
        ("3.70502199003E+17", "科学计数"),
    ],
)
def test_an_invalid_citizen_number_says_why(number, reason):
    assert reason in identifiers.check_citizen_number(number)


def test_nobody_is_born_tomorrow():
    assert "还没有到" in identifiers.check_citizen_number("370523200002290032", today=dt.date(2000, 2, 28))


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    for check in (identifiers.check_credit_code, identifiers.check_organisation_code, identifiers.check_citizen_number):
        assert isinstance(check(text), str)


def test_tidy_undoes_what_keyboards_do():
    assert identifiers.tidy(" ９１370502ma3tcat06f\n") == "91370502MA3TCAT06F"
