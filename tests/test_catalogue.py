"""The default cabinet is sound, and an unsound one is told everything that is wrong with it."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pmo_ml import settings
from pmo_ml.catalogue import Catalogue, check_catalogue, load_catalogue
from pmo_ml.errors import CatalogueError
from pmo_ml.schema import FACTOR_LEVELS

EFFORT = {
    "portfolio_selection": (3, 8, 18),
    "governance_decisions": (2, 6, 14),
    "assurance_quality": (3, 8, 20),
    "planning_scheduling": (3, 10, 24),
    "cost_control": (3, 9, 20),
    "risk_issues": (2, 7, 15),
    "scope_change": (2, 6, 14),
    "resource_capacity": (3, 9, 20),
    "benefits_realisation": (2, 6, 14),
    "reporting_visibility": (2, 8, 18),
    "dependency_integration": (2, 8, 20),
    "supplier_commercial": (2, 6, 15),
    "stakeholder_adoption": (3, 9, 22),
    "methods_tools": (2, 6, 16),
    "capability_learning": (2, 7, 16),
    "delivery_recovery": (4, 15, 40),
}
"""The codebook's effort defaults for light touch, standard and double dose."""


@pytest.fixture(scope="module")
def default() -> dict:
    return tomllib.loads(settings.catalogue_path().read_text(encoding="utf-8"))


@pytest.fixture
def raw(default) -> dict:
    """The default cabinet as parsed TOML, to spoil."""
    return copy.deepcopy(default)


def problems_of(raw: dict) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        check_catalogue(raw)
    return caught.value.problems


def card(raw: dict, name: str) -> dict:
    return next(category for category in raw["categories"] if category["id"] == name)


# The default cabinet


def test_the_default_cabinet_holds_the_sixteen_categories_in_the_codebooks_order(catalogue):
    assert catalogue.ids == tuple(EFFORT)


@pytest.mark.parametrize("name", EFFORT)
def test_every_category_has_three_doses_at_the_codebooks_effort(catalogue, name):
    doses = catalogue.category(name).doses

    assert [dosage.dose for dosage in doses] == [1, 2, 3]
    assert tuple(dosage.effort for dosage in doses) == EFFORT[name]


@pytest.mark.parametrize(("dose", "days"), [(1, 40), (2, 128), (3, 306)])
def test_all_sixteen_at_one_dose_take_the_days_the_codebook_says(catalogue, dose, days):
    assert sum(category.at(dose).effort for category in catalogue.categories) == days


def test_the_default_rule_holds_the_codebooks_numbers(catalogue):
    rule = catalogue.rule

    assert (rule.standard_from, rule.double_at, rule.double_from) == (1, 3, 4)
    assert [(c.factor, c.level) for c in rule.double_if] == [("stakes", 1), ("severity", 2)]
    assert (rule.secondary_step, rule.secondary_floor, rule.overdose_dose) == (1, 1, 1)
    assert (rule.most_categories, rule.most_double) == (6, 3)


def test_the_default_factors_are_those_the_statements_are_labelled_with(catalogue):
    levels = {f.id: tuple(step.level for step in f.levels) for f in catalogue.factors}

    assert levels == FACTOR_LEVELS
    assert [factor.symbol for factor in catalogue.factors] == ["W", "P", "S", "K", "R"]


def test_the_default_tie_breaks_are_the_codebooks_sixteen(catalogue):
    assert [tie.id for tie in catalogue.tie_breaks] == [f"T{number}" for number in range(1, 17)]


def test_every_default_answer_speaks_for_a_category_that_it_can_name(catalogue):
    for category in catalogue.categories:
        confirming = [
            speaks
            for question in category.questions
            for speaks in (question.yes, question.no)
            if speaks is not None and speaks.how == "confirm"
        ]
        assert any(speaks.speaks_for == category.id for speaks in confirming), category.id


def test_no_default_card_is_another_card_with_a_new_name(catalogue):
    cues = [cue for category in catalogue.categories for cue in category.cues]

    assert len(set(cues)) == len(cues)
    assert len({category.name for category in catalogue.categories}) == 16


# Looking things up


def test_a_category_is_found_by_its_id(catalogue):
    assert catalogue.category("cost_control").id == "cost_control"
    assert catalogue.factor("stakes").at(1).level == 1


def test_an_unknown_category_is_refused_with_those_there_are(catalogue):
    with pytest.raises(CatalogueError, match="no category 'coffee'") as caught:
        catalogue.category("coffee")

    assert "cost_control" in caught.value.hint


