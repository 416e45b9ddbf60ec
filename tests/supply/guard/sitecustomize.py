"""With this folder on PYTHONPATH, a process that turns to the network ends there and then."""

from __future__ import annotations

import os
import sys

_EVENTS = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyaddr",
    "socket.gethostbyname",
    "socket.sendmsg",
    "socket.sendto",
}


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS:
        os.write(2, f"the network was asked for: {event} {arguments[1:] or arguments}\n".encode())
        os._exit(86)  # an exception might be caught


sys.addaudithook(_refuse)
