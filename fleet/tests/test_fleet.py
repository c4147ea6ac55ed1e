"""Rounds of a fleet of devices in Python, with Flower's strategies."""

import json
import tomllib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_device import CLASSES, COUNT, INPUTS, FakeDevice, Fault, lessons_of
from fleet_of_fakes import LocalGrid, model_file
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from safetensors import safe_open

from dense_fleet import device
from dense_fleet.client_app import config_of, orders_of
from dense_fleet.model_file import ModelFile, ModelFileError
from dense_fleet.protocol import frames
from dense_fleet.protocol.answers import Accepted, Answer
from dense_fleet.protocol.answers import Parameters as ParametersRead
from dense_fleet.protocol.checksum import of_parameters
from dense_fleet.protocol.messages import Floats, Practise, ReadParameters, Request
from dense_fleet.server_app import EvaluationError, evaluate, run
from dense_fleet.settings import Settings, SettingsError
from dense_fleet.simulate import main
from dense_fleet.strategies import fault_of

CLASSES_OF = [[0, 1], [1, 2], [0, 2]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "DEFAULT_POLICY", device.RetryPolicy(0.1, 3))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    model = model_file(tmp_path / "model.safetensors")
    return Settings(model=str(model), out=str(tmp_path / "fleet"), rounds=3, steps=100, learning_rate=0.1, evaluate="")


def ports_of(devices: list[FakeDevice]) -> list[str]:
    return [device.port for device in devices]


def fleet() -> list[FakeDevice]:
    return [FakeDevice(lessons=lessons_of(classes, 20, seed)) for seed, classes in enumerate(CLASSES_OF)]


def accuracy(path: Path) -> float:
    """Of a model file on pictures of all classes."""
    tensors = list(ModelFile.read(path).tensors.values())
    kernel, bias = tensors
    right = [int(np.argmax(kernel @ (x / 255) + bias)) == y for x, y in lessons_of([0, 1, 2], 300, seed=9)]
    return float(np.mean(right))


@pytest.mark.parametrize("strategy", ["fedavg", "fedavgm", "fedmedian", "fedtrimmedavg"])
def test_devices_learn_together_what_none_knows_alone(settings: Settings, strategy: str) -> None:
    devices = fleet()
    history = run(LocalGrid(ports_of(devices), settings), replace(settings, strategy=strategy))
    out = Path(settings.out)
    assert accuracy(out / "model.safetensors") > 0.9
    assert accuracy(Path(settings.model)) < 0.5
    assert [row["devices"] for row in history["rounds"]] == [3, 3, 3]
    assert [row["num-examples"] for row in history["rounds"]] == [60, 60, 60]
    assert all(row["bytes-sent"] > 3 * 4 * COUNT for row in history["rounds"])
    assert all(0 < row["line-seconds"] < row["bytes-sent"] * 20 / 115_200 for row in history["rounds"])
    assert json.loads((out / "history.json").read_text()) == history
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    # What a device was asked, and nothing that tells its lessons.
    asked = {"Hello", "Checksum", "Save", "WriteParameters", "UseParameters", "Practise", "ReadParameters", "Load"}
    assert set(devices[0].executed) == asked


def test_a_rerun_has_the_same_bits_whoever_answers_first(settings: Settings) -> None:
    runs = [run(LocalGrid(ports_of(fleet()), settings, order), settings)["sha256"] for order in ([0, 1, 2], [2, 0, 1])]
    assert runs[0] == runs[1]
    assert run(LocalGrid(ports_of(fleet()), settings), replace(settings, seed=1))["sha256"] != runs[0]


def vanish(device: FakeDevice, request: Request, frame: bytes) -> bytes | None:
    return None if isinstance(request.command, Practise) else frame


def restart(device: FakeDevice, request: Request, frame: bytes) -> bytes | None:
    if isinstance(request.command, Practise):
        device.restart()
    return frame


def send_nan(device: FakeDevice, request: Request, frame: bytes) -> bytes | None:
    if not isinstance(request.command, ReadParameters):
        return frame
    values = Floats.of(np.full(8, np.nan, np.float32))
    return frames.encode(Answer(request.sequence, request.session, Accepted(ParametersRead(values))).to_bytes())