def test_an_unknown_factor_is_refused_with_those_there_are(catalogue):
    with pytest.raises(CatalogueError, match="no factor 'mood'") as caught:
        catalogue.factor("mood")

    assert "severity" in caught.value.hint


# What a model depends on


def test_the_hash_stays_when_only_words_and_effort_change(raw, catalogue):
    card(raw, "cost_control")["name"] = "Money"
    card(raw, "cost_control")["doses"][0]["effort"] = 1

    assert check_catalogue(raw).hash == catalogue.hash


def swap_two_categories(raw: dict) -> None:
    raw["categories"][0], raw["categories"][1] = raw["categories"][1], raw["categories"][0]


def change_the_rule(raw: dict) -> None:
    raw["rule"]["standard_from"] = 0


@pytest.mark.parametrize("change", [swap_two_categories, change_the_rule])
def test_the_hash_changes_with_what_a_models_arrays_depend_on(raw, catalogue, change):
    change(raw)

    assert check_catalogue(raw).hash != catalogue.hash


# Inconsistencies, each with its place


def repeat_a_category(raw):
    twin = copy.deepcopy(card(raw, "cost_control"))
    for question in twin["questions"]:
        question["id"] += "_again"
    raw["categories"].append(twin)


def repeat_a_question(raw):
    questions = card(raw, "cost_control")["questions"]
    questions[1]["id"] = questions[0]["id"]


def repeat_a_factor(raw):
    raw["factors"].append(copy.deepcopy(raw["factors"][0]))


def repeat_a_vague_question(raw):
    raw["vague_questions"].append(copy.deepcopy(raw["vague_questions"][0]))


def repeat_a_tie_break(raw):
    raw["tie_breaks"].append(copy.deepcopy(raw["tie_breaks"][0]))


def drop_a_factor(raw):
    raw["factors"] = [factor for factor in raw["factors"] if factor["id"] != "stakes"]


def drop_a_level(raw):
    del raw["factors"][2]["levels"][0]


def add_a_factor(raw):
    raw["factors"].append({**copy.deepcopy(raw["factors"][0]), "id": "mood"})


def reverse_the_factors(raw):
    raw["factors"].reverse()


def cross_the_rules_totals(raw):
    raw["rule"]["standard_from"] = 5


def double_at_a_level_that_is_not(raw):
    raw["rule"]["double_if"][0]["level"] = 7


def double_for_a_factor_that_is_not(raw):
    raw["rule"]["double_if"][1]["factor"] = "mood"


def more_doubles_than_categories(raw):
    raw["rule"]["most_double"] = 7


def point_a_choice_nowhere(raw):
    raw["vague_questions"][0]["choices"][0]["category"] = "coffee"


def set_a_level_that_is_not(raw):
    raw["vague_questions"][1]["choices"][0]["sets"] = {"spread": 5}


def set_a_factor_that_is_not(raw):
    raw["vague_questions"][1]["choices"][0]["sets"] = {"mood": 0}


def shuffle_the_doses(raw):
    doses = card(raw, "cost_control")["doses"]
    doses[0]["dose"], doses[1]["dose"] = 2, 1


def let_a_double_take_less_than_a_standard(raw):
    card(raw, "cost_control")["doses"][2]["effort"] = 5


def combine_with_nothing(raw):
    card(raw, "cost_control")["combines_with"][0]["category"] = "coffee"


def combine_with_itself(raw):
    card(raw, "cost_control")["combines_with"][0]["category"] = "cost_control"


def confuse_with_nothing(raw):
    card(raw, "cost_control")["confused_with"][0]["category"] = "coffee"


def confuse_with_itself(raw):
    card(raw, "cost_control")["confused_with"][0]["category"] = "cost_control"


def name_a_tie_break_that_is_not(raw):
    card(raw, "cost_control")["confused_with"][0]["tie_break"] = "T99"


def ask_in_vain(raw):
    question = card(raw, "cost_control")["questions"][0]
    question.pop("yes", None)
    question.pop("no", None)


def speak_for_nothing(raw):
    card(raw, "cost_control")["questions"][0]["yes"] = {"speaks_for": "coffee", "how": "confirm"}


def speak_for_a_facet_that_is_not(raw):
    card(raw, "cost_control")["questions"][0]["no"] = {
        "speaks_for": "cost_control",
        "how": "confirm",
        "facet": "coffee",
    }


def break_a_tie_with_nothing(raw):
    raw["tie_breaks"][0]["categories"][0] = "coffee"


