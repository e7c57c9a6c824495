from core.pinyin import initials
from layers.caches import Kept


def test_initials_keep_letters_and_digits_and_nothing_else():
    assert initials("东营港（化工）有限公司 2号") == "dyghgyxgs2h"


def test_what_is_heavier_than_the_whole_cache_is_not_kept():
    kept: Kept[bytes] = Kept(10, weigh=len)
    kept.put("small", b"123")
    kept.put("large", b"x" * 11)
    assert kept.get("small") == b"123" and kept.get("large") is None
