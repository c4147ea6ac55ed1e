"""SuperLink, SuperNodes and a run over TLS, with the nodes' keys: `pytest -m slow`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import create_server

import pytest
from fake_device import FakeDevice, lessons_of
from fleet_of_fakes import model_file

FLEET = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


@pytest.mark.slow
def test_only_nodes_whose_keys_are_registered_take_part(tmp_path: Path) -> None:
    link, home, certificates = free_port(), tmp_path / "home", tmp_path / "certificates"
    model = model_file(tmp_path / "start.safetensors")
    environment = os.environ | {
        "FLWR_HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    home.mkdir()
    (home / "config.toml").write_text(
        f'[superlink]\ndefault = "fleet"\n\n[superlink.fleet]\naddress = "127.0.0.1:{link}"\n'
        f'root-certificates = "{certificates}/ca.crt"\n'
    )

    def run(*command: str | Path) -> str:
        ended = subprocess.run(command, env=environment, cwd=FLEET, capture_output=True, text=True, timeout=200)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout + ended.stderr

    run(FLEET / "deployment/make-certificates", certificates, "127.0.0.1")
    for name in ("one", "two", "stranger"):
        run("ssh-keygen", "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f", tmp_path / name)

    with ExitStack() as stack:

        def start(name: str, *command: str | Path) -> Path:
            log = tmp_path / f"{name}.log"
            file = stack.enter_context(log.open("w"))
            process = subprocess.Popen([BIN / command[0], *command[1:]], env=environment, stdout=file, stderr=file)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return log

        tls = ("--ssl-ca-certfile", certificates / "ca.crt", "--ssl-certfile", certificates / "superlink.crt")
        key = ("--ssl-keyfile", certificates / "superlink.key", "--port", str(link))
        plain = "--disable-runtime-dependency-installation"
        log = start("superlink", "flower-superlink", *tls, *key, "--enable-supernode-auth", plain)
        wait("the SuperLink does not start", lambda: "Uvicorn running on https" in log.read_text())

        for name in ("one", "two"):
            run(BIN / "flwr", "supernode", "register", tmp_path / f"{name}.pub", "fleet")
        devices = {name: FakeDevice(lessons=lessons_of([0, 1, 2], 9, seed=1)) for name in ("one", "two", "stranger")}
        for name, device in devices.items():
            trust = ("--root-certificates", certificates / "ca.crt", "--auth-supernode-private-key", tmp_path / name)
            node = ("--superlink", f"127.0.0.1:{link}", "--port", str(free_port()))
            start(name, "flower-supernode", *node, *trust, "--node-config", f'port="{device.port}"')

        settings = f'model="{model}" out="{tmp_path / "out"}" rounds=2 devices=2 evaluate=""'
        run(BIN / "flwr", "run", FLEET, "fleet", "--run-config", settings)
        history = tmp_path / "out/history.json"
        wait("the run does not end", history.exists)
        time.sleep(1)

    assert [row["devices"] for row in json.loads(history.read_text())["rounds"]] == [2, 2]
    assert devices["one"].executed.count("Practise") == devices["two"].executed.count("Practise") == 2
    assert not devices["stranger"].executed
