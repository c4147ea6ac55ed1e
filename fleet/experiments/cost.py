"""Cost of a round to the server, by the number of devices: made-up replies of 784-10 through Flower's FedAvg.

fleet/.venv/bin/python fleet/experiments/cost.py 10 100 1000 10000
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from dense_fleet.client_app import PARAMETERS
from dense_fleet.server_app import sum_traffic
from dense_fleet.settings import Settings
from dense_fleet.strategies import CheckedFedAvg, strategy_of

COUNT = 7850
"""Parameters of the network."""


def replies(devices: int) -> list[Message]:
    """A reply of each device, with other parameters."""
    # Flower sets these for the process of a task; a message needs them.
    TaskIdentity.run_id = TaskIdentity.task_id = TaskIdentity.node_id = 1
    random = np.random.default_rng(0)
    metrics = {"num-examples": 100, "bytes-sent": 38800, "bytes-received": 38100, "seconds": 1.0}
    found = []
    for device in range(devices):
        arrays = ArrayRecord({PARAMETERS: Array(random.normal(size=COUNT).astype(np.float32))})
        content = RecordDict({"arrays": arrays, "metrics": MetricRecord(dict(metrics))})
        found.append(Message(content, dst_node_id=device + 1, message_type="train"))
    return found


def measure(devices: int) -> None:
    """Prints seconds and peak memory of the mean of one round."""
    strategy = strategy_of(Settings(devices=devices), sum_traffic)
    assert isinstance(strategy, CheckedFedAvg)
    strategy.count = COUNT
    messages = replies(devices)
    start = time.monotonic()
    arrays, _ = strategy.aggregate_train(1, messages)
    seconds = time.monotonic() - start
    assert arrays is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"| {devices:,} | {seconds:.2f} s | {peak:,} MB | {4 * COUNT * devices / 1e6:,.1f} MB |", flush=True)


def main() -> None:
    """The command; each number has a process of its own, whose memory is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("devices", type=int, nargs="+")
    numbers = parser.parse_args().devices
    if len(numbers) == 1:
        measure(numbers[0])
        return
    print("| devices | mean | peak memory | weights, each way |\n|---:|---:|---:|---:|", flush=True)
    for number in numbers:
        subprocess.run([sys.executable, __file__, str(number)], check=True)


if __name__ == "__main__":
    main()
