"""Runs the page as a server of its own, on this machine only unless told otherwise."""

import os
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pmo_ml.errors import PmoError


@dataclass(frozen=True)
class Server:
    """A running page."""

    url: str
    process: subprocess.Popen

    def wait(self) -> int:
        """Until it stops, or until Ctrl+C."""
        try:
            return self.process.wait()
        except KeyboardInterrupt:
            return 0

    def open_browser(self) -> None:
        webbrowser.open(self.url)


@contextmanager
def page(
    app: Path, address: str, port: int, models: Path, patience: float = 60
) -> Iterator[Server]:
    """Start the page and hand it over once it answers; stop it at the end.

    Raises PmoError where it does not come up.
    """
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(app), *flags]
    environment = os.environ | {"PMO_ML_MODELS": str(models.resolve())}
    process = subprocess.Popen(command, cwd=app.parent, env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://{address}:{port}"
        _wait_until_it_answers(process, url, patience)
        yield Server(url, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen, url: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PmoError(
                "The page could not start; its own words stand above",
                'pip install "pmo-ml[app]", or another --port',
            )
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise PmoError(f"The page did not answer at {url} within {patience:.0f} seconds")
