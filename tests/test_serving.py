import socket
import urllib.request

import pytest

from pmo_ml import serving, settings
from pmo_ml.errors import PmoError
from tests.page import free_port


def test_the_page_listens_on_this_machine_only(sample_shelf):
    port = free_port()

    with serving.page(settings.app_path(), "127.0.0.1", port, sample_shelf) as server:
        with urllib.request.urlopen(f"{server.url}/_stcore/health") as answer:
            health = answer.read()
        elsewhere = _listens(_own_address(), port)

    assert health == b"ok"
    assert not elsewhere


def test_the_server_is_gone_afterwards(sample_shelf):
    port = free_port()

    with serving.page(settings.app_path(), "127.0.0.1", port, sample_shelf) as server:
        pass

    assert server.process.poll() is not None
    assert not _listens("127.0.0.1", port)


def test_a_port_in_use_is_said_in_plain_words(sample_shelf):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with (
            pytest.raises(PmoError, match="could not start"),
            serving.page(settings.app_path(), "127.0.0.1", taken.getsockname()[1], sample_shelf),
        ):
            pass


def _own_address():
    """The address by which another machine would reach this one; a loopback alias without any."""
    try:
        address = socket.gethostbyname(socket.gethostname())
    except OSError:
        address = "127.0.0.2"
    return "127.0.0.2" if address == "127.0.0.1" else address


def _listens(address, port):
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex((address, port)) == 0
