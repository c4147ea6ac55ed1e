"""The model file of a fleet of devices in Python, and a grid that runs nodes one after the other without Ray."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from fake_device import CLASSES, INPUTS
from flwr.app import Context, Message, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.task_identity import TaskIdentity
from safetensors.numpy import save_file

from dense_fleet.client_app import train
from dense_fleet.settings import Settings


def model_file(path: Path) -> Path:
    """The model of the devices, with all parameters zero."""
    layer = {"inputs": INPUTS, "units": CLASSES, "activation": "linear"}
    description = {"format": "host-trainer/2", "layers": [layer], "test": {}, "provenance": {"origin": "trained"}}
    tensors = {
        "dense.kernel": np.zeros((CLASSES, INPUTS), np.float32),
        "dense.bias": np.zeros(CLASSES, np.float32),
    }
    save_file(tensors, path, {"model": json.dumps(description)})
    return path


class LocalGrid(Grid):
    """Flower's side of the network, in this process: `order` is that in which nodes answer."""

    def __init__(self, ports: list[str], settings: Settings, order: Iterable[int] | None = None) -> None:
        self.settings = settings
        self.order = list(order) if order is not None else list(range(len(ports)))
        self.contexts = [
            Context(0, index + 1, {"port": port, "partition-id": index}, RecordDict(), {})
            for index, port in enumerate(ports)
        ]
        self.errors: list[str] = []
        # Flower sets these for the process of a task; a message needs them.
        TaskIdentity.run_id = TaskIdentity.task_id = TaskIdentity.node_id = 1

    def set_run(self, run: Any) -> None:
        raise NotImplementedError

    @property
    def run(self) -> Any:
        raise NotImplementedError

    def create_message(self, *arguments: Any, **rest: Any) -> Message:
        raise NotImplementedError

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        return range(1, len(self.contexts) + 1)

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        sent = list(messages)
        if not sent:
            return []
        replies = [train(sent[index], self.contexts[index], self.settings) for index in self.order]
        self.errors += [reply.error.reason or "" for reply in replies if reply.has_error()]
        return replies
