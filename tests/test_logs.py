"""Problem logs of every kind: nothing is lost on the way in, and bad rows are set aside."""

import openpyxl
import pandas as pd
import pytest

from pmo_ml.errors import LogError
from pmo_ml.logs import Rejected, kind_of, read_log
from pmo_ml.outputs import write_log
from tests.problem_logs import (
    EMPTY,
    HALF,
    KINDS,
    LONG,
    MISSING,
    TOO_LONG,
    make_frame,
    rejected_of,
    write,
)

# --- columns ---


def test_what_pandas_kept_as_an_index_is_a_column_too(tmp_path):
    frame = pd.DataFrame({"text": ["late", "over"]}, index=pd.Index(["p1", "p2"], name="project"))
    frame.to_parquet(tmp_path / "log.parquet")

    log = read_log(tmp_path / "log.parquet")

    assert log.frame["project"].tolist() == ["p1", "p2"]


def test_json_rows_with_different_keys_share_all_columns(tmp_path):
    path = write(tmp_path / "log.jsonl", '{"text": "late", "a": 1}\n\n{"b": [2], "text": "over"}\n')

    log = read_log(path)

    assert list(log.frame.columns) == ["text", "a", "b"]
    assert log.frame["a"].tolist() == [1, None]
    assert log.frame["b"].tolist() == [None, [2]]


@pytest.mark.parametrize("kind", KINDS)
def test_another_column_can_hold_the_statements(tmp_path, kind):
    frame = make_frame().rename(columns={"text": "What hurts?"})
    write_log(frame, tmp_path / f"log.{kind}")

    log = read_log(tmp_path / f"log.{kind}", text_column="What hurts?")

    assert len(log.frame) == len(frame)


# --- rows set aside, each with its line and reason ---


@pytest.mark.parametrize(
    "content, expected",
    [
        ("text,a\nlate,1\n,2\nover,3\n", [(3, EMPTY)]),
        ("text,a\n   ,1\nlate,2\n", [(2, EMPTY)]),
        ('text,a\n"two\nlines",1\n,2\n', [(4, EMPTY)]),
        (f"text,a\n{TOO_LONG},1\nlate,2\n", [(2, LONG)]),
        ("text,a\nlate\nover,2\n", [(2, "the row has 1 cells, the header 2")]),
        ("text,a\nlate,1,2,3\n\nover,2\n", [(2, "the row has 4 cells, the header 2")]),
        (
            'text,a\nlate,1\n"over,2\nslips,3\n',
            [(3, "the row cannot be read: unexpected end of data")],
        ),
        (
            'text,a\n"late"ly,1\nover,2\n',
            [(2, "the row cannot be read: ',' expected after '\"'")],
        ),
    ],
    ids="empty blank later-line too-long few-cells many-cells unclosed-quote stray-quote".split(),
)
def test_a_csv_row_that_cannot_be_read_is_set_aside(tmp_path, content, expected):
    log = read_log(write(tmp_path / "log.csv", content))

    assert rejected_of(log) == expected
    assert len(log.frame) >= 1
    assert set(log.frame["text"]) <= {"late", "over", "two\nlines"}


@pytest.mark.parametrize(
    "line, reason",
    [
        ('{"text": ""}', EMPTY),
        ('{"text": null}', MISSING),
        ('{"other": 1}', MISSING),
        ('{"text": 5}', "the text is not text"),
        (f'{{"text": "{TOO_LONG}"}}', LONG),
        ('{"text": "late \\ud800"}', HALF),
        ('{"text": "late", "note": "\\udc00"}', HALF),
        ('{"text": "late"', "not JSON: "),
        ("[" * 50_000, "not JSON: "),
        ('["late"]', "not a JSON object"),
        ('"late"', "not a JSON object"),
    ],
    ids="empty null absent number long surrogate elsewhere cut deep list string".split(),
)
def test_a_json_line_that_cannot_be_read_is_set_aside(tmp_path, line, reason):
    path = write(tmp_path / "log.jsonl", f'{{"text": "late"}}\n{line}\n{{"text": "over"}}\n')

    log = read_log(path)

    (row,) = log.rejected
    assert row.line == 2
    assert row.reason.startswith(reason)
    assert log.frame["text"].tolist() == ["late", "over"]


def test_a_whole_pair_of_surrogates_in_json_is_a_character(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '{"text": "late \\ud83d\\ude00"}\n'))

    assert log.frame["text"].tolist() == ["late 😀"]


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_row_of_a_typed_log_without_text_is_set_aside(tmp_path, kind):
    texts = ["late", None, "over", TOO_LONG]
    write_log(pd.DataFrame({"text": texts, "a": range(4)}), tmp_path / f"log.{kind}")

    log = read_log(tmp_path / f"log.{kind}")

    first = 2 if kind == "xlsx" else 1
    assert rejected_of(log) == [(first + 1, MISSING), (first + 3, LONG)]
    assert log.frame["a"].tolist() == [0, 2]


def test_a_number_in_the_text_column_of_a_workbook_is_set_aside(tmp_path):
    book = openpyxl.Workbook()
    for row in (["text", "a"], ["late", 1], [2026, 2]):
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")

    log = read_log(tmp_path / "log.xlsx")

    assert log.rejected == (Rejected(3, "the text is not text", "2026"),)


