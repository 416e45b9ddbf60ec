"""The time that calls go by. Tests put their own functions here, so that nothing has to be slept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import threading

monotonic = time.monotonic
sleep = time.sleep


async def sleep_async(seconds: float) -> None:
    """As ``sleep``, awaiting."""
    from asyncio import sleep

    await sleep(seconds)


def wait(event: threading.Event, seconds: float) -> bool:
    """Let seconds pass, or less when the event comes; tell whether it came."""
    return event.wait(seconds)


async def wait_async(event: asyncio.Event, seconds: float) -> bool:
    """As ``wait``, awaiting."""
    from asyncio import timeout

    try:
        async with timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
