"""Runs of Flower, and how they compare."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from machines import REPOSITORY

from dense_fleet.curves import draw
from dense_fleet.settings import Settings


def run_fleet(settings: Settings, ports: list[str], out: Path | None = None, **changes: Any) -> dict[str, Any]:
    """Runs `dense-fleet` over these ports, in a process of its own, and returns its `history.json`."""
    places: dict[str, Any] = {"ports": " ".join(ports), "devices": len(ports), "out": str(out or settings.out)}
    settings = replace(settings, **places, **changes)
    options = [f"--{name}={value}" for name, value in settings.as_config().items()]
    command = [sys.executable, "-c", "from dense_fleet.simulate import main; main()"]
    subprocess.run([*command, *options], cwd=REPOSITORY, check=True)
    history: dict[str, Any] = json.loads((Path(settings.out) / "history.json").read_text())
    return history


def compare(runs: dict[str, dict[str, Any]], out: Path) -> None:
    """Prints the accuracies of runs, and draws their curves; the second one is what the first is measured by."""
    for name, run in runs.items():
        rounds = run["rounds"]
        print(
            f"{name}: accuracy {rounds[0]['accuracy']:.4f}, after {len(rounds) - 1} rounds {rounds[-1]['accuracy']:.4f}"
        )
    found, expected = [run["rounds"][-1]["accuracy"] for run in runs.values()][:2]
    print(f"ratio: {found / expected:.4f}")
    draw({name: run["rounds"] for name, run in runs.items()}, out / "curves.png")
