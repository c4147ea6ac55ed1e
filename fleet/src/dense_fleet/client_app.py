"""Flower's ClientApp: a node is a gateway with a device at its port.

The node's configuration names the port: `--node-config 'port="/dev/ttyACM0"'`, its `baud` where that is another than
115,200, and the file of its `key` where it has one, which does not leave the gateway.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from dense_fleet.device import Device, DeviceError
from dense_fleet.practice import Orders, run_round
from dense_fleet.protocol.authentication import Key
from dense_fleet.protocol.checksum import crc_32c
from dense_fleet.protocol.hello import Form
from dense_fleet.protocol.messages import Step
from dense_fleet.settings import FORMS, Settings, SettingsError
from dense_fleet.transport import BAUD, PortError

log = logging.getLogger("flwr")

PARAMETERS = "parameters"
STATE = "dense-fleet"
NODE_FAILED = 0
"""Flower's code of an error without one of its own."""


def port_of(context: Context, settings: Settings) -> tuple[str, int]:
    """The port of a node's device, and its bits per second."""
    node = context.node_config
    if "port" in node:
        port, baud = node["port"], node.get("baud", BAUD)
        if not isinstance(port, str) or not isinstance(baud, int):
            raise SettingsError(f"port {port!r} and baud {baud!r} of the node, expected a text and a whole number")
        return port, baud
    ports, partition = settings.ports.split(), node.get("partition-id")
    if not isinstance(partition, int) or not 0 <= partition < len(ports):
        raise SettingsError("the node's configuration names no port: --node-config 'port=\"/dev/ttyACM0\"'")
    return ports[partition], BAUD


def key_of(context: Context) -> Key | None:
    """The key of a node's device, from the file that its configuration names."""
    path = context.node_config.get("key")
    if path is None:
        return None
    if not isinstance(path, str):
        raise SettingsError(f"key {path!r} of the node, expected the path of a file")
    try:
        return Key.read(Path(path))
    except (OSError, ValueError) as error:
        raise SettingsError(f"the key of the node: {error}") from error


def train(message: Message, context: Context, settings: Settings) -> Message:
    """A round on the node's device. Where it fails, the answer is an error, which the server logs."""
    try:
        port, baud = port_of(context, settings)
        with Device.open(port, baud=baud, key=key_of(context)) as device:
            content = _round(device, message.content, context)
    except (DeviceError, PortError, SettingsError) as error:
        log.warning("%s", error)
        return Message(Error(NODE_FAILED, str(error)), reply_to=message)
    return Message(content, reply_to=message)


def _round(device: Device, content: RecordDict, context: Context) -> RecordDict:
    config = content.config_records["config"]
    arrays = content.array_records["arrays"]
    state = context.state.config_records.get(STATE, ConfigRecord())
    own, partition = state.get("own"), context.node_config.get("partition-id")
    outcome = run_round(
        device,
        arrays[PARAMETERS].numpy().astype(np.float32).ravel(),
        orders_of(config, partition if isinstance(partition, int) else 0),
        own if isinstance(own, int) else None,
    )
    context.state[STATE] = ConfigRecord({"own": outcome.own})
    metrics = MetricRecord(
        {
            "num-examples": outcome.lessons,
            "steps": outcome.steps,
            "practice-loss": outcome.loss,
            "bytes-sent": outcome.bytes_sent,
            "bytes-received": outcome.bytes_received,
            "seconds": outcome.seconds,
        }
    )
    return RecordDict({"arrays": ArrayRecord({PARAMETERS: Array(outcome.parameters)}), "metrics": metrics})


def config_of(settings: Settings, pixel_table: bytes | None) -> ConfigRecord:
    """What a round's message says beside the weights."""
    return ConfigRecord(
        {
            "steps": settings.steps,
            "seed": settings.seed,
            "learning-rate": settings.learning_rate,
            "first-trained": settings.first_trained,
            "pixel-table": pixel_table or b"",
            "form": settings.form,
        }
    )


def orders_of(config: ConfigRecord, partition: int) -> Orders:
    """The same on the node. Each round draws other samples, and so does each device that has a number of its own."""

    def number(name: str) -> int:
        value = config[name]
        if not isinstance(value, int):
            raise SettingsError(f"{name} is {value!r}, expected a whole number")
        return value

    rate, table = config["learning-rate"], config["pixel-table"]
    if not isinstance(rate, float) or not isinstance(table, bytes) or len(table) not in (0, 256):
        raise SettingsError(f"learning-rate is {rate!r} and pixel-table {table!r}, expected a number and 256 bytes")
    steps = number("steps")
    seed = crc_32c(f"{number('seed')} {number('server-round')} {partition}".encode())
    form = config["form"]
    if form not in FORMS:
        raise SettingsError(f"form is {form!r}, expected one of {', '.join(FORMS)}")
    return Orders(steps, seed, Step(rate, number("first-trained")), table or None, Form[form.upper()])


def client_app(settings_of: Callable[[Context], Settings]) -> ClientApp:
    """The app with settings from elsewhere than the run's configuration."""
    app = ClientApp()

    @app.train()
    def _train(message: Message, context: Context) -> Message:
        return train(message, context, settings_of(context))

    return app


app = client_app(lambda context: Settings.of(context.run_config))
