"""The curves of runs as a picture."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

CURVES = {
    "accuracy": "accuracy on the test set",
    "loss": "loss on the test set",
    "practice-loss": "loss on the devices",
}


def draw(runs: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Draws what was measured over the rounds of each run."""
    figure = Figure(figsize=(10, 3), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(CURVES)), CURVES.items(), strict=True):
        for run, rounds in runs.items():
            points = [(row["round"], row[name]) for row in rounds if name in row]
            axes.plot([number for number, _ in points], [value for _, value in points], marker=".", label=run)
        axes.set(title=title, xlabel="round")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if len(runs) > 1:
            axes.legend()
    figure.savefig(path)
