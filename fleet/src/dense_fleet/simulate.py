"""Runs a fleet from one machine: Flower's simulation, a node for each port.

dense-fleet --ports 'tcp:127.0.0.1:4405 tcp:127.0.0.1:4406' --rounds 2
"""

import argparse
import os
from dataclasses import fields
from pathlib import Path

from flwr.simulation import run_simulation

from dense_fleet.client_app import client_app
from dense_fleet.model_file import ModelFile, ModelFileError
from dense_fleet.server_app import EvaluationError, server_app
from dense_fleet.settings import Settings, SettingsError


def simulate(settings: Settings) -> None:
    """Runs all rounds over the devices at the settings' ports."""
    nodes = len(settings.ports.split())
    if nodes == 0:
        raise SettingsError("ports is empty: name the devices' ports with spaces between them")
    if settings.devices > nodes:
        raise SettingsError(f"devices is {settings.devices}, but ports names {nodes}: a round would never start")
    ModelFile.read(Path(settings.model))
    run_simulation(
        server_app(lambda _: settings),
        client_app(lambda _: settings),
        num_supernodes=nodes,
        # All at once, on as few processes as that takes: a node waits for its line most of the time.
        backend_config={"client_resources": {"num_cpus": (os.cpu_count() or 1) / nodes, "num_gpus": 0.0}},
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="dense-fleet", description="Runs a fleet of devices from one machine")
    for field in fields(Settings):
        name, kind = field.name.replace("_", "-"), type(field.default)
        text = f"{field.metadata['help']} (default: {field.default})".replace("%", "%%")
        parser.add_argument(f"--{name}", type=kind, default=field.default, metavar=kind.__name__.upper(), help=text)
    try:
        simulate(Settings(**vars(parser.parse_args())))
    except (SettingsError, ModelFileError, EvaluationError) as error:
        parser.error(str(error))
