"""What a device takes for an interruption, and what for a fault of its own."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.sandbox.device.failures import Interrupted, translated


def test_a_connection_that_is_cut_as_it_is_opened_is_an_interruption() -> None:
    """anyio on uvloop: it asks a transport without a socket for its peer."""
    socket: Any = None
    with pytest.raises(Interrupted), translated():
        socket.getpeername()


def test_what_the_network_does_is_an_interruption() -> None:
    with pytest.raises(Interrupted), translated():
        raise httpx.ConnectError("refused")


def test_a_fault_of_our_own_stays_one() -> None:
    device: Any = None
    with pytest.raises(AttributeError), translated():
        device.push()
