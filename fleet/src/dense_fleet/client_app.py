"""Flower's ClientApp: a node is a gateway with a device at its port."""

import logging
from collections.abc import Callable

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from dense_fleet.device import Device, DeviceError
from dense_fleet.node import Node
from dense_fleet.practice import Orders, run_round
from dense_fleet.protocol.checksum import crc_32c
from dense_fleet.protocol.hello import Form
from dense_fleet.protocol.messages import Step
from dense_fleet.settings import FORMS, Settings, SettingsError
from dense_fleet.transport import PortError

log = logging.getLogger("flwr")

PARAMETERS = "parameters"
STATE = "dense-fleet"
NODE_FAILED = 0
"""Flower's code of an error without one of its own."""


def train(message: Message, context: Context, settings: Settings) -> Message:
    """A round on the node's device. Where it fails, the answer is an error, which the server logs."""
    try:
        node = Node.of(context.node_config, settings)
        with Device.open(node.port, baud=node.baud, key=node.key) as device:
            content = _round(device, message.content, context, node.partition)
    except (DeviceError, PortError, SettingsError) as error:
        log.warning("%s", error)
        return Message(Error(NODE_FAILED, str(error)), reply_to=message)
    return Message(content, reply_to=message)


def _round(device: Device, content: RecordDict, context: Context, partition: int) -> RecordDict:
    config = content.config_records["config"]
    arrays = content.array_records["arrays"]
    state = context.state.config_records.get(STATE, ConfigRecord())
    own = state.get("own")
    outcome = run_round(
        device,
        arrays[PARAMETERS].numpy().astype(np.float32).ravel(),
        orders_of(config, partition),
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
    """Configuration record of a round's message, beside the weights."""
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
