"""Flower's strategies, whose replies are checked and put in order first."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg, FedAvgM, FedMedian, FedTrimmedAvg

from dense_fleet.client_app import PARAMETERS
from dense_fleet.settings import Settings

log = logging.getLogger("flwr")


def fault_of(content: RecordDict, count: int) -> str | None:
    """Why a reply does not take part, if it does not."""
    arrays, metrics = content.array_records.get("arrays"), content.metric_records.get("metrics")
    if arrays is None or metrics is None or list(arrays) != [PARAMETERS]:
        return "it has no parameters"
    values, examples = arrays[PARAMETERS].numpy(), metrics.get("num-examples")
    if values.shape != (count,) or values.dtype != np.float32:
        return f"it has parameters {values.dtype} {values.shape}, expected float32 ({count},)"
    if not np.isfinite(values).all():
        return "a parameter is not finite"
    if not isinstance(examples, int) or examples < 1:
        return f"it has {examples!r} examples"
    if not all(isinstance(value, int | float) and np.isfinite(value) for value in metrics.values()):
        return "a metric is not a finite number"
    return None


def order_of(message: Message) -> tuple[bytes, str]:
    """An order that depends on no clock: sums of f32 in another order have other bits."""
    content = message.content
    arrays = content.array_records["arrays"]
    return arrays[PARAMETERS].numpy().tobytes(), str(content.metric_records["metrics"]["num-examples"])


class _Checked(FedAvg):
    """Mixin in front of each strategy of Flower's: leaves invalid replies out, and sorts the others."""

    count = 0

    def configure_train(self, server_round: int, arrays: ArrayRecord, *rest: Any) -> Iterable[Message]:
        self.count = arrays[PARAMETERS].numpy().size
        return super().configure_train(server_round, arrays, *rest)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        failed, valid = [], []
        for reply in replies:
            if reply.has_error():
                failed.append(reply)
            elif fault := fault_of(reply.content, self.count):
                log.warning("round %d goes on without node %d: %s", server_round, reply.metadata.src_node_id, fault)
            else:
                valid.append(reply)
        if not valid:
            log.warning("round %d: no device answered, the weights stay as they are", server_round)
        return super().aggregate_train(server_round, [*failed, *sorted(valid, key=order_of)])


class CheckedFedAvg(_Checked, FedAvg):
    """Flower's FedAvg."""


class CheckedFedAvgM(_Checked, FedAvgM):
    """Flower's FedAvgM."""


class CheckedFedMedian(_Checked, FedMedian):
    """Flower's FedMedian."""


class CheckedFedTrimmedAvg(_Checked, FedTrimmedAvg):
    """Flower's FedTrimmedAvg."""


def strategy_of(settings: Settings, metrics: Callable[[list[RecordDict], str], MetricRecord]) -> FedAvg:
    """The strategy that the settings name; all devices take part, and none is asked to evaluate."""
    kinds: dict[str, type[FedAvg]] = {
        "fedavg": CheckedFedAvg,
        "fedavgm": CheckedFedAvgM,
        "fedmedian": CheckedFedMedian,
        "fedtrimmedavg": CheckedFedTrimmedAvg,
    }
    own: dict[str, Any] = {}
    if settings.strategy == "fedavgm":
        own = {"server_learning_rate": settings.server_learning_rate, "server_momentum": settings.server_momentum}
    return kinds[settings.strategy](
        fraction_train=1.0,
        fraction_evaluate=0.0,
        min_train_nodes=settings.devices,
        min_available_nodes=settings.devices,
        train_metrics_aggr_fn=metrics,
        **own,
    )
