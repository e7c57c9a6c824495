"""Personal data where it may be recognised but not used."""

import pytest

from layers.columns import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [("13812341234", "138****1234"), ("0546-8301234", "054****1234"), ("王建国", "王**"), ("王", "王"), ("", "")],
)
def test_enough_is_shown_to_recognise_it(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize("number", ["8301234", "83012345", "110"])
def test_a_short_number_is_not_shown_whole(number):
    assert masked(number) == number[0] + "*" * (len(number) - 1)