def test_rows_set_aside_come_in_the_order_of_the_file(tmp_path):
    path = write(tmp_path / "log.csv", "text,a\n,1\nlate\nover,2\n ,3\n")

    log = read_log(path)

    assert [row.line for row in log.rejected] == [2, 3, 5]


def test_a_log_without_a_good_row_keeps_its_columns(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a\n,1\n"))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame.empty and len(log.rejected) == 1


def test_a_log_of_a_header_alone_is_an_empty_log(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a\n"))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame.empty and log.rejected == ()


def test_a_rejected_text_is_shown_in_part_and_never_breaks_the_file(tmp_path):
    path = write(tmp_path / "log.jsonl", f'{{"text": "late"}}\n{{"text": "{TOO_LONG}"}}\n')

    (row,) = read_log(path).rejected

    assert len(row.text) == 200


# --- files of other makes ---


@pytest.mark.parametrize(
    "content",
    [
        "text;a\nlate, over;1\n",
        "\ufefftext,a\nlate,1\n",
        "text,a\r\nlate,1\r\n",
        '"text","a"\nlate,1',
    ],
    ids=["semicolons", "byte order mark", "Windows line ends", "no last line end"],
)
def test_a_csv_as_other_programs_write_it_is_read(tmp_path, content):
    log = read_log(write(tmp_path / "log.csv", content))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame["a"].tolist() == ["1"]
    assert log.rejected == ()


def test_a_semicolon_in_a_header_with_commas_is_part_of_a_name(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a;b\nlate,1\n"))

    assert list(log.frame.columns) == ["text", "a;b"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_named_encoding_is_read(tmp_path, kind):
    content = "text\ncafé £3m\n" if kind == "csv" else '{"text": "café £3m"}\n'
    path = write(tmp_path / f"log.{kind}", content.encode("cp1252"))

    log = read_log(path, encoding="cp1252")

    assert log.frame["text"].tolist() == ["café £3m"]


def test_a_byte_order_mark_before_json_lines_is_no_part_of_them(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '\ufeff{"text": "late"}\n'))

    assert log.frame["text"].tolist() == ["late"]


# --- files that cannot be read ---


def whole_parquet(tmp_path):
    write_log(make_frame(), tmp_path / "whole.parquet")
    return (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize(
    "name, content, says, hint",
    [
        ("log.csv", "", "is empty", "name the columns"),
        ("log.csv", "a,b\n1,2\n", "no column 'text'; it has a, b", "--text-column"),
        ("log.csv", "text,a,a\nlate,1,2\n", "column a stands twice", "rename"),
        ("log.csv", 'text,"a\nlate,1\n', "the header cannot be read", ""),
        ("log.csv", b"text\nlate\ncaf\xe9", "is not utf-8-sig: line 3", "cp1252"),
        ("log.csv", b"text\n" + b"late\n" * 5000 + b"caf\xe9\n", "line 5002", "cp1252"),
        ("log.jsonl", '{"text": "café"}'.encode("cp1252"), "is not utf-8-sig: line 1", "cp1252"),
        ("log.jsonl", "", "no column 'text'", "--text-column"),
        ("log.parquet", "", "is not a whole Parquet file", ""),
        ("log.parquet", "PAR1 no more", "is not a whole Parquet file", ""),
        ("log.xlsx", "", "is not an Excel workbook", ""),
        ("log.xlsx", "text\nlate\n", "is not an Excel workbook", ""),
        ("log.xlsx", b"PK\x03\x04 cut off", "is not an Excel workbook", ""),
        ("log.doc", "text\nlate\n", "cannot tell what kind", ".csv"),
        ("log", "text\nlate\n", "cannot tell what kind", ".parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(tmp_path, name, content, says, hint):
    path = write(tmp_path / name, content)

    with pytest.raises(LogError, match=says) as refused:
        read_log(path)

    assert str(path) in refused.value.message
    assert hint in refused.value.hint


def test_a_truncated_parquet_file_is_refused(tmp_path):
    content = whole_parquet(tmp_path)

    for keep in (10, len(content) // 2, len(content) - 5):
        with pytest.raises(LogError, match="not a whole Parquet file"):
            read_log(write(tmp_path / "log.parquet", content[:keep]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_is_named(tmp_path, kind):
    with pytest.raises(LogError, match=f"none.{kind} cannot be read: No such file"):
        read_log(tmp_path / f"none.{kind}")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_folder_is_no_log(tmp_path, kind):
    (tmp_path / f"log.{kind}").mkdir()

    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / f"log.{kind}")


def test_an_encoding_that_does_not_exist_is_named(tmp_path):
    path = write(tmp_path / "log.csv", "text\nlate\n")

    with pytest.raises(LogError, match="no encoding 'klingon'"):
        read_log(path, encoding="klingon")


@pytest.mark.parametrize(
    "name, kind",
    [("a.csv", "csv"), ("A.CSV", "csv"), ("a.b.Parquet", "parquet"), ("a.ndjson", "jsonl")],
)
def test_the_ending_says_the_kind(tmp_path, name, kind):
    assert kind_of(tmp_path / name) == kind
