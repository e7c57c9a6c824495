"""How much of a file is read at all, and how one says that it cannot be."""

MB = 1024 * 1024
MOST_BYTES = 60 * MB
MOST_FEATURES = 100_000
MOST_VERTICES = 20_000  # of one geometry
MOST_COLUMNS = 200
LONGEST_TEXT = 2_000
MOST_ENTRIES, MOST_UNPACKED, MOST_RATIO = 200, 200 * MB, 400


class Unreadable(Exception):
    """The whole file is refused: the text says why and what to do, in Chinese, for the person who uploaded it."""


def feature_limit(count: int) -> None:
    if count > MOST_FEATURES:
        raise Unreadable(f"要素超过 {MOST_FEATURES:,} 个，请拆成几个文件导入。")
