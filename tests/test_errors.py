"""One family of errors, each saying what failed, where, and what to try."""

import ast
import inspect
import pickle
import re
from pathlib import Path

import pytest

from pmo_ml import errors
from pmo_ml.errors import PmoError

FAMILY = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__ and kind is not PmoError
]


def test_the_drawn_tree_is_the_family():
    root, *branches = re.findall(r"^ *\+? *([A-Z]\w+)", errors.__doc__, flags=re.MULTILINE)[1:]

    assert root == "PmoError"
    assert sorted(branches) == sorted(kind.__name__ for kind in FAMILY)


@pytest.mark.parametrize("kind", FAMILY)
def test_every_error_is_caught_by_the_one_base_class(kind):
    with pytest.raises(PmoError, match="the cabinet is empty"):
        raise kind("the cabinet is empty")


@pytest.mark.parametrize("kind", FAMILY)
def test_every_error_of_the_family_is_raised_somewhere(kind):
    raised = {
        node.exc.func.id
        for path in Path(errors.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
    }

    assert kind.__name__ in raised


def test_an_error_with_only_a_message_is_one_line():
    assert str(PmoError("no model is promoted")) == "no model is promoted"


def test_the_hint_stands_on_a_line_of_its_own():
    error = PmoError("no model is promoted", "pmo-ml train")

    assert str(error) == "no model is promoted\nTry: pmo-ml train"


def test_every_problem_stands_on_a_line_between_message_and_hint():
    error = PmoError("log.csv: 2 problems", "mend them", ["line 2: empty", "line 5: too long"])

    assert str(error).splitlines() == [
        "log.csv: 2 problems",
        "  - line 2: empty",
        "  - line 5: too long",
        "Try: mend them",
    ]


def test_problems_told_one_by_one_are_all_kept():
    error = PmoError("log.csv", problems=(f"line {line}" for line in (2, 3)))

    assert error.problems == ("line 2", "line 3")
    assert str(error) == str(error), "telling an error must not use it up"


def test_an_error_survives_the_way_back_from_a_worker_process():
    error = errors.LogError("log.csv", "save it as UTF-8", ["line 2"])

    returned = pickle.loads(pickle.dumps(error))

    assert type(returned) is errors.LogError
    assert (returned.message, returned.hint, returned.problems) == (
        "log.csv",
        "save it as UTF-8",
        ("line 2",),
    )
