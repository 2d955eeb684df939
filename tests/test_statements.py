"""Labelled statements: checked row by row, and turned into what the model learns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmo_ml import settings
from pmo_ml.errors import StatementError
from pmo_ml.schema import FACTOR_LEVELS, GATES, LONGEST_STATEMENT, targets_for
from pmo_ml.statements import (
    COLUMNS,
    REGISTERS,
    encode,
    find_problems,
    near_duplicates,
    read_judged,
    read_statements,
    read_table,
    role_levels,
    split_list,
    spread,
    true_doses,
)

SEVEN = (
    "portfolio_selection;governance_decisions;assurance_quality;planning_scheduling;"
    "cost_control;risk_issues;scope_change"
)


def row(**changes: str) -> dict[str, str]:
    """A sound labelled statement, with some cells changed."""
    sound = dict.fromkeys(COLUMNS, "") | dict.fromkeys(FACTOR_LEVELS, "0")
    sound |= {
        "id": "B-1",
        "author": "b",
        "text": "Plant projects cost more than planned.",
        "gate": "in_scope",
        "core": "cost_control",
        "sector": "bank",
        "register": "complaint",
    }
    return sound | changes


FIRST = row(id="A-1", text="The plans are late again.", core="planning_scheduling")


def written(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "statements.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def problems_of(path: Path, catalogue) -> tuple[str, ...]:
    with pytest.raises(StatementError) as caught:
        read_statements(path, catalogue)
    return caught.value.problems


# Reading


def test_sound_statements_are_read_with_whole_numbers_for_factors(tmp_path, catalogue):
    path = written(tmp_path, [FIRST, row(spread="2", severity="-1")])

    frame = read_statements(path, catalogue)

    assert frame["id"].tolist() == ["A-1", "B-1"]
    assert frame["severity"].tolist() == [0, -1]
    assert frame["spread"].tolist() == [0, 2]


def test_empty_cells_are_empty_text_and_the_word_none_stays_a_word(tmp_path, catalogue):
    path = written(tmp_path, [row(sector="NA", text="None")])

    frame = read_statements(path, catalogue)

    assert frame.loc[0, ["secondary", "sector", "text"]].tolist() == ["", "NA", "None"]


def test_the_mark_that_excel_puts_before_utf_8_is_no_part_of_the_first_column(tmp_path, catalogue):
    path = tmp_path / "excel.csv"
    pd.DataFrame([FIRST]).to_csv(path, index=False, encoding="utf-8-sig")

    assert read_statements(path, catalogue)["id"].tolist() == ["A-1"]


def test_factors_that_a_spreadsheet_wrote_with_a_point_are_whole_numbers(tmp_path, catalogue):
    path = written(tmp_path, [row(spread="1.0"), FIRST])

    assert read_statements(path, catalogue)["spread"].tolist() == [1, 0]


def test_columns_that_are_missing_are_all_named(tmp_path):
    path = tmp_path / "short.csv"
    pd.DataFrame([FIRST]).drop(columns=["gate", "stakes"]).to_csv(path, index=False)

    with pytest.raises(StatementError, match="has no column gate, stakes"):
        read_table(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StatementError, match=r"nowhere\.csv cannot be read"):
        read_table(tmp_path / "nowhere.csv")


def test_a_file_that_is_not_utf_8_is_told_how_to_save_it(tmp_path):
    path = tmp_path / "old.csv"
    pd.DataFrame([row(text="The café is late.")]).to_csv(path, index=False, encoding="cp1252")

    with pytest.raises(StatementError, match="is not UTF-8") as caught:
        read_table(path)

    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize("content", ["", 'id,text\n"never closed,\n', "id,text\n1,2\n1,2,3,4\n"])
def test_a_file_that_is_no_table_is_told_so(tmp_path, content):
    path = tmp_path / "broken.csv"
    path.write_text(content)

    with pytest.raises(StatementError, match=r"is empty|is not a CSV table"):
        read_table(path)


# Problems, each with its line


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"author": ""}, ["has no author"]),
        ({"text": "  \t "}, ["the text is empty"]),
        (
            {"text": "late " * (LONGEST_STATEMENT // 5) + "again"},
            ["the text is longer than 20,000 characters"],
        ),
        (
            {"gate": "maybe", "core": ""},
            ["gate 'maybe' is not one of in_scope, too_vague, out_of_scope"],
        ),
        (
            {"register": "poem"},
            [
                "register 'poem' is not one of question, complaint, request, fragment, notes, "
                "email, chat, ramble"
            ],
        ),
        ({"spread": "3"}, ["spread '3' is not one of 0, 1, 2"]),
        ({"severity": "-2"}, ["severity '-2' is not one of -1, 0, 1, 2"]),
        ({"stakes": ""}, ["stakes '' is not one of 0, 1"]),
        ({"request": "strong"}, ["request 'strong' is not one of -1, 0, 1"]),
        ({"persistence": "0.5"}, ["persistence '0.5' is not one of 0, 1"]),
        ({"spread": "inf"}, ["spread 'inf' is not one of 0, 1, 2"]),
        ({"spread": "1e30"}, ["spread '1e30' is not one of 0, 1, 2"]),
        ({"core": "cost_control;coffee"}, ["core: unknown category 'coffee'"]),
        ({"secondary": "coffee"}, ["secondary: unknown category 'coffee'"]),
        ({"negated": "coffee"}, ["negated: unknown category 'coffee'"]),
        (
            {"reduce": "coffee"},
            [
                "reduce: unknown category 'coffee'",
                "reduce without being core or secondary: coffee",
            ],
        ),
        ({"core": "cost_control; cost_control"}, ["core: a category stands twice"]),
        ({"secondary": "cost_control"}, ["core and secondary at once: cost_control"]),
        ({"reduce": "risk_issues"}, ["reduce without being core or secondary: risk_issues"]),
        ({"negated": "cost_control"}, ["negated and labelled at once: cost_control"]),
        ({"core": "", "secondary": "cost_control"}, ["in scope without a core category"]),
        ({"core": SEVEN}, ["7 categories, at most 6"]),
        ({"gate": "too_vague"}, ["too_vague with categories: cost_control"]),
        (
            {"gate": "out_of_scope", "core": "", "stakes": "1"},
            ["out_of_scope with factors other than 0"],
        ),
        ({"id": "A-1"}, ["the id stands on line 2 already"]),
        ({"text": "the PLANS  are\nlate again."}, ["the text stands on line 2 already"]),
    ],
)
def test_a_problem_is_told_with_its_line_and_id(tmp_path, catalogue, changes, problems):
    second = row(**changes)
    path = written(tmp_path, [FIRST, second])

    told = problems_of(path, catalogue)

    assert told == tuple(f"line 3 ({second['id']}): {problem}" for problem in problems)


def test_a_statement_without_an_id_is_found_by_its_line(tmp_path, catalogue):
    path = written(tmp_path, [FIRST, row(id="")])

    assert problems_of(path, catalogue) == ("line 3 (): has no id",)


def test_the_problems_of_all_rows_are_told_at_once(tmp_path, catalogue):
    path = written(
        tmp_path,
        [FIRST, row(id="B-1", author=""), row(id="B-2", text="", gate="maybe", core="coffee")],
    )

    assert [problem.split(": ", 1)[0] for problem in problems_of(path, catalogue)] == [
        "line 3 (B-1)",
        "line 4 (B-2)",
        "line 4 (B-2)",
        "line 4 (B-2)",
        "line 4 (B-2)",
    ]


def test_the_message_counts_the_problems_and_the_hint_says_what_to_run(tmp_path, catalogue):
    path = written(tmp_path, [row(author="")])

    with pytest.raises(StatementError) as caught:
        read_statements(path, catalogue)

    assert caught.value.message == f"{path}: 1 problem"
    assert "pmo-ml statements check" in caught.value.hint


def test_two_empty_texts_are_not_told_as_the_same_text(tmp_path, catalogue):
    path = written(tmp_path, [row(id="A", text=""), row(id="B", text="")])

    assert problems_of(path, catalogue) == (
        "line 2 (A): the text is empty",
        "line 3 (B): the text is empty",
    )


@pytest.mark.parametrize(
    ("cell", "items"),
    [("", []), ("a", ["a"]), ("a;b", ["a", "b"]), (" a ; ;b; ", ["a", "b"])],
)
def test_a_cell_is_split_at_its_semicolons(cell, items):
    assert split_list(cell) == items


# Near duplicates


def test_statements_with_nearly_the_same_words_are_found_closest_first():
    texts = [
        "Our plant projects always cost more than we had planned for.",
        "The steering group has not met since the spring.",
        "our plant projects always cost more than we had planned for",
        "Nobody uses the new system that we rolled out last year.",
        "Nobody at all uses the new system that we rolled out last year.",
    ]

    found = near_duplicates(texts, alike=0.7)

    assert [(first, second) for first, second, _ in found] == [(0, 2), (3, 4)]
    assert found[0][2] == pytest.approx(1.0)
    assert 0.7 < found[1][2] < 1.0


def test_a_pair_is_found_wherever_the_rows_are_cut_into_chunks():
    texts = [f"Statement number {n} about one quite different thing {n * 7}." for n in range(9)]
    texts[7] = texts[1]

    for chunk in (1, 2, 5, 100):
        assert near_duplicates(texts, alike=0.99, chunk=chunk) == [(1, 7, pytest.approx(1.0))]


def test_short_texts_are_no_duplicates():
    assert near_duplicates(["late again"] * 2) == []
    assert len(near_duplicates(["late again"] * 2, least_words=2)) == 1


@pytest.mark.parametrize("texts", [[], ["?", "!"], ["one single statement of some length"]])
def test_nothing_to_compare_gives_no_duplicates(texts):
    assert near_duplicates(texts) == []


# Labels to levels and doses


def labelled(**cells: str | int) -> pd.DataFrame:
    """One statement's labels; what is not said is empty or 0."""
    empty = dict.fromkeys(COLUMNS, "") | {"gate": "in_scope"} | dict.fromkeys(FACTOR_LEVELS, 0)
    return pd.DataFrame([empty | cells])