INCONSISTENCIES: list[tuple[Callable[[dict], None], str]] = [
    (repeat_a_category, "categories: 'cost_control' stands 2 times"),
    (repeat_a_question, "questions: 'cost_control_1' stands 2 times"),
    (repeat_a_factor, "factors: 'spread' stands 2 times"),
    (repeat_a_vague_question, "vague_questions: 'where' stands 2 times"),
    (repeat_a_tie_break, "tie_breaks: 'T1' stands 2 times"),
    (drop_a_factor, "factors: 'stakes' is missing"),
    (drop_a_level, "factors[severity].levels: are [0, 1, 2], should be [-1, 0, 1, 2]"),
    (add_a_factor, "factors: 'mood' is not one the statements are labelled with"),
    (
        reverse_the_factors,
        "factors: should stand in the order spread, persistence, severity, stakes, request",
    ),
    (cross_the_rules_totals, "rule: needs standard_from <= double_at <= double_from"),
    (double_at_a_level_that_is_not, "rule.double_if[1]: no level 7 of 'stakes'"),
    (double_for_a_factor_that_is_not, "rule.double_if[2]: no level 2 of 'mood'"),
    (more_doubles_than_categories, "rule.most_double: is above most_categories"),
    (point_a_choice_nowhere, "vague_questions[where] 'dates': unknown category 'coffee'"),
    (set_a_level_that_is_not, "vague_questions[how_many] 'one project': no level 5 of 'spread'"),
    (set_a_factor_that_is_not, "vague_questions[how_many] 'one project': no level 0 of 'mood'"),
    (shuffle_the_doses, "categories[cost_control].doses: should be 1, 2, 3 in this order"),
    (
        let_a_double_take_less_than_a_standard,
        "categories[cost_control].doses: dose 3 takes 5 days, less than the 9 of dose 2",
    ),
    (combine_with_nothing, "categories[cost_control].combines_with: unknown category 'coffee'"),
    (combine_with_itself, "categories[cost_control].combines_with: names itself"),
    (confuse_with_nothing, "categories[cost_control].confused_with: unknown category 'coffee'"),
    (confuse_with_itself, "categories[cost_control].confused_with: names itself"),
    (
        name_a_tie_break_that_is_not,
        "categories[cost_control].confused_with: unknown tie-break 'T99'",
    ),
    (
        ask_in_vain,
        "categories[cost_control].questions[cost_control_1]: neither answer speaks for anything",
    ),
    (
        speak_for_nothing,
        "categories[cost_control].questions[cost_control_1].yes: unknown category 'coffee'",
    ),
    (
        speak_for_a_facet_that_is_not,
        "categories[cost_control].questions[cost_control_1].no: "
        "'cost_control' has no facet 'coffee'",
    ),
    (break_a_tie_with_nothing, "tie_breaks[T1].categories: unknown category 'coffee'"),
]


@pytest.mark.parametrize(
    ("spoil", "problem"), INCONSISTENCIES, ids=[spoil.__name__ for spoil, _ in INCONSISTENCIES]
)
def test_an_inconsistency_is_the_one_problem_told_with_its_place(raw, spoil, problem):
    spoil(raw)

    assert problems_of(raw) == (problem,)


def test_all_inconsistencies_are_told_at_once(raw):
    at_odds = {  # with another in the list: they spoil the same words
        drop_a_factor,
        reverse_the_factors,
        combine_with_itself,
        confuse_with_itself,
        set_a_factor_that_is_not,
        repeat_a_category,
        repeat_a_question,
        repeat_a_vague_question,
        repeat_a_tie_break,
        add_a_factor,
        repeat_a_factor,
        shuffle_the_doses,
        ask_in_vain,
    }
    together = [(spoil, problem) for spoil, problem in INCONSISTENCIES if spoil not in at_odds]
    for spoil, _ in together:
        spoil(raw)

    told = problems_of(raw)

    assert sorted(told) == sorted(problem for _, problem in together)


def test_the_message_names_the_file_counts_the_problems_and_says_what_to_run(raw, tmp_path):
    point_a_choice_nowhere(raw)
    combine_with_itself(raw)

    with pytest.raises(CatalogueError) as caught:
        check_catalogue(raw, "cabinet.toml")

    assert caught.value.message == "cabinet.toml: 2 problems"
    assert "pmo-ml catalogue check" in caught.value.hint


# Wrong keys and values, each with its place


def misspell_a_key(raw):
    card(raw, "cost_control")["colour"] = "red"


def misspell_a_table(raw):
    raw["shelf"] = {}


def forget_a_name(raw):
    del card(raw, "cost_control")["name"]


def leave_a_text_blank(raw):
    card(raw, "cost_control")["definition"] = "   "


def give_no_effort(raw):
    card(raw, "cost_control")["doses"][1]["effort"] = 0


