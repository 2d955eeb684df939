"""`make screenshots`: the pictures of the README and the docs, from the running page."""

from pathlib import Path

from pmo_ml import serving, settings
from tests import page as pages

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
PROBLEM = (
    "Our outsourcing partner is six months behind, misses every milestone and bills for extras "
    "we never ordered. £4m is at stake and patients are booked from March."
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = pages.free_port()
    models = settings.models_folder()
    with (
        serving.page(settings.app_path(), "127.0.0.1", port, models) as server,
        pages.chromium() as browser,
    ):
        consult = pages.open_page(browser, server.url, width=900)
        pages.ask(consult, PROBLEM)
        pages.show_whole(consult)
        consult.screenshot(
            path=FOLDER / "consult.png", clip={"x": 0, "y": 60, "width": 900, "height": 1130}
        )
        phone = pages.open_page(browser, server.url, width=390, dark=True)
        pages.ask(phone, PROBLEM)
        phone.screenshot(path=FOLDER / "phone.png")
        phone.context.close()


if __name__ == "__main__":
    main()