def test_labels_become_levels_in_the_order_of_the_targets(catalogue):
    frame = labelled(
        core="cost_control", secondary="risk_issues;scope_change", reduce="cost_control",
        spread=2, persistence=1, severity=-1, stakes=1, request=-1,
    )  # fmt: skip
    targets = targets_for(catalogue.ids)

    (levels,) = encode(frame, catalogue, targets)

    told = {target.name: level for target, level in zip(targets, levels, strict=True) if level}
    assert told == {
        "roles.cost_control": 2,
        "roles.risk_issues": 1,
        "roles.scope_change": 1,
        "overdose.overdose": 1,
        "factors.spread": 2,
        "factors.persistence": 1,
        "factors.severity": -1,
        "factors.stakes": 1,
        "factors.request": -1,
    }


@pytest.mark.parametrize(
    ("gate", "level"), [("in_scope", 0), ("too_vague", 1), ("out_of_scope", 2)]
)
def test_the_gate_is_encoded_by_its_place_among_the_gates(catalogue, gate, level):
    levels = encode(labelled(gate=gate), catalogue, targets_for(catalogue.ids))

    assert levels[0, 0] == level


def test_every_encoded_level_is_on_its_targets_scale(sample, catalogue):
    targets = targets_for(catalogue.ids)

    levels = encode(sample, catalogue, targets)

    assert levels.shape == (len(sample), len(targets))
    for column, target in enumerate(targets):
        assert set(levels[:, column]) <= set(target.levels), target.name


