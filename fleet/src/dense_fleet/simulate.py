"""Runs a fleet from one machine: Flower's simulation, a node for each port.

dense-fleet --ports 'tcp:127.0.0.1:4405 tcp:127.0.0.1:4406' --rounds 2
"""

import argparse
import os
from dataclasses import fields

from flwr.simulation import run_simulation

from dense_fleet.client_app import client_app
from dense_fleet.server_app import server_app
from dense_fleet.settings import Settings, SettingsError


def simulate(settings: Settings) -> None:
    """Runs all rounds over the devices at the settings' ports."""
    if not settings.ports.split():
        raise SettingsError("ports is empty: name the devices' ports with spaces between them")
    nodes = len(settings.ports.split())
    run_simulation(
        server_app(lambda _: settings),
        client_app(lambda _: settings),
        num_supernodes=nodes,
        # All at once, on as few processes as that takes: a node waits for its line most of the time.
        backend_config={"client_resources": {"num_cpus": (os.cpu_count() or 1) / max(nodes, 1), "num_gpus": 0.0}},
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="dense-fleet", description="Runs a fleet of devices from one machine")
    for field in fields(Settings):
        name, kind = field.name.replace("_", "-"), type(field.default)
        parser.add_argument(f"--{name}", type=kind, default=field.default, help=f"default: {field.default}")
    try:
        simulate(Settings(**vars(parser.parse_args())))
    except SettingsError as error:
        parser.error(str(error))
