"""Small problem logs for the tests, and the reasons for which rows are set aside."""

import pandas as pd

from pmo_ml.schema import LONGEST_STATEMENT

KINDS = ["csv", "tsv", "xlsx", "parquet", "jsonl", "ndjson"]

TOO_LONG = "x" * (LONGEST_STATEMENT + 1)
EMPTY, MISSING = "the text is empty", "the text is missing"
LONG = "the text is longer than 20,000 characters"
HALF = "the row holds half a character (a lone surrogate)"

HARD = [
    "plain",
    'says "late", twice',
    "two\nlines",
    "two\r\nlines",
    "an old\rMac",
    " spaces around ",
    "tab\there; and, there",
    "=1+1",
    "'quoted'",
    "Zürich £3m 延期 😀 עברית",
    "007",
    "NA",
    "null",
    "1.0",
]


def make_frame(texts=HARD):
    """A log with columns to keep on both sides of the text."""
    n = len(texts)
    return pd.DataFrame(
        {
            "zeta": [f"z{row}" for row in range(n)],
            "text": texts,
            "number": range(n),
            "Ärger £": ["kept"] * n,
        }
    )


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rejected_of(log):
    return [(row.line, row.reason) for row in log.rejected]
