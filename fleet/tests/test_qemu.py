"""The firmware in QEMU: `pytest -m slow tests/test_qemu.py`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fashion_mnist import lessons_of, train_start
from fleet_of_fakes import LocalGrid
from flwr.app import Array, ArrayRecord, Message
from machines import HOST_TRAINER, boards, build_of, host_devices, host_trainer, teach
from runs import run_fleet

from dense_fleet.device import Device, RefusedError
from dense_fleet.protocol.refusals import NotFinite
from dense_fleet.server_app import run
from dense_fleet.settings import Settings

pytestmark = pytest.mark.slow


def settings_of(folder: Path, **rest: Any) -> Settings:
    """Settings for a start model, which is trained now."""
    model, out = str(train_start(folder / "start")), str(folder / "out")
    return Settings(model=model, out=out, evaluate=f"{HOST_TRAINER} evaluate --json", **rest)


def test_boards_learn_together_and_have_the_bits_of_the_host(tmp_path: Path) -> None:
    taught = lessons_of(devices=3, count=10, classes=10)
    settings, build = settings_of(tmp_path, rounds=2), build_of(tmp_path / "start", lessons=10)
    found = []
    for devices in (boards(3, build, tmp_path), host_devices(3, build), host_devices(3, build)):
        with devices as ports:
            for port, lessons in zip(ports, taught, strict=True):
                teach(port, lessons)
            found.append(run_fleet(settings, ports))
    first = found[0]
    print(*first["rounds"], first["sha256"], sep="\n")
    assert first["devices"] == [3, 3]
    assert [row["num-examples"] for row in first["rounds"][1:]] == [30, 30]
    assert first["rounds"][2]["accuracy"] > first["rounds"][0]["accuracy"] + 0.3
    assert len({run["sha256"] for run in found}) == 1


class Spoiled(LocalGrid):
    """The last of its nodes answers with a parameter that is NaN."""

    def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> list[Message]:
        replies = list(super().send_and_receive(messages, timeout=timeout))
        # Flower also asks when there is nothing to send.
        if not replies:
            return []
        last = replies[-1]
        values = last.content.array_records["arrays"]["parameters"].numpy().copy()
        values[7] = np.nan
        last.content["arrays"] = ArrayRecord({"parameters": Array(values)})
        return replies


@pytest.mark.parametrize(
    ("machine", "devices", "rounds", "robust"),
    [("host", 5, 10, ["fedmedian", "fedtrimmedavg"]), ("qemu", 3, 4, ["fedmedian"])],
)
def test_wrong_labels_and_nan_do_not_ruin_the_others(
    tmp_path: Path, machine: str, devices: int, rounds: int, robust: list[str]
) -> None:
    settings = settings_of(tmp_path, rounds=rounds, devices=devices - 1)
    *honest, last = lessons_of(devices, classes=10)
    taught = [*honest, [(image, (label + 1) % 10) for image, label in last]]
    build = build_of(tmp_path / "start", lessons=100)
    accuracy = {}
    with boards(devices, build, tmp_path) if machine == "qemu" else host_devices(devices, build) as ports:
        for port, lessons in zip(ports, taught, strict=True):
            teach(port, lessons)
        cases = [("without it", "fedavg", LocalGrid(ports[:-1], settings)), ("nan", "fedavg", Spoiled(ports, settings))]
        cases += [(strategy, strategy, LocalGrid(ports, settings)) for strategy in ["fedavg", *robust]]
        for name, strategy, grid in cases:
            history = run(grid, replace(settings, strategy=strategy))
            accuracy[name] = history["rounds"][-1]["accuracy"]
            assert history["devices"] == [devices - (name in ("without it", "nan"))] * rounds
        print(machine, devices, json.dumps(accuracy))
        with Device.open(ports[0]) as device:
            nan = np.full(device.description.network.parameters, np.nan, np.float32)
            with pytest.raises(RefusedError) as refused:
                device.write_parameters(nan, None)
            assert isinstance(refused.value.refusal, NotFinite)
    assert accuracy["nan"] == accuracy["without it"]
    assert accuracy["fedavg"] < accuracy["without it"] - 0.01
    assert min(accuracy[name] for name in robust) > accuracy["without it"] - 0.01


def test_scales_and_offsets_of_an_int8_network_are_80_bytes(tmp_path: Path) -> None:
    start = tmp_path / "start"
    host_trainer("train", "--epochs", "1", "--limit", "1000", "--out", start)
    settings = Settings(
        model=str(start / "model.safetensors"),
        out=str(tmp_path / "out"),
        form="int8",
        rounds=3,
        evaluate=f"{HOST_TRAINER} evaluate --json",
    )
    build = build_of(start, lessons=50, weights="quantized.rs")
    taught, found = lessons_of(devices=2, count=50, classes=10), []
    for devices in (boards(2, build, tmp_path), host_devices(2, build)):
        with devices as ports:
            for port, lessons in zip(ports, taught, strict=True):
                teach(port, lessons)
            found.append(run_fleet(settings, ports))
    print(*found[0]["rounds"], sep="\n")
    first, last = found[0]["rounds"][0], found[0]["rounds"][-1]
    assert found[0]["sha256"] == found[1]["sha256"]
    assert len(found[0]["scales-and-offsets"]) == 20
    assert found[0]["devices"] == [2, 2, 2]
    assert 2 * 80 < last["bytes-sent"] < 2 * 400
    assert last["loss"] < first["loss"]
