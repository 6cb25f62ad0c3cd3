"""Processes that are to run together meet before JAX starts, since JAX aborts where one is missing.

Process 0 waits at the coordinator's address until each of the others has said which it is, and
then lets all go at once. The address is free again afterwards, for JAX to meet there.
"""

import contextlib
import socket
import struct
import time

from camjax.errors import CamjaxError, refusal

WAIT_SECONDS = 300.0
"""How long processes wait for each other."""

SAY_SECONDS = 5.0
"""How long a process that has come may take to say which it is."""

RETRY_SECONDS = 0.2
"""Between two tries to reach a process 0 that is not there yet."""

NUMBER = struct.Struct("!I")
"""What a process says: its number; and process 0 to each: how many there are."""

HIGHEST_PORT = 65_535

OPTION = "--coordinator"


def address_of(coordinator: str) -> tuple[str, int]:
    """Host and port.

    Raises:
      CamjaxError: it is no address, or there is no such port.
    """
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal():
        raise CamjaxError(refusal(OPTION, "HOST:PORT", repr(coordinator)))
    if not 1 <= int(port) <= HIGHEST_PORT:
        raise CamjaxError(refusal(OPTION, f"a port from 1 to {HIGHEST_PORT}", int(port)))
    return host.strip("[]"), int(port)


def meet(coordinator: str, processes: int, number: int) -> None:
    """Return once all processes are there.

    Args:
      coordinator: host:port at which process 0 waits.
      processes: how many there are.
      number: of this one, from 0.

    Raises:
      CamjaxError: some did not come in time, or the address cannot be used.
    """
    host, port = address_of(coordinator)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CamjaxError(refusal(OPTION, "a host that can be found", repr(host))) from error
    until = time.monotonic() + WAIT_SECONDS
    if number == 0:
        _wait(coordinator, port, processes, until)
    else:
        _report(coordinator, (host, port), processes, number, until)


def _wait(coordinator: str, port: int, processes: int, until: float) -> None:
    """What process 0 does."""
    with contextlib.ExitStack() as opened:
        try:
            listening = opened.enter_context(_listening(port))
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            expected = f"a port of this machine, process 0, that is free: {port}"
            raise CamjaxError(refusal(OPTION, expected, got)) from error
        there: dict[int, socket.socket] = {}
        while len(there) < processes - 1:
            listening.settimeout(max(until - time.monotonic(), 1e-3))
            try:
                peer = opened.enter_context(listening.accept()[0])
            except TimeoutError:
                missing = sorted({*range(1, processes)} - {*there})
                raise _missing(coordinator, processes, f"none of number {missing}") from None
            peer.settimeout(SAY_SECONDS)
            with contextlib.suppress(OSError, struct.error):  # somebody else who calls
                there[NUMBER.unpack(_received(peer))[0]] = peer
        for peer in there.values():
            with contextlib.suppress(OSError):
                peer.sendall(NUMBER.pack(processes))


def _report(
    coordinator: str, address: tuple[str, int], processes: int, number: int, until: float
) -> None:
    """What the others do."""
    while (left := until - time.monotonic()) > 0:
        try:
            with socket.create_connection(address, timeout=left) as peer:
                peer.sendall(NUMBER.pack(number))
                (expected,) = NUMBER.unpack(_received(peer))
        except (OSError, struct.error):
            time.sleep(RETRY_SECONDS)
            continue
        if expected != processes:
            raise CamjaxError(refusal("--num-processes", f"{expected}, as process 0", processes))
        return
    raise _missing(coordinator, processes, f"not all, as process {number} was told")


def _listening(port: int) -> socket.socket:
    """A socket at which processes are waited for, on all addresses of this machine."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    return socket.create_server(("", port), family=family, dualstack_ipv6=both)


def _received(peer: socket.socket) -> bytes:
    found = b""
    while len(found) < NUMBER.size and (more := peer.recv(NUMBER.size - len(found))):
        found += more
    return found


def _missing(coordinator: str, processes: int, got: str) -> CamjaxError:
    expected = f"{processes} processes to meet at {coordinator} within {WAIT_SECONDS:g} s"
    remedy = "Start all processes, with the same address and number."
    return CamjaxError(refusal(OPTION, expected, got, remedy))
