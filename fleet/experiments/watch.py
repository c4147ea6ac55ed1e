"""Nine people who wear a watch, and the tenth, of whom no device has learnt anything.

fleet/.venv/bin/python fleet/experiments/watch.py --leave-out 3
fleet/.venv/bin/python fleet/experiments/watch.py --machine host --leave-out 2 3 4 5 6 7 8 9 10

The network begins with what person 1 has taught it on the host. Lessons are windows of the wearer, and devices have no
samples but these. Accuracies are those on all windows of the person who is left out.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from machines import REPOSITORY, boards, build_of, host_devices, host_trainer, teach
from runs import run_fleet
from watch_data import windows

from dense_fleet.settings import Settings

LESSONS = 400
"""Lessons of a device, evenly from all windows of its wearer."""
RECIPE = "--stride 25 --train-stride 10 --hidden 32 --epochs 16 --learning-rate 0.01 --weight-decay 0.1"


def train_start(folder: Path) -> Path:
    """The model of round 0, trained with person 1."""
    others = ",".join(map(str, range(2, 11)))
    data = ("--data", REPOSITORY / "data/watch", "--test-groups", others)
    host_trainer("train", *data, *RECIPE.split(), "--out", folder)
    return folder / "model.safetensors"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out/fleet/watch")
    parser.add_argument("--machine", choices=["qemu", "host"], default="qemu", help="where the devices run")
    parser.add_argument("--leave-out", type=int, nargs="+", choices=range(2, 11), default=[3], metavar="PERSON")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    settings = Settings(
        model=str(train_start(out / "start")), rounds=arguments.rounds, steps=256, learning_rate=0.01, evaluate="-"
    )
    build = build_of(out / "start", LESSONS)
    found = []
    for person in arguments.leave_out:
        wearers = [wearer for wearer in range(1, 11) if wearer != person]
        folder = out / f"without-{person}"
        test = f"{sys.executable} {Path(__file__).with_name('watch_data.py')} --person {person}"
        count = len(wearers)
        with boards(count, build, folder) if arguments.machine == "qemu" else host_devices(count, build) as ports:
            for port, wearer in zip(ports, wearers, strict=True):
                samples = windows(wearer)
                teach(port, [samples[index * len(samples) // LESSONS] for index in range(LESSONS)])
            rounds = run_fleet(settings, ports, out=folder, evaluate=test)["rounds"]
        found.append([rounds[0]["accuracy"], rounds[-1]["accuracy"]])
    print("| person | before | after |\n|---|---:|---:|")
    for name, (before, after) in zip([*arguments.leave_out, "mean"], [*found, np.mean(found, axis=0)], strict=True):
        print(f"| {name} | {before:.3f} | {after:.3f} |")


if __name__ == "__main__":
    main()