def fall_silent(device: FakeDevice, request: Request, frame: bytes) -> bytes | None:
    return b"" if isinstance(request.command, Practise) else frame


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (vanish, "the connection to the device broke"),
        (restart, "the device was restarted"),
        (send_nan, "the answer to read parameters has a number that is not finite"),
        (fall_silent, "no answer to practise in 3 tries"),
    ],
)
def test_the_round_goes_on_without_a_device_that(settings: Settings, fault: Fault, words: str) -> None:
    devices = fleet()
    own = np.full(COUNT, 0.5, np.float32)
    devices[1].weights = own.copy()
    devices[1].fault = fault
    grid = LocalGrid(ports_of(devices), settings)
    history = run(grid, replace(settings, rounds=1))
    assert [row["devices"] for row in history["rounds"]] == [2]
    (error,) = grid.errors
    assert words in error
    assert devices[1].port in error
    # Nothing is lost: neither its lessons nor what it had learnt before the round.
    assert len(devices[1].lessons) == 20
    np.testing.assert_array_equal(devices[1].saved, own)
    # And the next time it takes part again.
    devices[1].fault = lambda device, request, frame: frame
    assert run(grid, replace(settings, rounds=1))["rounds"][0]["devices"] == 3
    np.testing.assert_array_equal(devices[1].weights, own)


def test_a_device_without_lessons_does_not_take_part(settings: Settings) -> None:
    devices = [*fleet(), FakeDevice()]
    grid = LocalGrid(ports_of(devices), settings)
    assert run(grid, replace(settings, rounds=1))["rounds"][0]["devices"] == 3
    assert "the device has learnt no lessons yet" in grid.errors[0]
    assert "WriteParameters" not in devices[3].executed


def test_without_any_answer_the_weights_stay(settings: Settings) -> None:
    grid = LocalGrid(ports_of([FakeDevice(), FakeDevice()]), settings)
    run(grid, settings)
    file = ModelFile.read(Path(settings.out) / "model.safetensors")
    np.testing.assert_array_equal(file.parameters(), ModelFile.read(Path(settings.model)).parameters())


def test_wrong_labels_do_not_ruin_the_median(settings: Settings) -> None:
    liar = FakeDevice(lessons=[(x, (y + 1) % 3) for x, y in lessons_of([0, 1, 2], 20, seed=5)])
    honest = [FakeDevice(lessons=lessons_of([0, 1, 2], 20, seed)) for seed in range(2)]
    run(LocalGrid(ports_of([*honest, liar]), settings), replace(settings, strategy="fedmedian"))
    assert accuracy(Path(settings.out) / "model.safetensors") > 0.9


def test_its_own_weights_come_back_after_each_round(settings: Settings) -> None:
    devices = fleet()
    own = np.full(COUNT, 0.5, np.float32)
    devices[0].weights = own.copy()
    run(LocalGrid(ports_of(devices), settings), settings)
    np.testing.assert_array_equal(devices[0].weights, own)
    assert devices[0].executed.count("Save") == 1


def test_the_final_model_says_where_it_comes_from(settings: Settings) -> None:
    history = run(LocalGrid(ports_of(fleet()), settings), settings)
    path = Path(settings.out) / "model.safetensors"
    assert ModelFile.read(path).description["provenance"] == {
        "origin": "imported",
        "file": "model.safetensors",
        "format": "fedavg of Flower, 3 rounds of 2 devices",
    }
    with safe_open(path, framework="numpy") as file:
        provenance = json.loads(file.metadata()["fleet"])
    assert provenance == {name: value for name, value in history.items() if name != "rounds"}
    assert provenance["devices"] == [3, 3, 3]
    assert provenance["start"] == f"{of_parameters(None, np.zeros(COUNT, np.float32)):08x}"
    assert provenance["sha256"] == sha256(ModelFile.read(path).parameters().tobytes()).hexdigest()


def test_scales_and_offsets_are_those_of_the_logits(settings: Settings) -> None:
    model = ModelFile.read(Path(settings.model))
    random = np.random.default_rng(1)
    model.tensors["dense.kernel"][:] = random.normal(size=(CLASSES, INPUTS))
    model.tensors["dense.bias"][:] = [1, 2, 3]
    scales, offsets, x = np.array([1, 2, 0.5]), np.array([3, 0, -1]), random.normal(size=INPUTS)
    rescaled = model.rescaled(np.concatenate([scales, offsets]).astype(np.float32))
    logits = rescaled[:-CLASSES].reshape(CLASSES, INPUTS) @ x + rescaled[-CLASSES:]
    expected = scales * (model.tensors["dense.kernel"] @ x + [1, 2, 3]) + offsets
    np.testing.assert_allclose(logits, expected, rtol=1e-5)
    with pytest.raises(ModelFileError, match="5"):
        model.rescaled(np.zeros(5, np.float32))


