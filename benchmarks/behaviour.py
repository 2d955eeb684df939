"""How many behaviour cases hold, by kind: cases that the codebook decides beyond doubt.

    python benchmarks/behaviour.py [--show KIND]

The cases stand in behaviour.csv: a statement, often another to set it against, and what must
hold. They were written from the codebook alone and are not for training. The promoted model
answers; `--show` lists the cases of a kind that do not hold.
"""

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pmo_ml import registry, settings
from pmo_ml.catalogue import Catalogue, load_catalogue
from pmo_ml.decisions import Decisions, decide
from pmo_ml.schema import GATES

CASES = Path(__file__).parent / "behaviour.csv"


@dataclass(frozen=True)
class Answer:
    """What one statement got: gate, dose and prune by category, and expected doses."""

    gate: str
    doses: dict[str, int]
    prune: dict[str, bool]
    expected: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", default="", help="list the failing cases of this kind, or 'all'")
    shown = parser.parse_args().show
    catalogue = load_catalogue(settings.catalogue_path())
    model = registry.load_champion(catalogue, settings.models_folder())
    with CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    texts = [case["text"] for case in cases] + [case["against"] or "-" for case in cases]
    proba = model.classifier.predict_proba(texts)
    answers = read_answers(decide(proba, catalogue, model.card.thresholds), catalogue)
    held: dict[str, list[bool]] = {}
    for case, answer, against in zip(
        cases, answers[: len(cases)], answers[len(cases) :], strict=True
    ):
        failing = [c for c in conditions(case["expect"]) if not holds(c, answer, against)]
        held.setdefault(case["kind"], []).append(not failing)
        if failing and shown in (case["kind"], "all"):
            given = {name: dose for name, dose in answer.doses.items() if dose}
            print(f"{case['id']} {case['text']}\n    not so: {'; '.join(failing)}")
            print(f"    given: {answer.gate} {given}")
    print("| kind | cases | hold | share |\n|---|---|---|---|")
    for kind, results in held.items():
        print(f"| {kind} | {len(results)} | {sum(results)} | {np.mean(results):.0%} |")
    every = [result for results in held.values() for result in results]
    print(f"| all | {len(every)} | {sum(every)} | {np.mean(every):.0%} |")


def read_answers(decisions: Decisions, catalogue: Catalogue) -> list[Answer]:
    """One Answer a statement."""
    expected = decisions.dose_proba @ np.arange(4)
    return [
        Answer(
            GATES[decisions.gate[row]],
            dict(zip(catalogue.ids, decisions.doses[row].tolist(), strict=True)),
            dict(zip(catalogue.ids, decisions.prune[row].tolist(), strict=True)),
            dict(zip(catalogue.ids, expected[row].tolist(), strict=True)),
        )
        for row in range(len(decisions.gate))
    ]


def conditions(expect: str) -> list[str]:
    """`give a; not b` to its parts."""
    return [part.strip() for part in expect.split(";") if part.strip()]


def holds(condition: str, got: Answer, against: Answer) -> bool:
    """Whether a condition holds. Raises KeyError for a word that is none."""
    word, *rest = condition.split()
    return _CHECKS[word](rest, got, against)


_CHECKS: dict[str, Callable[[list[str], Answer, Answer], bool]] = {
    "give": lambda a, got, _: got.doses[a[0]] >= 1,
    "main": lambda a, got, _: 0 < got.doses[a[0]] == max(got.doses.values()),
    "not": lambda a, got, _: got.doses[a[0]] == 0,
    "dose": lambda a, got, _: got.doses[a[0]] == int(a[1]),
    "gate": lambda a, got, _: got.gate == a[0],
    "reduce": lambda a, got, _: got.prune[a[0]],
    "same": lambda _, got, other: (got.gate, got.doses) == (other.gate, other.doses),
    "stronger": lambda a, got, other: got.expected[a[0]] > other.expected[a[0]],
    "weaker": lambda a, got, other: got.expected[a[0]] < other.expected[a[0]],
}


if __name__ == "__main__":
    main()