def test_roles_are_two_for_core_and_one_for_secondary(catalogue):
    roles = role_levels(labelled(core="cost_control", secondary="risk_issues"), catalogue)

    assert roles[0, catalogue.ids.index("cost_control")] == 2
    assert roles[0, catalogue.ids.index("risk_issues")] == 1
    assert roles.sum() == 3


W, P, S, K, R = FACTOR_LEVELS
WORKED_EXAMPLES = [
    (1, {"core": "cost_control", "secondary": "assurance_quality", W: 1, P: 1},
     {"cost_control": 2, "assurance_quality": 1}),
    (2, {"core": "planning_scheduling", S: -1}, {"planning_scheduling": 1}),
    (3, {"core": "planning_scheduling", W: 2, P: 1, K: 1}, {"planning_scheduling": 3}),
    (4, {"core": "scope_change", "secondary": "cost_control;planning_scheduling", W: 1, P: 1},
     {"scope_change": 2, "cost_control": 1, "planning_scheduling": 1}),
    (5, {"core": "reporting_visibility", W: 1, P: 1}, {"reporting_visibility": 2}),
    (6, {"core": "assurance_quality", "secondary": "planning_scheduling", W: 2, S: 2},
     {"assurance_quality": 3, "planning_scheduling": 2}),
    (7, {"core": "delivery_recovery", "secondary": "cost_control", W: 1, S: 2, K: 1, R: 1},
     {"delivery_recovery": 3, "cost_control": 2}),
    (8, {"core": "resource_capacity", "secondary": "planning_scheduling", W: 2},
     {"resource_capacity": 2, "planning_scheduling": 1}),
    (9, {"core": "assurance_quality;planning_scheduling", R: -1},
     {"assurance_quality": 1, "planning_scheduling": 1}),
    (10, {"core": "reporting_visibility", "reduce": "reporting_visibility", W: 1, P: 1, S: 1},
     {"reporting_visibility": 1}),
    (11, {"core": "stakeholder_adoption", "negated": "cost_control;reporting_visibility",
          W: 1, P: 1}, {"stakeholder_adoption": 2}),
    (12, {"gate": "out_of_scope"}, {}),
    (13, {"gate": "too_vague"}, {}),
    (14, {"core": "cost_control", "secondary": "reporting_visibility", W: 1, P: 1},
     {"cost_control": 2, "reporting_visibility": 1}),
    (15, {"core": "governance_decisions;dependency_integration", "secondary": "delivery_recovery",
          W: 1, K: 1},
     {"governance_decisions": 2, "dependency_integration": 2, "delivery_recovery": 1}),
    (16, {"core": "portfolio_selection;governance_decisions", W: 1, P: 1},
     {"portfolio_selection": 2, "governance_decisions": 2}),
    (17, {"core": "supplier_commercial", "secondary": "planning_scheduling",
          W: 1, P: 1, S: 2, K: 1}, {"supplier_commercial": 3, "planning_scheduling": 2}),
    (18, {"core": "capability_learning", W: 2, P: 1}, {"capability_learning": 2}),
    (19, {"core": "methods_tools;capability_learning", W: 2},
     {"methods_tools": 2, "capability_learning": 2}),
    (20, {"core": "stakeholder_adoption", W: 1, S: -1}, {"stakeholder_adoption": 1}),
    (21, {"core": "benefits_realisation", W: 1, S: 2, K: 1}, {"benefits_realisation": 3}),
    (22, {"core": "portfolio_selection"}, {"portfolio_selection": 1}),
    (23, {"secondary": "scope_change;stakeholder_adoption", S: 1},
     {"scope_change": 1, "stakeholder_adoption": 1}),
    (24, {"core": "risk_issues", P: 1, S: 1}, {"risk_issues": 2}),
    (25, {"core": "dependency_integration", W: 1, K: 1}, {"dependency_integration": 2}),
    (26, {"core": "planning_scheduling", W: 1, S: 1}, {"planning_scheduling": 2}),
    (27, {"gate": "too_vague"}, {}),
    (28, {"core": "governance_decisions", "reduce": "governance_decisions", W: 1},
     {"governance_decisions": 1}),
    (29, {"core": "cost_control;planning_scheduling", W: 2, P: 1, K: 1},
     {"cost_control": 3, "planning_scheduling": 3}),
    (30, {"core": "portfolio_selection", W: 2}, {"portfolio_selection": 2}),
]  # fmt: skip
"""The labels of the codebook's thirty worked examples (2.6), and the doses they stand for."""


