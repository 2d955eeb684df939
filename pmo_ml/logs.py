"""Problem logs read: CSV, TSV, Excel, Parquet and JSON Lines.

Every input column and the order of the rows survive. Rows that cannot be read are set aside with
their line and the reason, never dropped.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmo_ml.errors import LogError
from pmo_ml.schema import LONGEST_STATEMENT

KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be scored; `line` is its line in the file, or its row from 1."""

    line: int
    reason: str
    text: str = ""


@dataclass(frozen=True)
class Log:
    """A problem log: its good rows, and those set aside."""

    frame: pd.DataFrame
    rejected: tuple[Rejected, ...]


def read_log(path: Path, text_column: str = "text", encoding: str = "utf-8-sig") -> Log:
    """Read a log of any kind. Raises LogError for a file, or a missing column."""
    kind = kind_of(path)
    try:
        frame, rejected = _READERS[kind](path, encoding)
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise LogError(
            f"{path} is not {encoding}: line {_garbled_line(path, encoding)} cannot be read",
            "save it as UTF-8, or name its encoding, such as --encoding cp1252",
        ) from error
    except LookupError as error:
        raise LogError(f"There is no encoding '{encoding}'", "such as --encoding cp1252") from error
    if text_column not in frame.columns:
        raise LogError(
            f"{path} has no column '{text_column}'; it has {', '.join(map(str, frame.columns))}",
            "name the column of the statements with --text-column",
        )
    lines = frame.attrs.get("lines", list(range(1, len(frame) + 1)))
    reasons = [_reason(value) for value in frame[text_column]]
    bad = [
        Rejected(line, reason, _shown(text))
        for line, reason, text in zip(lines, reasons, frame[text_column], strict=True)
        if reason
    ]
    good = frame[np.array([not reason for reason in reasons], dtype=bool)].reset_index(drop=True)
    good.attrs.clear()
    good[text_column] = good[text_column].astype("str")
    return Log(good, tuple(sorted([*rejected, *bad], key=lambda row: row.line)))


def _garbled_line(path: Path, encoding: str) -> int:
    content = path.read_bytes()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1


def kind_of(path: Path) -> str:
    """csv, tsv, xlsx, parquet or jsonl, by the name's ending. Raises LogError."""
    try:
        return KINDS[path.suffix.lower()]
    except KeyError as error:
        raise LogError(
            f"{path}: cannot tell what kind of file this is", f"end its name in {', '.join(KINDS)}"
        ) from error


def _reason(text: Any) -> str:
    """Why a statement cannot be scored, or nothing."""
    if not isinstance(text, str):
        return "the text is missing" if pd.isna(text) else "the text is not text"
    if not text.strip():
        return "the text is empty"
    if len(text) > LONGEST_STATEMENT:
        return f"the text is longer than {LONGEST_STATEMENT:,} characters"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "the text holds half a character (a lone surrogate)"
    return ""


def _shown(text: Any) -> str:
    whole = text if isinstance(text, str) else "" if pd.isna(text) else str(text)
    return whole[:200].encode("utf-8", "replace").decode()


def read_csv(
    path: Path, encoding: str = "utf-8-sig", delimiter: str = ""
) -> tuple[pd.DataFrame, list[Rejected]]:
    """A CSV table as text, and the rows that cannot be read.

    The frame's attrs["lines"] holds the line of the file on which each row begins. Raises
    LogError, OSError and UnicodeDecodeError.
    """
    csv.field_size_limit(2**31 - 1)
    rejected: list[Rejected] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    with open(path, newline="", encoding=encoding) as file:
        reader = csv.reader(file, delimiter=delimiter or _delimiter(file), strict=True)
        try:
            header = next(reader, None)
        except csv.Error as error:
            raise LogError(f"{path}: the header cannot be read: {error}") from error
        if not header:
            raise LogError(f"{path} is empty", "its first line should name the columns")
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                rejected.append(Rejected(line, f"the row cannot be read: {error}"))
                continue
            if not row:
                continue
            if len(row) != len(header):
                reason = f"the row has {len(row)} cells, the header {len(header)}"
                rejected.append(Rejected(line, reason, _shown(",".join(row))))
                continue
            rows.append(row)
            lines.append(line)
    frame = pd.DataFrame(rows, columns=_distinct(header, path), dtype=object)
    frame.attrs["lines"] = lines
    return frame, rejected


def _delimiter(file: Any) -> str:
    """Semicolon where the header holds one and no comma, as Excel writes in much of Europe."""
    first = file.readline()
    file.seek(0)
    return ";" if ";" in first and "," not in first else ","


def _distinct(header: list[str], path: Path) -> list[str]:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise LogError(f"{path}: column {', '.join(twice)} stands twice", "rename one of them")
    return header


def _read_tsv(path: Path, encoding: str) -> tuple[pd.DataFrame, list[Rejected]]:
    return read_csv(path, encoding, "\t")


def _read_jsonl(path: Path, encoding: str) -> tuple[pd.DataFrame, list[Rejected]]:
    rejected: list[Rejected] = []
    rows: list[dict] = []
    lines: list[int] = []
    with open(path, encoding=encoding) as file:
        for line, content in enumerate(file, 1):
            if not content.strip():
                continue
            try:
                row = json.loads(content)
            except (ValueError, RecursionError) as error:
                rejected.append(Rejected(line, f"not JSON: {error}", _shown(content.strip())))
                continue
            if not isinstance(row, dict):
                rejected.append(Rejected(line, "not a JSON object", _shown(content.strip())))
            elif "\\u" in content and _holds_half_a_character(row):
                reason = "the row holds half a character (a lone surrogate)"
                rejected.append(Rejected(line, reason, _shown(content.strip())))
            else:
                rows.append(row)
                lines.append(line)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    data = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    frame = pd.DataFrame(data)
    frame.attrs["lines"] = lines
    return frame, rejected


def _holds_half_a_character(row: dict) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _check_it_is_there(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(2, "No such file", str(path))


def _read_parquet(path: Path, encoding: str) -> tuple[pd.DataFrame, list[Rejected]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_it_is_there(path)
    try:
        # Not pd.read_parquet: what pandas had kept as an index is a column of the file too.
        table = pq.read_table(path)
        return table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True), []
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise LogError(f"{path} is not a whole Parquet file: {error}") from error


def _read_xlsx(path: Path, encoding: str) -> tuple[pd.DataFrame, list[Rejected]]:
    from python_calamine import CalamineError

    _check_it_is_there(path)
    try:
        frame = pd.read_excel(
            path, engine="calamine", dtype=object, keep_default_na=False, na_values=[""]
        )
    except (CalamineError, ValueError) as error:
        raise LogError(f"{path} is not an Excel workbook: {error}") from error
    frame.attrs["lines"] = list(range(2, len(frame) + 2))
    return frame, []


_READERS: dict[str, Callable[[Path, str], tuple[pd.DataFrame, list[Rejected]]]] = {
    "csv": read_csv,
    "tsv": _read_tsv,
    "xlsx": _read_xlsx,
    "parquet": _read_parquet,
    "jsonl": _read_jsonl,
}
