# SPDX-License-Identifier: GPL-3.0-or-later
"""A window is not promised where none can open."""

import socket
import sys
import threading
from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.media.screen import check_screen

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems always have a screen"
)


@pytest.mark.parametrize("platform", ["offscreen", "minimal:arg", "vnc"])
def test_what_draws_elsewhere_needs_none(platform: str) -> None:
    check_screen({"QT_QPA_PLATFORM": platform})


def test_a_compositor_that_listens_is_a_screen_and_one_that_does_not_is_none(tmp_path: Path) -> None:
    given = {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "way"}
    with pytest.raises(Unavailable, match="The screen way does not answer"):
        check_screen(given)
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "way"))
        compositor.listen()
        check_screen(given)
        check_screen({**given, "DISPLAY": ":97531"})
        with pytest.raises(Unavailable, match="no screen here"):
            check_screen({**given, "QT_QPA_PLATFORM": "xcb"})


_X11_PORT = 6000
"""Display 0 of a host listens here (X(7))."""


@pytest.mark.parametrize("display", [":97531", "x", "127.0.0.1:3999", "ñ:0"])
def test_an_x_server_that_does_not_answer_is_none(display: str) -> None:
    with pytest.raises(Unavailable, match=f"The screen {display} does not answer"):
        check_screen({"DISPLAY": display})


def test_an_x_server_that_does_not_let_us_in_is_none() -> None:
    """It takes the connection and closes it, as one does that wants another user's cookie."""
    callers = []

    def turn_away() -> None:
        caller, _ = server.accept()
        callers.append(caller)
        caller.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=turn_away, daemon=True).start()
        with pytest.raises(Unavailable, match="does not answer"):
            check_screen({"DISPLAY": f"127.0.0.1:{server.getsockname()[1] - _X11_PORT}.5"})
    assert callers
