"""Processes that share a limit, and what they tell of it."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .windows import optimum, overruns

Windows = tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Order:
    """What a fleet is to do.

    Args:
        url: Of redis.
        calls: How many calls, in all.
        windows: What may not be overrun.
        margin: Seconds.
        tasks: Whether the workers are tasks of one event loop rather than threads.
        workers: How many a process has.
        skews: Seconds that the clocks of the processes are off by; as many as there are processes.
        local: Whether to go on without redis.
        gate: Close the gate for so many seconds after so many calls.
    """

    url: str
    calls: int
    windows: Windows
    margin: float = 0.03
    tasks: bool = False
    workers: int = 4
    skews: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    local: bool = False
    gate: tuple[int, float] | None = None


@dataclass(frozen=True)
class Call:
    """A call that was let go.

    Attributes:
        process: Which.
        worker: Which of its workers.
        at: Time that it counts as sent at, by redis' clock; None for one let go without redis.
        released: When the worker went on, by the same clock, that of this machine.
    """

    process: int
    worker: int
    at: float | None
    released: float


@dataclass
class Report:
    """What came of it."""

    order: Order
    calls: list[Call]
    failures: int  # of visits to redis
    shut: list[tuple[float, float]]  # when the gate was closed, and until when
    extra: dict[str, Any] = field(default_factory=dict)

    def slots(self) -> list[float]:
        return sorted(call.at for call in self.calls if call.at is not None)

    def releases(self, jitter: float = 0.02) -> list[float]:
        """When callers went on; what the machine took longer than the jitter for is the machine's fault."""
        return sorted(call.released if call.at is None else min(call.released, call.at + jitter) for call in self.calls)

    def over(self) -> list[int]:
        """Overruns of the slots: of the windows and the half of the margin that is not for latecomers."""
        return overruns(self.slots(), self.order.windows, -self.order.margin / 2 + 1e-5)

    def ratio(self) -> float:
        """How long it took by the slots, to what windows without margin would allow."""
        slots = self.slots()
        return (slots[-1] - slots[0]) / optimum(len(slots), self.order.windows)

    def by_process(self) -> list[int]:
        return sorted(Counter(call.process for call in self.calls).values())

    def by_worker(self) -> list[int]:
        return sorted(Counter((call.process, call.worker) for call in self.calls).values())


class Fleet:
    """The processes of an order, started and waiting for ``go``."""

    def __init__(self, order: Order) -> None:
        context = multiprocessing.get_context("spawn")
        self.order = order
        self.left = context.Value("i", order.calls)
        self._start = context.Barrier(len(order.skews) + 1)
        self._results = context.Queue()
        self._processes = [
            context.Process(target=_process, args=(number, order, self.left, self._start, self._results), daemon=True)
            for number in range(len(order.skews))
        ]
        for process in self._processes:
            process.start()

    def go(self) -> None:
        self._start.wait(30)

    def wait_for(self, done: int) -> None:
        """Until so many calls are done."""
        deadline = time.monotonic() + 30
        while self.left.value > self.order.calls - done:
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def report(self) -> Report:
        calls: list[Call] = []
        failures, shut = 0, []
        for _ in self._processes:
            told = self._results.get(timeout=60)
            assert isinstance(told, tuple), told
            calls += told[0]
            failures += told[1]
            shut += told[2]
        for process in self._processes:
            process.join(10)
        return Report(self.order, calls, failures, shut)


def _process(number: int, order: Order, left: Any, start: Any, results: Any) -> None:
    try:
        skew, real = order.skews[number], (time.time, time.monotonic)
        time.time = lambda: real[0]() + skew
        time.monotonic = lambda: real[1]() + skew
        from maia_scim import clock

        clock.monotonic = time.monotonic
        worker = _Worker(number, order, left, real[0])
        start.wait(30)
        worker.run()
        results.put((worker.calls, worker.failures, worker.shut))
    except BaseException as error:
        results.put(repr(error))
        raise


class _Worker:
    def __init__(self, number: int, order: Order, left: Any, now: Any) -> None:
        from maia_scim.limits_redis import RedisLimiter

        self.number, self.order, self.left, self.now = number, order, left, now
        self.limiter = RedisLimiter(order.url, "fleet", order.windows, margin=order.margin, local=order.local)
        self.calls: list[Call] = []
        self.failures = 0
        self.shut: list[tuple[float, float]] = []

    def run(self) -> None:
        if self.order.tasks:
            import asyncio

            asyncio.run(self._tasks())
        else:
            import threading

            threads = [threading.Thread(target=self._thread, args=(name,)) for name in range(self.order.workers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _more(self) -> bool:
        with self.left.get_lock():
            self.left.value -= 1
            return bool(self.left.value >= 0)

    def _done(self, worker: int, held: Any) -> bool:
        released = self.now()
        at = held.key.at / 1e6 if held.key.epoch else None
        self.calls.append(Call(self.number, worker, at, released))
        gate = self.order.gate
        if gate and self.left.value <= self.order.calls - gate[0] and self.number == 0 and not self.shut:
            self.shut.append((released, released + gate[1]))
            return True
        return False

    def _thread(self, worker: int) -> None:
        from maia_scim.errors import TransportError

        while self._more():
            held = None
            while held is None or held.wait:
                if held:
                    time.sleep(held.wait)
                try:
                    held = self.limiter.take(held, paced=False)
                except TransportError:
                    self.failures += 1
                    held = None
                    time.sleep(0.01)
            if self._done(worker, held):
                assert self.order.gate
                self.limiter.close(self.order.gate[1])

    async def _task(self, worker: int) -> None:
        import asyncio

        from maia_scim.errors import TransportError

        while self._more():
            held = None
            while held is None or held.wait:
                if held:
                    await asyncio.sleep(held.wait)
                try:
                    held = await self.limiter.take_async(held, paced=False)
                except TransportError:
                    self.failures += 1
                    held = None
                    await asyncio.sleep(0.01)
            if self._done(worker, held):
                assert self.order.gate
                await self.limiter.close_async(self.order.gate[1])

    async def _tasks(self) -> None:
        import asyncio

        await asyncio.gather(*(self._task(name) for name in range(self.order.workers)))
        await self.limiter.disconnect_async()
