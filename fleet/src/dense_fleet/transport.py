"""Serial ports, and TCP connections to one."""

import socket
from typing import Protocol

import serial

BAUD = 115_200
"""Bits per second of a serial port: what the firmware has by default."""
TCP_PREFIX = "tcp:"
READ_AT_MOST = 4096


class PortError(ValueError):
    """A text that names no port."""


class Transport(Protocol):
    """A stream of bytes in both directions."""

    def send(self, data: bytes, timeout: float) -> None:
        """Sends bytes; `TimeoutError` where the line does not take them, another `OSError` where it is broken."""

    def receive(self, timeout: float) -> bytes:
        """The next bytes, at most `READ_AT_MOST`; `TimeoutError` where none come, another `OSError` at the end."""

    def close(self) -> None:
        """Ends the connection."""


class TcpTransport:
    """A connection to a TCP server that passes bytes on to a serial port."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except UnicodeError as error:
            raise PortError(f"tcp:{host}:{port}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes, timeout: float) -> None:
        self._socket.settimeout(timeout)
        self._socket.sendall(data)

    def receive(self, timeout: float) -> bytes:
        self._socket.settimeout(timeout)
        received = self._socket.recv(READ_AT_MOST)
        if not received:
            raise ConnectionResetError("end of the stream")
        return received

    def close(self) -> None:
        self._socket.close()


class SerialTransport:
    """A serial port; 8 data bits, no parity, 1 stop bit."""

    def __init__(self, name: str, baud: int, timeout: float) -> None:
        try:
            self._port = serial.Serial(name, baud, timeout=timeout, write_timeout=timeout)
        except ValueError as error:
            raise PortError(f"{name}: {baud} baud: {error}") from error

    def send(self, data: bytes, timeout: float) -> None:
        self._port.write_timeout = timeout
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise TimeoutError(str(error)) from error

    def receive(self, timeout: float) -> bytes:
        self._port.timeout = timeout
        received = self._port.read(1)
        if not received:
            raise TimeoutError("no bytes")
        return received + self._port.read(min(self._port.in_waiting, READ_AT_MOST - 1))

    def close(self) -> None:
        self._port.close()


def open_port(name: str, baud: int, timeout: float) -> Transport:
    """Connects to `tcp:HOST:PORT` or to a serial port of this name."""
    if not name:
        raise PortError("the name of a port must not be empty")
    if not name.startswith(TCP_PREFIX):
        return SerialTransport(name, baud, timeout)
    host, _, port = name.removeprefix(TCP_PREFIX).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise PortError(f"{name}: must be tcp:HOST:PORT, as in tcp:127.0.0.1:4000")
    return TcpTransport(host.strip("[]"), int(port), timeout)
