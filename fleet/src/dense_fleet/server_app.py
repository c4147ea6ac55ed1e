"""Flower's ServerApp: a strategy of Flower's over the parameters of the devices."""

import hashlib
import json
import logging
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, Context, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy.strategy_utils import aggregate_metricrecords
from numpy.typing import NDArray

from dense_fleet.client_app import PARAMETERS, config_of
from dense_fleet.curves import draw
from dense_fleet.model_file import ModelFile
from dense_fleet.protocol.checksum import of_parameters
from dense_fleet.settings import Settings
from dense_fleet.strategies import strategy_of
from dense_fleet.transport import BAUD

log = logging.getLogger("flwr")


class EvaluationError(Exception):
    """The command that tests a model file failed."""


def run(grid: Grid, settings: Settings) -> dict[str, Any]:
    """Runs all rounds, and returns what `history.json` has."""
    model = ModelFile.read(Path(settings.model))
    out = Path(settings.out)
    start = exchanged(model, settings)
    tests: dict[int, dict[str, float]] = {}

    def test(server_round: int, arrays: ArrayRecord) -> MetricRecord:
        tests[server_round] = evaluate(settings.evaluate, model, all_parameters(model, settings, parameters_of(arrays)))
        return MetricRecord(dict(tests[server_round]))

    result = strategy_of(settings, sum_traffic).start(
        grid,
        ArrayRecord({PARAMETERS: Array(start)}),
        num_rounds=settings.rounds,
        timeout=settings.timeout,
        train_config=config_of(settings, model.pixel_table),
        evaluate_fn=test if settings.evaluate else None,
    )
    # Without a single answer in any round, there are no arrays but those of the start.
    parameters = parameters_of(result.arrays) if PARAMETERS in result.arrays else start
    trained = {number: dict(metrics) for number, metrics in result.train_metrics_clientapp.items()}
    rounds = [
        {"round": number, **tests.get(number, {}), **trained.get(number, {})} for number in sorted({*tests, *trained})
    ]
    provenance = {
        "settings": settings.as_config(),
        "start": f"{of_parameters(model.pixel_table, start):08x}",
        "devices": [trained.get(number, {}).get("devices", 0) for number in range(1, settings.rounds + 1)],
        "checksum": f"{of_parameters(model.pixel_table, parameters):08x}",
        "sha256": hashlib.sha256(parameters.astype("<f4").tobytes()).hexdigest(),
    }
    history = provenance | {"rounds": rounds}
    if settings.form == "int8":
        history["scales-and-offsets"] = [float(value) for value in parameters]
    out.mkdir(parents=True, exist_ok=True)
    (out / "history.json").write_text(json.dumps(history, indent=1) + "\n")
    draw({settings.strategy: rounds}, out / "curves.png")
    # Not the recipe of the start model, which these weights are not the result of.
    how = f"{settings.strategy} of Flower, {settings.rounds} rounds of {settings.devices} devices"
    changes = {
        "test": tests.get(settings.rounds, {}),
        "provenance": {"origin": "imported", "file": model.path.name, "format": how},
    }
    model.write(out / "model.safetensors", all_parameters(model, settings, parameters), changes, provenance)
    log.info("checksum %s of the final weights, in %s", history["checksum"], out)
    return history


def exchanged(model: ModelFile, settings: Settings) -> NDArray[np.float32]:
    """Initial weights for the devices: the model's parameters, or the scales 1 and the offsets 0 of one in int8."""
    if settings.form == "f32":
        return model.parameters()
    return np.repeat(np.array([1, 0], np.float32), model.outputs())


def all_parameters(model: ModelFile, settings: Settings, learnt: NDArray[np.float32]) -> NDArray[np.float32]:
    """The parameters in f32 of a model of which devices have learnt this."""
    return learnt if settings.form == "f32" else model.rescaled(learnt)


def parameters_of(arrays: ArrayRecord) -> NDArray[np.float32]:
    """The parameters in f32, as devices have them."""
    return arrays[PARAMETERS].numpy().astype(np.float32).ravel()


def sum_traffic(contents: list[RecordDict], weighted_by: str) -> MetricRecord:
    """Flower's weighted means, but the sums of what was sent, and who was there."""
    metrics = aggregate_metricrecords(contents, weighted_by)
    records = [next(iter(content.metric_records.values())) for content in contents]
    for name in ("bytes-sent", "bytes-received", "num-examples"):
        metrics[name] = int(sum(_number(record, name) for record in records))
    # Ten bits a byte, in one direction at a time; the devices' lines do so at the same time.
    traffic = [_number(record, "bytes-sent") + _number(record, "bytes-received") for record in records]
    metrics["line-seconds"] = max(traffic) * 10 / BAUD
    metrics["seconds"] = max(_number(record, "seconds") for record in records)
    metrics["devices"] = len(records)
    return metrics


def _number(record: MetricRecord, name: str) -> float:
    value = record[name]
    return 0.0 if isinstance(value, list) else float(value)


def evaluate(command: str, model: ModelFile, parameters: NDArray[np.float32]) -> dict[str, float]:
    """Test metrics by `host-trainer evaluate --json`, of a model like this one with these parameters."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        # It says of the start model where the data is.
        model.write(file, parameters, {})
        arguments = [*shlex.split(command), "--weights", str(file)]
        try:
            ended = subprocess.run(arguments, capture_output=True, text=True, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EvaluationError(f"{shlex.join(arguments)}: {error}") from error
    if ended.returncode != 0:
        raise EvaluationError(f"{shlex.join(arguments)} failed: {ended.stderr.strip() or ended.stdout.strip()}")
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    for event in events:
        if event.get("event") == "test":
            return {name: value for name, value in event.items() if type(value) is float and name != "seconds"}
    raise EvaluationError(f"{shlex.join(arguments)}: it printed no event `test`")


def server_app(settings_of: Callable[[Context], Settings]) -> ServerApp:
    """The app with settings from elsewhere than the run's configuration."""
    app = ServerApp()

    @app.main()
    def _main(grid: Grid, context: Context) -> None:
        run(grid, settings_of(context))

    return app


app = server_app(lambda context: Settings.of(context.run_config))
