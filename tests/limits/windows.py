"""What the limits are checked by: nothing of the limiter's own arithmetic."""

from __future__ import annotations


def excess(times: list[float], period: float, limit: int) -> int:
    """By how many the fullest half-open span of a length exceeds a limit; 0 or less: it never does."""
    times = sorted(times)
    fullest = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - period:
            first += 1
        fullest = max(fullest, last - first + 1)
    return fullest - limit


def overruns(times: list[float], windows: tuple[tuple[float, int], ...], tolerance: float = 0.0) -> list[int]:
    """The excess in each window; spans that are shorter by the tolerance are looked at."""
    return [max(0, excess(times, period - tolerance, limit)) for period, limit in windows]


def optimum(calls: int, windows: tuple[tuple[float, int], ...]) -> float:
    """Seconds from the first to the last of so many calls, at the fastest that windows without margin allow."""
    times: list[float] = []
    for _ in range(calls):
        free = [times[-limit] + period for period, limit in windows if limit <= len(times)]
        times.append(max([times[-1] if times else 0.0, *free]))
    return times[-1] - times[0]
