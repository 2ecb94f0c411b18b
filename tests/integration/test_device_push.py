"""The simulated device pushes: lost answers, cut files and refusals leave each upload with the gateway once, and the outbox right."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.device import contents, failures
from services.sandbox.device.device import Device
from services.sandbox.device.failures import Interrupted, Refused
from tests.integration.push_stub import Stub, push_stub


@pytest.fixture
async def stub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stub]:
    monkeypatch.setattr(failures, "_LONGEST_WAIT_S", 0.01)
    async with push_stub() as made:
        yield made


@pytest.fixture
async def device(stub: Stub, tmp_path: Path) -> AsyncIterator[Device]:
    async with Device(stub.url, tmp_path / "phone.db", attempts=3) as made:
        yield made


def states(device: Device) -> list[str]:
    return [upload.state for upload in device.uploads.all()]


def lose(device: Device, answers: int) -> None:
    """The next answers are lost on their way: the gateway has done what was asked."""
    left = [answers]

    def lost(_path: str) -> None:
        if left[0]:
            left[0] -= 1
            raise Interrupted("the answer was lost")

    device.client.on_answer = lost


async def test_uploads_go_in_batches_in_the_order_of_their_making(device: Device, stub: Stub) -> None:
    for number in range(7):
        device.uploads.put("visits", {"number": str(number)})
    pushed = await device.push(records=3)
    assert (pushed.accepted, pushed.refused, stub.sizes) == (7, 0, [3, 3, 1])
    assert {upload.upload_id for upload in device.uploads.all()} == set(stub.uploads)
    assert (await device.push()).accepted == 0


async def test_an_upload_whose_answer_was_lost_is_sent_again(device: Device, stub: Stub) -> None:
    device.uploads.put("visits", {"number": "V1"})
    lose(device, 2)
    pushed = await device.push()
    assert (pushed.accepted, pushed.repeated, states(device)) == (1, 2, ["accepted"])
    assert list(stub.uploads.values()) == [3], "the same upload, three times"


async def test_a_push_that_gives_up_goes_on_after_a_restart(stub: Stub, tmp_path: Path) -> None:
    async with Device(stub.url, tmp_path / "p.db", attempts=2) as device:
        device.uploads.put("visits", {"number": "V1"})
        lose(device, 2)
        with pytest.raises(Interrupted):
            await device.push()
        assert states(device) == ["sent"]
    async with Device(stub.url, tmp_path / "p.db") as again:
        assert (await again.push()).accepted == 1
        assert (states(again), list(stub.uploads.values())) == (["accepted"], [3])


async def test_a_gateway_without_a_bus_is_asked_again(device: Device, stub: Stub) -> None:
    device.uploads.put("visits", {"number": "V1"})
    stub.faults = [503, 503]
    assert ((await device.push()).repeated, list(stub.uploads.values())) == (2, [1])


async def test_refused_uploads_stay_refused_and_stop_nobody(device: Device, stub: Stub) -> None:
    device.uploads.put("visits", {"broken": True})
    device.uploads.put("visits", {"number": "V1"})
    assert ((await device.push()).refused, states(device)) == (1, ["refused", "accepted"])
    device.uploads.put("visits", {"broken": True})
    assert ((await device.push()).refused, states(device)[-1]) == (1, "refused"), "none of the request was taken"
    assert [upload.code for upload in device.uploads.all()] == ["malformed", None, "malformed"]


async def test_a_channel_that_is_closed_keeps_everything_on_the_device(device: Device, stub: Stub) -> None:
    device.uploads.put("visits", {"number": "V1"})
    stub.faults = [409]
    with pytest.raises(Refused):
        await device.push()
    assert states(device) == ["sent"]
    assert (await device.push()).accepted == 1


async def test_a_file_is_cut_anywhere_and_goes_on_behind_its_last_byte(device: Device, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "CHUNK", 1000)
    photo = b"\xff\xd8\xff" + os.urandom(4500)
    device.uploads.put("attachments", {"type": "image", "name": "shelf", "extension": "jpg"}, content=photo)
    stub.faults, stub.keep = [502, 502, 502, 502], 700
    pushed = await device.push()
    assert (pushed.files, pushed.repeated, list(stub.stored.values())) == (1, 4, [photo])
    assert (stub.requests.count("create"), stub.requests[-1], states(device)) == (1, "sync", ["accepted"])


async def test_a_chunk_whose_answer_was_lost_is_not_sent_twice(device: Device, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "CHUNK", 1000)
    device.uploads.put("attachments", {"name": "a", "extension": "jpg"}, content=b"\xff\xd8\xff" * 1000)
    left = ["/v1/files/f0"] * 2

    def lost(path: str) -> None:
        if path in left and stub.requests[-1] == "patch":
            left.remove(path)
            raise Interrupted("the answer was lost")

    device.client.on_answer = lost
    assert ((await device.push()).files, stub.requests.count("patch")) == (1, 3)


async def test_a_file_goes_on_after_a_restart_and_begins_anew_when_it_was_swept(stub: Stub, tmp_path: Path) -> None:
    stub.faults, stub.keep = [502, 502], 5
    async with Device(stub.url, tmp_path / "p.db", attempts=1) as device:
        for name in ("one", "two"):
            device.uploads.put("attachments", {"name": name, "extension": "jpg"}, content=b"\xff\xd8\xff" + name.encode() * 10)
        for _ in range(2):
            with pytest.raises(Interrupted):
                await device.push()
    stub.partial.clear()
    async with Device(stub.url, tmp_path / "p.db") as again:
        assert ((await again.push()).files, len(stub.stored), states(again)) == (2, 2, ["accepted"] * 2)


async def test_a_content_the_gateway_has_already_is_not_sent(device: Device, stub: Stub) -> None:
    for _ in range(2):
        device.uploads.put("attachments", {"name": "a", "extension": "jpg"}, content=b"\xff\xd8\xffsame")
    assert ((await device.push()).files, stub.requests.count("patch")) == (2, 1)


async def test_a_refused_file_takes_its_record_with_it(device: Device, stub: Stub) -> None:
    device.uploads.put("attachments", {"name": "a", "extension": "exe"}, content=b"MZ")
    device.uploads.put("visits", {"number": "V1"})
    pushed = await device.push()
    assert (pushed.files, pushed.accepted, states(device)) == (0, 1, ["refused", "accepted"])
    assert device.uploads.all()[0].code == "extension_not_allowed"
