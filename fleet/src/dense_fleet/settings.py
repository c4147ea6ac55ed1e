"""The settings of a run: those of `[tool.flwr.app.config]` in pyproject.toml, which `--run-config` overrides."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self


class SettingsError(ValueError):
    """A setting that is missing, unknown, of the wrong type or out of range."""


STRATEGIES = ("fedavg", "fedavgm", "fedmedian", "fedtrimmedavg")
FORMS = ("f32", "int8")


def setting(default: Any, text: str) -> Any:
    """A field, and what the command's help says of it."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Settings:
    """Settings of a run, each an option of the command and a key of Flower's run configuration."""

    model: str = setting("out/model.safetensors", "model file that the devices' firmware was built from")
    out: str = setting("out/fleet", "folder for the model file, the curves and their picture")
    form: str = setting("f32", "the devices' networks: f32, or int8, whose scales and offsets learn")
    strategy: str = setting("fedavg", f"aggregation strategy: {', '.join(STRATEGIES)}")
    server_learning_rate: float = setting(1.0, "server learning rate of fedavgm")
    server_momentum: float = setting(0.0, "server momentum of fedavgm")
    rounds: int = setting(20, "rounds of the run")
    devices: int = setting(2, "devices that a round waits for before it starts")
    timeout: float = setting(600.0, "seconds after which a round goes on without those that have not answered")
    steps: int = setting(256, "steps of practice on each device in a round")
    learning_rate: float = setting(0.01, "learning rate of the devices")
    first_trained: int = setting(0, "first layer that is trained; those before it stay as they are")
    seed: int = setting(0, "seed of the samples that devices practise")
    evaluate: str = setting(
        "host-trainer evaluate --json",
        "command that tests a model file, to which --weights FILE is appended; '' for none",
    )
    ports: str = setting(
        "", "ports of the devices with spaces between them, where one machine has them all; else nodes name their own"
    )

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
        if unknown := sorted(set(config) - {known.name.replace("_", "-") for known in fields(cls)}):
            raise SettingsError(f"{', '.join(unknown)}: no such setting")
        values: dict[str, Any] = {}
        for known in fields(cls):
            name = known.name.replace("_", "-")
            if name not in config:
                continue
            value = config[name]
            kind = type(known.default)
            if kind is float and type(value) is int:
                value = float(value)
            if type(value) is not kind:
                raise SettingsError(f"{name} is {value!r}, expected {kind.__name__}")
            values[known.name] = value
        return cls(**values)

    def as_config(self) -> dict[str, str | int | float]:
        """As a run's configuration has them."""
        return {known.name.replace("_", "-"): getattr(self, known.name) for known in fields(self)}
