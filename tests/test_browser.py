"""Journeys through the page in real Chromium."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from pmo_ml import serving, settings
from tests import page as pages

pytestmark = pytest.mark.browser
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def server(shelf):
    port = pages.free_port()
    with serving.page(settings.app_path(), "127.0.0.1", port, shelf) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with pages.chromium() as running:
        yield running


@pytest.fixture
def visitor(browser, server):
    """A fresh visitor who notes every request to elsewhere and every error of the console."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.elsewhere, page.errors = [], []
    page.on("request", lambda r: None if _here(r.url, server.url) else page.elsewhere.append(r.url))
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(server.url)
    pages.at_rest(page)
    yield page
    context.close()


def _here(url, home):
    return url.startswith((home, home.replace("http", "ws", 1), "data:", "blob:"))


def doses(page):
    """Service name -> dose, as the page shows them."""
    heads = page.locator(".service-head")
    return {
        heads.nth(i).locator("h3").inner_text().split(". ", 1)[1]: heads.nth(i)
        .locator(".dose")
        .inner_text()
        .lstrip("●○ ")
        for i in range(heads.count())
    }


def test_type_prescribe_and_turn_a_dial(visitor):
    pages.ask(visitor, pages.SEED)
    before = doses(visitor)

    for name in ("critical", "a great deal", "the whole portfolio"):
        visitor.get_by_role("radio", name=name, exact=True).click()
        pages.at_rest(visitor)

    visitor.locator(".dose", has_text="double dose").first.wait_for()
    assert before["Estimates, budgets and forecasts"] == "standard"
    assert doses(visitor)["Estimates, budgets and forecasts"] == "double dose"
    assert visitor.locator("blockquote mark").count() > 0
    assert visitor.errors == []
    assert visitor.elsewhere == []


def test_the_page_has_no_serious_accessibility_findings(visitor):
    pages.ask(visitor, pages.SEED)
    visitor.get_by_text("What this dose is").first.click()
    visitor.wait_for_timeout(500)

    found = Axe().run(visitor).response["violations"]

    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS] == []


def test_the_cabinet_has_no_serious_accessibility_findings(visitor):
    visitor.get_by_role("link", name="Cabinet").click()
    visitor.get_by_role("heading", name="The cabinet").wait_for()
    pages.at_rest(visitor)

    found = Axe().run(visitor).response["violations"]

    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS] == []
    assert visitor.errors == []


def test_nothing_of_one_problem_is_left_in_the_next(visitor):
    pages.ask(visitor, pages.SEED)
    visitor.get_by_role("radio", name="critical", exact=True).click()
    visitor.get_by_text("Set by you.").wait_for()

    pages.ask(visitor, "The payroll run failed again last night and the staff are furious.")

    visitor.locator(".calm").wait_for()
    assert visitor.get_by_text("Set by you.").count() == 0
    assert visitor.locator(".service-head").count() == 0


def test_two_visitors_never_see_each_others_words(browser, server):
    first = pages.open_page(browser, server.url)
    second = pages.open_page(browser, server.url)

    pages.ask(first, "Our vendor Zebrafish misses every date of the roll-out.")
    pages.ask(second, "Nobody uses the scheduling system we rolled out last year.")

    assert "Zebrafish" not in second.content()
    assert "scheduling system" not in first.locator("blockquote").inner_text()
    first.context.close()
    second.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_runs_off_a_phone(browser, server, dark):
    page = pages.open_page(browser, server.url, width=390, dark=dark)
    pages.ask(page, pages.SEED)

    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 120))"
    )

    assert wide == []
    page.context.close()


def test_the_keyboard_alone_is_enough(visitor):
    visitor.get_by_label("Your problem").focus()
    visitor.keyboard.type("Nobody uses the CRM we rolled out last year.")
    visitor.keyboard.press("Control+Enter")
    visitor.wait_for_selector(".service-head", timeout=30_000)
    pages.at_rest(visitor)

    assert "Taking people with us" in doses(visitor)
