"""Whom a sandbox refuses: other clients, addresses that may not call, and everybody while it is down."""

import subprocess
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from tests.sandbox.conftest import get_token
from tests.sandbox.life import BJENSEN, refused
from tests.sandbox.wire import PREFIX, SECONDS, Wire, leaving_nothing, small_sandbox, within_bounds

# -- Who may ask --------------------------------------------------------------


def test_each_sandbox_has_a_client_of_its_own_and_another_after_a_reset() -> None:
    sandboxes = [small_sandbox() for _ in range(3)]
    before = [sandbox.client_id for sandbox in sandboxes]
    for sandbox in sandboxes:
        sandbox.reset()

    assert len({*before, *(sandbox.client_id for sandbox in sandboxes)}) == 6
    assert all(each.startswith("maia-sandbox") for each in before)


def test_a_client_id_that_was_given_stays() -> None:
    with small_sandbox(client_id="mine", client_secret="given") as sandbox:
        sandbox.reset()
        assert sandbox.client_id == sandbox.environment["MAIA_CLIENT_ID"] == "mine"
        get_token(sandbox)


def test_the_first_client_id_is_plain() -> None:
    code = "from maia_scim.sandbox import Sandbox; print(Sandbox().client_id, Sandbox().client_id)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["maia-sandbox", "maia-sandbox-2"]


@pytest.mark.parametrize("allowed", [(), ["10.0.0.1"], {"127.0.0.2", "::1"}])
def test_an_address_that_may_not_call_is_a_403(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed, rate=1) as sandbox:
        get_token(sandbox)  # of another service, which does not mind
        for token in None, "forged", sandbox.issue_token():
            with Wire(sandbox, token) as wire:
                answer = wire.ask("PUT", "/dpc" + BJENSEN, {"userName": "x"})
            assert (answer.status, answer.json["detail"]) == (403, "IP not allowed for any organization")
            assert answer.headers["content-type"] == "application/problem+json"
        assert [user["userName"] for user in sandbox.users.values()] == ["bjensen"]
        sandbox.requests.times(3)


def test_an_address_that_may_call_does() -> None:
    allowed = ["10.0.0.1", "127.0.0.1"]
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200


# -- A service that is down ---------------------------------------------------


def test_connections_are_refused_for_a_while() -> None:
    with leaving_nothing():
        with small_sandbox() as sandbox:
            url, token = sandbox.base_url, sandbox.issue_token()
            with Wire(sandbox, token) as idle:
                assert idle.ask("GET", "/dpc" + BJENSEN).status == 200
                with sandbox.refusing_connections():
                    assert idle.rest() == (b"", "FIN")
                    assert refused(url)
                    assert refused(url)
                    assert sandbox.base_url == url
                    with pytest.raises(OSError, match="in use"):
                        Sandbox(port=urlsplit(url).port or 0).start()
            assert sandbox.base_url == url
            with Wire(sandbox, token) as wire:
                assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            sandbox.requests.times(2)
        assert refused(url)


def test_connections_are_taken_again_after_an_exception() -> None:
    with small_sandbox() as sandbox:
        for _ in range(3):
            with pytest.raises(RuntimeError, match="mine"), sandbox.refusing_connections():
                raise RuntimeError("mine")
            assert not refused(sandbox.base_url)


def test_connections_are_refused_until_the_last_block_ends() -> None:
    with small_sandbox() as sandbox:
        url = sandbox.base_url
        one, other = sandbox.refusing_connections(), sandbox.refusing_connections()
        with one:
            with sandbox.refusing_connections():
                assert refused(url)
            assert refused(url)
            other.__enter__()
        assert refused(url)
        other.__exit__(None, None, None)
        assert not refused(url)


def test_a_sandbox_that_does_not_run_cannot_refuse() -> None:
    with pytest.raises(RuntimeError, match="not running"), small_sandbox().refusing_connections():
        pass


@pytest.mark.parametrize("again", [False, True])
def test_a_sandbox_can_be_closed_while_it_refuses(again: bool) -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        url = sandbox.base_url
        with sandbox.refusing_connections():
            within_bounds(sandbox.close)
            assert refused(url)
            if again:
                sandbox.start()
                assert not refused(sandbox.base_url)
        assert repr(sandbox).startswith("<Sandbox at " if again else "<Sandbox stopped")
        assert again or refused(url)
        sandbox.close()


def test_a_request_under_way_ends_when_connections_are_refused() -> None:
    met, go = threading.Event(), threading.Event()

    class Held(faults.Fault):
        def meet(self, exchange: faults.Exchange) -> Answer:
            met.set()
            go.wait(SECONDS)
            return exchange.perform()

    with leaving_nothing(), small_sandbox() as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        sandbox.inject(Held())
        wire.send("GET", "/dpc" + BJENSEN)
        assert met.wait(SECONDS)
        with sandbox.refusing_connections():
            assert wire.rest() == (b"", "FIN")
            go.set()


@pytest.mark.parametrize("allowed", ["10.0.0.0/8", "127.0.0.10", ["10.0.0.1", "192.168.0.0/16"]])
def test_who_is_in_no_network_of_the_list_is_refused(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", f"{PREFIX}/Users/1").status == 403


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", ["10.0.0.1", "127.0.0.1"]])
def test_who_is_in_a_network_of_the_list_may_call(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", f"{PREFIX}/Users/nobody").status == 404


@pytest.mark.parametrize("allowed", ["localhost", ["127.0.0.1/8"], [""]])
def test_an_allow_list_of_no_addresses_is_refused_at_once(allowed: Any) -> None:
    with pytest.raises(ValueError, match=r"^allowed_ips: "):
        Sandbox(allowed_ips=allowed)
