"""Drives the real page in headless Chromium; shared by the journey tests and the screenshots."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SEED = (
    "Why are the projects from department X always incurring additional costs than were "
    "planned for?"
)


def chromium_path() -> str:
    """The Chromium of the machine, or PMO_ML_CHROMIUM."""
    found = os.environ.get("PMO_ML_CHROMIUM") or shutil.which("chromium") or ""
    assert Path(found).exists(), "install Chromium, or say where it is in PMO_ML_CHROMIUM"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def open_page(browser: Browser, url: str, width: int = 1200, dark: bool = False) -> Page:
    """A fresh visitor's page, drawn and at rest."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.goto(url)
    at_rest(page)
    return page


def at_rest(page: Page) -> None:
    page.wait_for_selector(
        "[data-testid='stApp'][data-test-script-state='notRunning']", timeout=60_000
    )
    page.wait_for_selector("h1", timeout=60_000)


def ask(page: Page, text: str) -> None:
    """Type a problem and wait for its answer."""
    page.get_by_label("Your problem").fill(text)
    page.get_by_role("button", name="Prescribe", exact=True).click()
    page.wait_for_selector(".label-head, .calm", timeout=30_000)
    at_rest(page)


def show_whole(page: Page) -> None:
    """Grow the window to the page's height, so that a screenshot holds all of it."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(height, 5000)})
    page.wait_for_timeout(400)
