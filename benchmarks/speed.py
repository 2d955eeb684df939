"""How fast one statement, a training run and a cold start are, beside a baseline in the same run.

    python benchmarks/speed.py [--statements N]

The plain pipeline (TfidfVectorizer and one-vs-rest LogisticRegression, a head for each gate and
each dose) learns from the same rows. Ours and the baseline take turns, statement by statement, so
that both meet the same weather; times are medians, and only their ratio travels between machines.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pmo_ml import registry, settings, training
from pmo_ml.baselines import plain_labels, plain_pipeline
from pmo_ml.catalogue import load_catalogue
from pmo_ml.prescription import prescribe
from pmo_ml.statements import read_statements
from pmo_ml.thesaurus import load_thesaurus

PROBLEM = "Our projects in department X always cost more than was planned for."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statements", type=int, default=400, help="how many to prescribe for")
    count = parser.parse_args().statements
    catalogue = load_catalogue(settings.catalogue_path())
    thesaurus = load_thesaurus(settings.thesaurus_path())
    frame = read_statements(settings.statements_path(), catalogue)
    truth = training.truth_of(frame, catalogue)
    texts = frame["text"].tolist()

    plain = plain_pipeline()
    plain_seconds = _seconds(lambda: plain.fit(texts, plain_labels(truth)))
    trained: list[training.Trained] = []
    our_seconds = _seconds(lambda: trained.append(training.train(frame, catalogue, thesaurus)))
    ours = trained[0]

    asked = frame.sample(count, random_state=0)["text"].tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        turns = [
            (
                _seconds(
                    lambda text=text: prescribe(text, ours.classifier, catalogue, ours.thresholds)
                ),
                _seconds(lambda text=text: plain.predict_proba([text])),
            )
            for text in asked
        ]
    mine, theirs = (sorted(column) for column in zip(*turns, strict=True))

    now = datetime.now(UTC)
    card = training.make_card(ours, frame, catalogue, thesaurus, created=now)
    with tempfile.TemporaryDirectory() as shelf:
        folder = registry.save(registry.Model(ours.classifier, card), thesaurus, Path(shelf))
        registry.promote(card.version, Path(shelf))
        megabytes = (folder / "model.npz").stat().st_size / 1e6
        cold, imports = _cold(Path(shelf))

    rows = [
        ("one statement with reasons, warm, p50", f"{_at(mine, 0.5) * 1e3:.2f} ms",
         f"{_at(theirs, 0.5) * 1e3:.2f} ms plain pipeline", _at(mine, 0.5) / _at(theirs, 0.5)),
        ("one statement with reasons, warm, p99", f"{_at(mine, 0.99) * 1e3:.2f} ms",
         f"{_at(theirs, 0.99) * 1e3:.2f} ms plain pipeline", _at(mine, 0.99) / _at(theirs, 0.99)),
        (f"training on {len(texts):,} statements", f"{our_seconds:.0f} s",
         f"{plain_seconds:.0f} s plain pipeline, not calibrated", our_seconds / plain_seconds),
        ("cold pmo-ml prescribe", f"{cold:.2f} s", f"{imports:.2f} s importing scikit-learn",
         cold / imports),
    ]  # fmt: skip
    print("| what | pmo_ml | beside it | ratio |\n|---|---|---|---|")
    for what, value, beside, ratio in rows:
        print(f"| {what} | {value} | {beside} | {ratio:.2f} |")
    print(f"\nThe model file takes {megabytes:.1f} MB.")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _cold(shelf: Path, rounds: int = 5) -> tuple[float, float]:
    """Median seconds of a cold prescribe, and of importing scikit-learn alone, by turns."""
    environment = os.environ | {"PMO_ML_MODELS": str(shelf)}
    command = [sys.executable, "-c", "from pmo_ml.cli import main; main()", "prescribe", PROBLEM]
    imports = [sys.executable, "-c", "import sklearn"]

    def run(arguments: list[str]) -> float:
        return _seconds(
            lambda: subprocess.run(
                arguments, env=environment, check=True, stdout=subprocess.DEVNULL
            )
        )

    turns = [(run(command), run(imports)) for _ in range(rounds + 1)][1:]
    cold, alone = zip(*turns, strict=True)
    return statistics.median(cold), statistics.median(alone)


if __name__ == "__main__":
    main()