def test_a_device_of_another_form_does_not_take_part(settings: Settings) -> None:
    settings = replace(settings, form="int8", rounds=1)
    grid = LocalGrid(ports_of(fleet()), settings)
    assert run(grid, settings)["devices"] == [0]
    assert all("the device's network is in f32, the run's in int8" in error for error in grid.errors)


def test_files_that_are_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for data in (b"", b"x" * 100, (9).to_bytes(8, "little") + b"{}"):
        path.write_bytes(data)
        with pytest.raises(ModelFileError, match=str(path)):
            ModelFile.read(path)
    with pytest.raises(ModelFileError, match="nowhere"):
        ModelFile.read(tmp_path / "nowhere")


def test_evaluation_takes_the_event_test(settings: Settings, tmp_path: Path) -> None:
    model = ModelFile.read(Path(settings.model))
    event = '{"event":"test","samples":3,"accuracy":0.5,"loss":1.5,"seconds":0.1}'
    assert evaluate(f"printf '{event}\\n%s %s'", model, model.parameters()) == {"accuracy": 0.5, "loss": 1.5}
    for command, words in [("false", "failed"), ("echo", "no event `test`"), ("/nowhere", "No such file")]:
        with pytest.raises(EvaluationError, match=words):
            evaluate(command, model, model.parameters())


def test_settings_are_those_of_pyproject() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    config = pyproject["tool"]["flwr"]["app"]["config"]
    assert config == Settings().as_config()
    assert Settings.of(config) == Settings()


@pytest.mark.parametrize(
    "config",
    [
        {"round": 3},
        {"rounds": 0},
        {"rounds": "3"},
        {"strategy": "best"},
        {"form": "f16"},
        {"server-learning-rate": 0.0, "strategy": "fedavgm"},
        {"server-learning-rate": 2.0},
        {"server-momentum": 1.0, "strategy": "fedavgm"},
        {"learning-rate": float("nan")},
        {"timeout": 0.0},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_named(config: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(config))):
        Settings.of(config)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "ports is empty"),
        (["--ports=tcp:127.0.0.1:1"], "devices is 2, but ports names 1"),
        (["--ports=tcp:127.0.0.1:1", "--devices=1", "--model=/nowhere"], "/nowhere: no model file"),
        (["--rounds=many"], "argument --rounds: invalid int value: 'many'"),
        (["--strategy=best"], "strategy 'best', expected one of fedavg,"),
    ],
)
def test_the_command_says_what_it_cannot_do(
    options: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dense-fleet", *options])
    with pytest.raises(SystemExit):
        main()
    assert words in capsys.readouterr().err


def test_the_commands_help_names_all_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dense-fleet", "--help"])
    with pytest.raises(SystemExit):
        main()
    help_text = capsys.readouterr().out
    assert all(f"--{name} " in help_text for name in Settings().as_config())


def test_each_round_and_device_draws_other_samples() -> None:
    config = config_of(Settings(), None)
    seeds = {
        orders_of(ConfigRecord({**config, "server-round": number}), partition).seed
        for number in range(1, 21)
        for partition in range(10)
    }
    assert len(seeds) == 200


@pytest.mark.parametrize(
    ("arrays", "metrics", "words"),
    [
        ({"parameters": np.zeros(3, np.float32)}, {"num-examples": 5, "loss": 0.5}, None),
        ({"others": np.zeros(3, np.float32)}, {"num-examples": 5}, "it has no parameters"),
        ({"parameters": np.zeros(4, np.float32)}, {"num-examples": 5}, "expected float32"),
        ({"parameters": np.zeros(3)}, {"num-examples": 5}, "float64"),
        ({"parameters": np.array([0, np.nan, 0], np.float32)}, {"num-examples": 5}, "a parameter is not finite"),
        ({"parameters": np.array([0, np.inf, 0], np.float32)}, {"num-examples": 5}, "a parameter is not finite"),
        ({"parameters": np.zeros(3, np.float32)}, {"num-examples": 0}, "it has 0 examples"),
        ({"parameters": np.zeros(3, np.float32)}, {"num-examples": 5.0}, "it has 5.0 examples"),
        ({"parameters": np.zeros(3, np.float32)}, {"num-examples": 5, "loss": np.nan}, "a metric is not a finite"),
        ({"parameters": np.zeros(3, np.float32)}, {}, "it has None examples"),
    ],
)
def test_the_server_takes_no_reply_with(arrays: dict[str, Any], metrics: dict[str, Any], words: str | None) -> None:
    record = ArrayRecord({name: Array(values) for name, values in arrays.items()})
    fault = fault_of(RecordDict({"arrays": record, "metrics": MetricRecord(metrics)}), 3)
    assert fault is None if words is None else words in str(fault)
