"""Runs a fleet from one machine: Flower's simulation, a node for each port.

dense-fleet --ports 'tcp:127.0.0.1:4405 tcp:127.0.0.1:4406' --rounds 2
"""

import argparse
from dataclasses import fields

from flwr.simulation import run_simulation

from dense_fleet.client_app import client_app
from dense_fleet.server_app import server_app
from dense_fleet.settings import Settings


def simulate(settings: Settings) -> None:
    """Runs all rounds over the devices at the settings' ports."""
    run_simulation(
        server_app(lambda _: settings),
        client_app(lambda _: settings),
        num_supernodes=len(settings.ports.split()),
        # A node waits for its line most of the time.
        backend_config={"client_resources": {"num_cpus": 0.1, "num_gpus": 0.0}},
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="dense-fleet", description="Runs a fleet of devices from one machine")
    for field in fields(Settings):
        name, kind = field.name.replace("_", "-"), type(field.default)
        parser.add_argument(f"--{name}", type=kind, default=field.default, help=f"default: {field.default}")
    simulate(Settings(**vars(parser.parse_args())))