@pytest.mark.parametrize(
    ("number", "labels", "doses"),
    WORKED_EXAMPLES,
    ids=[f"example {number}" for number, _, _ in WORKED_EXAMPLES],
)
def test_a_worked_examples_labels_stand_for_the_codebooks_doses(catalogue, number, labels, doses):
    (told,) = true_doses(labelled(**labels), catalogue)

    assert {name: dose for name, dose in zip(catalogue.ids, told, strict=True) if dose} == doses


def test_a_fourth_double_steps_down_and_the_secondary_categories_go_first(catalogue):
    frame = labelled(
        core="scope_change;risk_issues;cost_control;methods_tools",
        secondary="portfolio_selection;planning_scheduling;assurance_quality",
        spread=2, persistence=1, stakes=1,
    )  # fmt: skip

    (doses,) = true_doses(frame, catalogue)

    roles = role_levels(frame, catalogue)[0]
    assert sorted(doses[roles == 2]) == [2, 3, 3, 3]
    assert sorted(doses[roles == 1]) == [0, 2, 2]


# Statements to judge by


def judged_row(catalogue, **changes: str) -> dict[str, str]:
    sound = {"text": "Plans slip.", "gate": "in_scope"} | dict.fromkeys(catalogue.ids, "0")
    return sound | {"planning_scheduling": "2"} | changes


