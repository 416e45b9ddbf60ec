"""The limiter in redis, one step at a time: slots, windows, the gate, pacing, and what is kept in redis."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from maia_scim import limits_redis
from tests.limits.redis.asking import at, count, keys, leave, take
from tests.limits.server import needs_server


@needs_server
def test_one_visit_sees_all_windows_and_gives_each_its_own_slot(redis, make):
    limiter = make(redis.url, ((10.0, 4), (2.0, 2)), margin=0.5)

    slots = [at(take(limiter)) for _ in range(6)]

    assert [slot - slots[0] for slot in slots] == pytest.approx([0, 0, 2.5, 2.5, 10.5, 10.5], abs=0.1)


@needs_server
def test_a_slot_is_confirmed_once_it_has_come_and_not_before(redis, make):
    limiter = make(redis.url)
    first = [take(limiter) for _ in range(4)]
    assert [bool(slot.wait) for slot in first] == [False, False, False, True]

    again = limiter.take(first[3], paced=False)
    assert 0 < again.wait <= first[3].wait
    assert leave(limiter, again) - at(first[0]) >= 0.4


@needs_server
def test_paced_requests_keep_their_distance(redis, make):
    limiter = make(redis.url, ((10.0, 10), (1.0, 100)), margin=1.0)

    slots = [at(take(limiter, paced=True)) for _ in range(5)]

    assert [after - before for before, after in itertools.pairwise(slots)] == pytest.approx([1.1] * 4, abs=0.05)


@needs_server
def test_a_429_paces_every_process_for_good(redis, make):
    one, other = make(redis.url, ((10.0, 10),)), make(redis.url, ((10.0, 10),))
    one.close(0.0)
    time.sleep(0.01)

    slots = [at(take(other)) for _ in range(3)]

    assert [after - before for before, after in itertools.pairwise(slots)] == pytest.approx([1.0] * 2, abs=0.05)
    assert redis.client().pttl(keys(redis)["state"]) > 23 * 3600 * 1000


@needs_server
def test_the_gate_holds_up_newcomers_and_those_who_wait(redis, make):
    one, other = make(redis.url), make(redis.url)
    waiting = [take(other) for _ in range(4)][3]
    one.close(1.0)

    told = [other.take(waiting, paced=False), take(other), take(make(redis.url))]

    assert [slot.gated for slot in told] == [True] * 3
    assert [slot.wait for slot in told] == pytest.approx([1.0] * 3, abs=0.4)
    one.close(0.1)  # does not open it
    assert take(other).wait > 0.2


@needs_server
def test_those_planned_for_after_a_gate_keep_their_order(redis, make):
    limiter = make(redis.url, ((0.2, 1),))
    slots = [take(limiter) for _ in range(4)][1:]
    make(redis.url, ((0.2, 1),)).close(0.3)

    times = [at(limiter.take(slot, paced=False)) for slot in reversed(slots)]

    assert times == sorted(times, reverse=True)
    assert [before - after for before, after in itertools.pairwise(times)] == pytest.approx([0.2] * 2, abs=0.01)


@needs_server
def test_a_cancelled_batch_does_not_block_the_account(redis, make):
    limiter, other = make(redis.url, ((60.0, 10),)), make(redis.url, ((60.0, 10),))
    batch = [take(limiter) for _ in range(40)]
    behind = take(other)
    for slot in batch:
        limiter.give_back(slot)
        limiter.give_back(slot)
    assert count(redis, "queue") == 31  # no I/O so far

    assert take(limiter).wait == 0  # tells redis
    assert other.take(behind, paced=False).wait == 0  # moved up
    assert count(redis, "sent") == 2
    assert not limiter._link.returned


@needs_server
def test_those_who_never_come_are_not_planned_around_for_long(redis, make):
    limiter = make(redis.url, ((0.2, 1),))
    late = [take(limiter) for _ in range(4)][3]
    time.sleep(1.7)

    assert take(limiter).wait == 0
    assert count(redis, "queue") == 0
    for _ in range(3):
        take(limiter)
    assert limiter.take(late, paced=False).wait < 0.21  # though late, it need not queue again


@needs_server
def test_whoever_is_late_makes_no_window_overrun(redis, make):
    limiter = make(redis.url, ((0.4, 2),))
    slots = [take(limiter) for _ in range(6)]  # planned for 0, 0.4 and 0.8
    time.sleep(0.7)
    late = [limiter.take(slot, paced=False) for slot in slots[2:4]]
    assert [slot.wait for slot in late] == [0, 0]

    assert leave(limiter, slots[4]) - at(late[0]) >= 0.399


@needs_server
def test_those_who_are_much_too_late_queue_again_in_line(redis, make):
    limiter = make(redis.url, ((1.5, 1),))
    limiter.give_back(take(limiter))
    slots = [take(limiter) for _ in range(3)]
    for slot in slots[1:]:
        ticket: Any = slot.key
        ticket.at -= 4_000_000  # as if it were long past
        redis.client().zrem(keys(redis)["queue"], ticket.name)

    again = [limiter.take(slot, paced=False) for slot in slots[1:]]
    newcomer = take(limiter)

    assert [at(slot) - at(slots[0]) for slot in [*again, newcomer]] == pytest.approx([1.5, 3.0, 4.5], abs=0.01)


@needs_server
def test_who_is_late_by_less_than_half_the_margin_counts_as_on_time(redis, make):
    limiter = make(redis.url, ((0.1, 1),), margin=0.8)
    slot = [take(limiter) for _ in range(2)][1]
    planned = at(slot)
    time.sleep(slot.wait + 0.1)

    assert limiter.take(slot, paced=False).wait == 0
    assert at(slot) == planned


@needs_server
def test_paced_requests_do_not_catch_up_in_a_burst(redis, make):
    limiter = make(redis.url, ((4.0, 10),))
    slots = [take(limiter, paced=True) for _ in range(3)]  # planned for 0, 0.4 and 0.8
    time.sleep(0.9)

    second, third = (limiter.take(slot, paced=True) for slot in slots[1:])

    assert second.wait == 0
    assert 0 < third.wait <= 0.2


@needs_server
def test_paced_requests_that_move_up_keep_their_distance(redis, make):
    limiter = make(redis.url, ((10.0, 10),))
    slots = [take(limiter, paced=True) for _ in range(5)]
    limiter.give_back(slots[2])
    take(limiter)

    again = [at(limiter.take(slot, paced=True)) for slot in (slots[1], slots[3], slots[4])]
    assert [place - at(slots[0]) for place in again] == pytest.approx([1.0, 2.0, 3.0], abs=0.01)


@needs_server
def test_an_answer_that_was_lost_counts_once(redis, make):
    limiter = make(redis.url, ((60.0, 1),))
    ticket = limits_redis._Ticket(False)
    visit = limits_redis._Visit(limiter._link)
    told = limiter._tell(visit, ticket)

    for _ in range(3):  # as redis-py does after a broken connection
        assert limiter._clients.script()(limiter._keys, told)[0] == 0

    assert count(redis, "sent") == 1


@needs_server
def test_a_script_that_redis_forgot_is_sent_again(redis, make):
    limiter = make(redis.url)
    take(limiter)
    redis.client().script_flush()

    assert take(limiter).wait == 0


@needs_server
def test_keys_expire_share_a_slot_of_a_cluster_and_hold_no_account(redis, make):
    limiter = make(redis.url, ((60.0, 1),), margin=0.5)
    for _ in range(2):
        take(limiter)

    names = keys(redis)
    assert set(names) == {"state", "sent", "queue", "peers"}
    [tag] = {name[: name.index("}") + 1] for name in names.values()}
    assert tag.startswith("{maia-scim:")
    assert "account" not in tag
    lives = {word: redis.client().pttl(name) / 1000 for word, name in names.items()}
    assert lives == pytest.approx({"state": 86401, "sent": 61.5, "queue": 62.5, "peers": 61.5}, abs=1)


@needs_server
def test_the_log_is_pruned(redis, make):
    limiter = make(redis.url, ((0.2, 20),))
    for _ in range(25):
        leave(limiter)
    assert count(redis, "sent") <= 20
    wide = make(redis.url, ((10.0, 30),))
    leave(wide)
    time.sleep(0.3)
    for _ in range(35):
        leave(limiter)  # one with shorter windows leaves the log of others alone

    assert count(redis, "sent") == 30
    assert take(wide).wait > 1


@needs_server
def test_the_log_is_no_longer_than_the_longest_window(redis, make):
    limiter = make(redis.url, ((0.2, 20),))
    for _ in range(5):
        leave(limiter)
    time.sleep(0.3)
    leave(limiter)

    assert count(redis, "sent") == 1


@needs_server
def test_without_windows_there_is_only_the_gate(redis, make):
    limiter = make(redis.url, ())
    assert all(take(limiter).wait == 0 for _ in range(50))
    assert set(keys(redis)) <= {"state", "peers"}
    limiter.close(5.0)

    slot = take(make(redis.url, ()))

    assert slot.gated
    assert slot.wait == pytest.approx(5.0, abs=0.2)
