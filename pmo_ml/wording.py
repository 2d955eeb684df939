"""A prescription, a card of the cabinet and tables in words, for a terminal."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pmo_ml.catalogue import Catalogue, Category
from pmo_ml.prescription import percent
from pmo_ml.schema import FactorReading, Prescription, Reasons, Service

WIDTH = 88


def prescription_text(told: Prescription, catalogue: Catalogue) -> str:
    """The whole answer, as one would read it aloud."""
    lines = [*_wrapped(f"“{told.statement.strip()}”", "  "), ""]
    lines += [f"  Note: {note}" for note in told.notes]
    if told.gate == "in_scope":
        for number, service in enumerate(told.services, 1):
            lines += [*_service_lines(number, service), ""]
        lines += _factor_lines(told.factors, catalogue)
        lines += ["", *_closing_lines(told)]
    else:
        lines += _wrapped(told.message, "  ")
        for number, question in enumerate(told.questions, 1):
            lines += _wrapped(f"{number}. {question}", "    ", "       ")
        lines += ["", f"  {percent(told.gate_certainty)} sure of this"]
    lines += ["", f"  model {told.model_version} · catalogue {told.catalogue_version}"]
    return "\n".join(lines)


def _service_lines(number: int, service: Service) -> list[str]:
    dose = f"{service.dose_name}, to prune" if service.prune else service.dose_name
    lines = [f"  {number}. {service.name}: {dose.upper()}"]
    lines += _wrapped(f"{service.certainty} needed ({percent(service.p_needed)})", "     ")
    lines += _wrapped(f"why this dose: {service.because}", "     ")
    if words := evidence_text(service.reasons):
        lines += _wrapped(f"read from: {words}", "     ")
    lines += _wrapped(service.does, "     ")
    lines += _wrapped(f"first weeks: {service.first_weeks}", "     ")
    effort = "cuts work back" if service.prune else f"{service.effort} PMO days a month"
    lines += _wrapped(f"{effort}, {service.cadence}", "     ")
    lines += _wrapped(f"beware: {service.contra_indications[0]}", "     ")
    return lines


def _factor_lines(factors: Sequence[FactorReading], catalogue: Catalogue) -> list[str]:
    lines = ["  How strong (turn a dial with --answer NAME=LEVEL)"]
    for reading in factors:
        levels = [step.level for step in catalogue.factor(reading.factor).levels]
        scale = "".join("●" if level == reading.level else "○" for level in levels)
        how = "your answer" if reading.answered else percent(reading.certainty)
        words = evidence_text(reading.reasons, 2) if reading.level != 0 else ""
        tail = f"  {words}" if words else ""
        read_as = f"{reading.level:>2}  {reading.level_name} ({how}){tail}"
        lines.append(f"    {reading.factor:<12} {scale:<5} {read_as}")
    return lines


def _closing_lines(told: Prescription) -> list[str]:
    lines = []
    if told.often_given_with:
        names = "; ".join(f"{s.name} (with {s.beside})" for s in told.often_given_with[:3])
        lines += _wrapped(f"Often given with: {names}", "  ")
    lines.append(f"  In all {told.effort} PMO days a month")
    return lines


def evidence_text(reasons: Reasons | None, most: int = 4) -> str:
    """The words that spoke for a score, with the concepts they were recognised as."""
    if reasons is None:
        return ""
    told: list[str] = []
    for item in reasons.evidence:
        if item.weight > 0 and len(told) < most:
            concept = f" ({item.concepts[0]})" if item.concepts else ""
            told.append(f"“{item.text}”{concept} {item.weight:+.1f}")
    return ", ".join(told)


def category_text(category: Category, catalogue: Catalogue) -> str:
    """One card of the cabinet."""
    lines = [f"{category.name}  [{category.id}]", ""]
    lines += _wrapped(f"{category.definition} {category.detail}", "  ")
    for dosage in category.doses:
        lines += ["", f"  {catalogue.doses[dosage.dose].upper()}"]
        lines += _wrapped(f"{dosage.does}", "    ")
        lines += _wrapped(f"You get: {'; '.join(dosage.deliverables)}", "    ")
        lines += _wrapped(f"First weeks: {dosage.first_weeks}", "    ")
        lines += [f"    {dosage.effort} PMO days a month, {dosage.cadence}"]
    sections: Mapping[str, Iterable[str]] = {
        "People say": category.cues,
        "Too much of it sounds like": category.overdose_cues,
        "Do not give it": category.contra_indications,
        "Side effects of an overdose": category.side_effects,
        "Often given with": [
            f"{catalogue.category(b.category).name}: {b.why}" for b in category.combines_with
        ],
        "Easily confused with": [
            f"{catalogue.category(c.category).name}: {c.how}" for c in category.confused_with
        ],
        "Not for": category.not_for,
        "We would ask": [question.text for question in category.questions],
    }
    for title, items in sections.items():
        if items:
            lines += ["", f"  {title}"]
            for item in items:
                lines += _wrapped(f"- {item}", "    ", "      ")
    return "\n".join(lines)


def catalogue_text(catalogue: Catalogue) -> str:
    """All cards, a line each, with the effort of each dose in PMO days a month."""
    rows = [
        {"category": c.id, "name": c.name, **{catalogue.doses[d.dose]: d.effort for d in c.doses}}
        for c in catalogue.categories
    ]
    return f"{catalogue.title} (version {catalogue.version}), PMO days a month\n\n" + table_text(
        pd.DataFrame(rows)
    )


def table_text(frame: pd.DataFrame) -> str:
    """A table with its text to the left and its numbers to the right."""
    cells = [[str(name) for name in frame.columns]]
    cells += [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(frame.columns))]
    right = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3f}"
    return str(value)


def _wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
    )