def test_labelled_statements_are_read_to_judge_by(tmp_path, catalogue):
    path = written(tmp_path, [FIRST])

    assert read_judged(path, catalogue)["core"].tolist() == ["planning_scheduling"]


def test_labelled_statements_to_judge_by_are_checked_as_ever(tmp_path, catalogue):
    path = written(tmp_path, [row(core="coffee")])

    with pytest.raises(StatementError, match="unknown category 'coffee'"):
        read_judged(path, catalogue)


def test_a_dose_for_each_category_is_read_to_judge_by(tmp_path, catalogue):
    path = written(tmp_path, [judged_row(catalogue), judged_row(catalogue, cost_control="3")])

    frame = read_judged(path, catalogue)

    assert frame["planning_scheduling"].tolist() == [2, 2]
    assert frame["cost_control"].tolist() == [0, 3]


def test_the_columns_that_neither_form_has_are_named(tmp_path, catalogue):
    path = tmp_path / "judged.csv"
    pd.DataFrame([judged_row(catalogue)]).drop(columns=["gate", "risk_issues"]).to_csv(path)

    with pytest.raises(StatementError, match="has no column gate, risk_issues"):
        read_judged(path, catalogue)


def test_every_wrong_gate_and_dose_to_judge_by_is_told_with_its_line(tmp_path, catalogue):
    path = written(
        tmp_path,
        [
            judged_row(catalogue),
            judged_row(catalogue, gate="maybe", cost_control="4"),
            judged_row(catalogue, risk_issues=""),
        ],
    )

    with pytest.raises(StatementError) as caught:
        read_judged(path, catalogue)

    assert caught.value.problems == (
        "line 3: gate 'maybe'",
        "line 3: cost_control '4'",
        "line 4: risk_issues ''",
    )


# The shipped corpus


@pytest.fixture(scope="module")
def shipped(catalogue) -> pd.DataFrame:
    return read_table(settings.statements_path())


def test_the_shipped_statements_are_sound(shipped, catalogue):
    assert [str(problem) for problem in find_problems(shipped, catalogue)] == []


def test_no_two_shipped_statements_are_nearly_the_same(shipped):
    pairs = near_duplicates(shipped["text"].tolist())

    assert [(shipped["id"][first], shipped["id"][second]) for first, second, _ in pairs] == []


def test_the_shipped_statements_are_spread_over_every_category_and_dose(shipped, catalogue):
    by_category = spread(shipped, catalogue)["categories"].set_index("category")

    assert tuple(by_category.index) == catalogue.ids
    assert by_category["core"].min() >= 100
    assert by_category[list(catalogue.doses[1:])].min().min() >= 10
    assert by_category["reduce"].min() >= 1


def test_the_shipped_statements_are_spread_over_every_gate_register_and_level(shipped, catalogue):
    gates = shipped["gate"].value_counts()
    registers = shipped["register"].value_counts()
    in_scope = shipped[shipped["gate"] == "in_scope"]

    assert set(gates.index) == set(GATES) and gates.min() >= 200
    assert set(registers.index) == set(REGISTERS) and registers.min() >= 80
    for factor, levels in FACTOR_LEVELS.items():
        counts = in_scope[factor].value_counts()
        assert set(counts.index) == set(levels) and counts.min() >= 50, factor


def test_the_shipped_statements_are_by_many_authors_and_of_every_length(shipped):
    words = shipped["text"].str.split().str.len()

    assert shipped["author"].nunique() >= 10
    assert shipped["sector"].nunique() >= 50
    assert words.quantile(0.1) <= 10 and words.quantile(0.9) >= 60


def test_some_shipped_statements_say_what_is_fine(shipped):
    assert (shipped["negated"] != "").sum() >= 100


def test_the_spread_counts_each_statement_once(sample, catalogue):
    tables = spread(sample, catalogue)

    for name in ("gates", "registers", "authors"):
        assert tables[name]["statements"].sum() == len(sample)
    in_scope = int((sample["gate"] == "in_scope").sum())
    levels = tables["factors (in scope)"].drop(columns="factor")
    assert (levels.sum(axis=1) == in_scope).all()
    doses = true_doses(sample, catalogue)
    counted = tables["categories"][list(catalogue.doses[1:])].to_numpy()
    assert (counted == [np.bincount(column, minlength=4)[1:] for column in doses.T]).all()