def give_effort_in_words(raw):
    card(raw, "cost_control")["doses"][1]["effort"] = "nine"


def give_a_fourth_dose(raw):
    card(raw, "cost_control")["doses"][1]["dose"] = 4


def answer_in_an_unknown_way(raw):
    card(raw, "cost_control")["questions"][0]["yes"] = {
        "speaks_for": "cost_control",
        "how": "perhaps",
    }


def write_an_id_with_a_space(raw):
    raw["rule"]["double_if"][0]["factor"] = "the stakes"


def give_one_cue(raw):
    card(raw, "cost_control")["cues"] = ["Over budget."]


def turn_a_table_into_text(raw):
    raw["rule"] = "double everything"


MISFITS: list[tuple[Callable[[dict], None], str]] = [
    (misspell_a_key, "categories[cost_control].colour: Extra inputs are not permitted"),
    (misspell_a_table, "shelf: Extra inputs are not permitted"),
    (forget_a_name, "categories[cost_control].name: Field required"),
    (leave_a_text_blank, "categories[cost_control].definition: "),
    (give_no_effort, "categories[cost_control].doses[2].effort: Input should be greater than 0"),
    (give_effort_in_words, "categories[cost_control].doses[2].effort: "),
    (give_a_fourth_dose, "categories[cost_control].doses[2].dose: "),
    (answer_in_an_unknown_way, "categories[cost_control].questions[cost_control_1].yes.how: "),
    (write_an_id_with_a_space, "rule.double_if[1].factor: "),
    (give_one_cue, "categories[cost_control].cues: "),
    (turn_a_table_into_text, "rule: "),
]


@pytest.mark.parametrize(
    ("spoil", "problem"), MISFITS, ids=[spoil.__name__ for spoil, _ in MISFITS]
)
def test_a_wrong_key_or_value_is_told_with_its_place(raw, spoil, problem):
    spoil(raw)

    told = problems_of(raw)

    assert sum(line.startswith(problem) for line in told) == 1


def test_all_wrong_keys_and_values_are_told_at_once(raw):
    at_odds = {give_effort_in_words, turn_a_table_into_text}  # spoil what another one spoils
    together = [(spoil, problem) for spoil, problem in MISFITS if spoil not in at_odds]
    for spoil, _ in together:
        spoil(raw)

    told = problems_of(raw)

    for _, problem in together:
        assert any(line.startswith(problem) for line in told), problem


def test_a_card_without_an_id_is_named_by_its_number(raw):
    del raw["categories"][3]["id"]

    assert problems_of(raw) == ("categories[4].id: Field required",)


@pytest.mark.parametrize("raw_of_another_shape", [{}, {"categories": "x"}, {"categories": [1]}])
def test_toml_of_another_shape_is_told_what_is_missing(raw_of_another_shape):
    assert "rule: Field required" in problems_of(raw_of_another_shape)


# Files


def written(folder: Path, content: bytes) -> Path:
    path = folder / "catalogue.toml"
    path.write_bytes(content)
    return path


def test_the_shipped_file_loads_as_what_it_holds(default):
    assert load_catalogue(settings.catalogue_path()) == Catalogue.model_validate(default)


def test_a_missing_file_is_named_with_what_to_set(tmp_path):
    with pytest.raises(CatalogueError, match=r"nowhere\.toml cannot be read") as caught:
        load_catalogue(tmp_path / "nowhere.toml")

    assert "PMO_ML_DATA" in caught.value.hint


def test_a_folder_in_the_files_place_is_told(tmp_path):
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_catalogue(tmp_path)


def test_broken_toml_is_told_with_its_line(tmp_path):
    path = written(tmp_path, b'version = "1.0"\ntitle = The cabinet\n')

    with pytest.raises(CatalogueError, match=r"not valid TOML.*line 2"):
        load_catalogue(path)


def test_a_file_that_is_not_utf_8_is_told_how_to_save_it(tmp_path):
    path = written(tmp_path, 'title = "Caf\xe9"'.encode("latin-1"))

    with pytest.raises(CatalogueError, match="is not UTF-8") as caught:
        load_catalogue(path)

    assert caught.value.hint == "save it as UTF-8"


def test_a_file_with_an_unknown_key_is_told_the_file_and_the_place(tmp_path):
    shipped = settings.catalogue_path().read_text(encoding="utf-8")
    path = written(tmp_path, f'colour = "red"\n{shipped}'.encode())

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(path)

    assert caught.value.message == f"{path}: 1 problem"
    assert caught.value.problems == ("colour: Extra inputs are not permitted",)
