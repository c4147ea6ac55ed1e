"""The settings of a run: those of `[tool.flwr.app.config]` in pyproject.toml, which `--run-config` overrides."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


class SettingsError(ValueError):
    """A setting that is missing, unknown, of the wrong type or out of range."""


STRATEGIES = ("fedavg", "fedavgm", "fedmedian", "fedtrimmedavg")


FORMS = ("f32", "int8")


@dataclass(frozen=True)
class Settings:
    """What a run does."""

    model: str = "out/model.safetensors"
    """Model file that the devices' firmware was built from: the weights of round 0."""
    out: str = "out/fleet"
    """Folder for the model file, the curves and their picture."""
    form: str = "f32"
    """The devices' networks: in f32, all of whose parameters learn, or in int8, whose scales and offsets do."""
    strategy: str = "fedavg"
    server_learning_rate: float = 1.0
    """Of fedavgm: how far the server follows the mean change of a round."""
    server_momentum: float = 0.0
    """Of fedavgm: how much of its last step the server repeats."""
    rounds: int = 20
    devices: int = 2
    """Devices that a round waits for before it starts."""
    timeout: float = 600.0
    """Seconds after which a round goes on without those that have not answered."""
    steps: int = 256
    """Steps of practice on each device in a round."""
    learning_rate: float = 0.01
    first_trained: int = 0
    """The first layer that is trained; those before it stay as they are."""
    seed: int = 0
    evaluate: str = "host-trainer evaluate --json"
    """Command that tests a model file, to which `--weights FILE` is appended; empty for none."""
    ports: str = ""
    """Ports of the devices with spaces between them, where one machine simulates the nodes; else each node names
    its own."""

    def __post_init__(self) -> None:
        for name, choices in [("strategy", STRATEGIES), ("form", FORMS)]:
            if getattr(self, name) not in choices:
                raise SettingsError(f"{name} {getattr(self, name)!r}, expected one of {', '.join(choices)}")
        for name, least, most in [
            ("rounds", 1, 100_000),
            ("devices", 1, 1_000_000),
            ("steps", 1, 1_000_000),
            ("first_trained", 0, 255),
            ("seed", 0, 0xFFFF_FFFF),
        ]:
            value = getattr(self, name)
            if not least <= value <= most:
                raise SettingsError(f"{name.replace('_', '-')} is {value}, expected {least} to {most}")
        if not 0 <= self.server_momentum < 1:
            raise SettingsError(f"server-momentum is {self.server_momentum}, expected a number from 0 to below 1")
        if self.strategy != "fedavgm" and (self.server_learning_rate, self.server_momentum) != (1.0, 0.0):
            raise SettingsError("server-learning-rate and server-momentum are those of the strategy fedavgm")
        for name in ("timeout", "learning_rate", "server_learning_rate"):
            # Not a comparison that NaN passes.
            if not 0 < getattr(self, name) < float("inf"):
                raise SettingsError(f"{name.replace('_', '-')} is {getattr(self, name)}, expected a number above 0")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The settings in a run's configuration, whose names have hyphens."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = field.name.replace("_", "-")
            if name not in config:
                continue
            value = config[name]
            kind = type(field.default)
            if kind is float and type(value) is int:
                value = float(value)
            if type(value) is not kind:
                raise SettingsError(f"{name} is {value!r}, expected {kind.__name__}")
            values[field.name] = value
        return cls(**values)

    def as_config(self) -> dict[str, str | int | float]:
        """As a run's configuration has them."""
        return {field.name.replace("_", "-"): getattr(self, field.name) for field in fields(self)}
