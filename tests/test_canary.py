"""A secret in any place that is searched fails the test; one that is kept on purpose does not."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from maia_scim import MaiaScim
from maia_scim.sandbox import Sandbox
from tests.support.canary import CLIENT_SECRET, MARK, PASSWORD, PLANTED, TOKEN, clean, find, holds, masked

ROOT = Path(__file__).parents[1]

# -- What is found, and how it is told ----------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "a", "ab", "me:"])
def test_a_secret_is_found_in_every_form(before):
    for secret in (TOKEN, CLIENT_SECRET, PASSWORD):
        text = before + secret
        for form in (text, quote(text), json.dumps(text), repr(text), text.encode(), repr(text.encode())):
            assert holds(form)
        for alphabet in (base64.standard_b64encode, base64.urlsafe_b64encode):
            assert holds(f"Basic {alphabet(text.encode()).decode()}")
        assert holds(text.encode().hex())
        assert holds(text.encode("utf-16-le"))
        assert holds(text.encode("utf-16-be"))
    assert not holds("canary")
    assert not holds(base64.b64encode(b"canary"))


def test_a_find_is_told_without_the_secret():
    told = find(f"Authorization: Bearer {TOKEN}-1, and {PASSWORD}\n, and again {TOKEN}")

    assert [each.kind for each in told] == ["token", "password"]
    assert told[0].excerpt == "Authorization: Bearer <token>, and <password>\\n, and again <token>"
    [coded] = find(base64.b64encode(f"me:{CLIENT_SECRET}".encode()))
    assert coded.kind == "some"
    assert "<a secret in base64>" in coded.excerpt
    assert masked(MARK) == "<a secret>"


def test_the_output_of_a_process_can_be_checked():
    assert clean("all is well") == "all is well"
    with pytest.raises(AssertionError, match="password in stderr: …so <password>…"):
        clean(f"so {PASSWORD}", "stderr")


# -- What holds a canary --------------------------------------------------------------------------


def test_a_sandbox_makes_up_canaries():
    with Sandbox() as one, Sandbox() as other:
        assert one.client_secret.startswith(CLIENT_SECRET)
        assert one.client_secret != other.client_secret
        token = one.issue_token()
        assert token.startswith(TOKEN)
        assert token != one.issue_token()
        with MaiaScim(**one.connection) as maia:
            maia.users.get(next(iter(one.users)))


def test_a_sandbox_in_a_child_process_can_make_up_canaries_too():
    code = f"{PLANTED}from maia_scim.sandbox import Sandbox\nassert Sandbox().client_secret.startswith({TOKEN!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- Where it is looked for ---------------------------------------------------------------------------

CONFTEST = "from tests.conftest import pytest_configure"

# What a test does, and what it is told: a place, or that nothing is found.
LEAKS = {
    "log_message": ("logging.getLogger('h2').debug('sent ' + TOKEN)", "token in log record of h2 (DEBUG)"),
    "log_of_httpcore": (
        """
        with Scripted(lambda _: Answer(200, b"", {"X-Echo": TOKEN})) as server:
            httpx.get(server.url)
        """,
        "token in log record of httpcore.http11 (DEBUG)",
    ),
    "log_args": ("logging.getLogger('hpack').debug('no word', {'a': TOKEN})", "token in log record of hpack (DEBUG)"),
    "log_extra": ("logging.debug('no word', extra={'sent': PASSWORD})", "password in log record of root (DEBUG)"),
    "log_exc_info": (
        """
        try:
            raise ValueError(TOKEN)
        except ValueError:
            logging.getLogger('httpx').debug('no word', exc_info=True)
        """,
        "token in text of ValueError",
    ),
    "log_of_a_quiet_logger": (
        """
        logging.getLogger('quiet').setLevel('CRITICAL')
        logging.getLogger('quiet').propagate = False
        logging.getLogger('quiet').debug(TOKEN)
        """,
        "token in log record of quiet (DEBUG)",
    ),
    "warning_expected": (
        "with pytest.warns(UserWarning): warnings.warn(TOKEN, UserWarning, 1)",
        "token in warning UserWarning",
    ),
    "warning_recorded": ("warnings.simplefilter('default'); warnings.warn(TOKEN)", "token in warning UserWarning"),
    "warning_of_ours": (
        "with pytest.raises(errors.LossyReplaceWarning): raise errors.LossyReplaceWarning(TOKEN)",
        "token in warning LossyReplaceWarning",
    ),
    "repr": (
        "monkeypatch.setattr(BearerToken, '__repr__', lambda self: self._token); BearerToken(TOKEN)",
        "token in repr of BearerToken",
    ),
    "repr_of_a_client": (
        "monkeypatch.setattr(BearerToken, '__repr__', lambda self: self._token); "
        "AsyncMaiaScim('eu1', auth=BearerToken(TOKEN))",
        "token in repr of AsyncMaiaScim",
    ),
    "repr_of_a_model_that_was_filled": (
        "monkeypatch.setattr(ScimUser, '_secrets', frozenset()); user = ScimUser(); user.password = PASSWORD",
        "password in repr of ScimUser",
    ),
    "repr_of_a_model_that_was_read": (
        "monkeypatch.setattr(ScimUser, '_secrets', frozenset()); ScimUser.from_dict({'password': PASSWORD})",
        "password in repr of ScimUser",
    ),
    "pickle": (
        "monkeypatch.delattr(BearerToken, '__getstate__'); BearerToken(TOKEN)",
        "token in pickle of BearerToken",
    ),
    "pickle_of_a_model": ("ScimUser(password=PASSWORD)", None),
    "pickle_of_a_model_with_a_token": ("ScimUser(title=TOKEN)", "token in pickle of ScimUser"),
    "error_text": ("errors.ConfigurationError(TOKEN)", "token in text of ConfigurationError"),
    "error_pickle": ("errors.ConfigurationError().hidden = TOKEN", "token in pickle of ConfigurationError"),
    "error_note": ("errors.ConfigurationError().add_note(TOKEN)", "token in text of ConfigurationError"),
    "error_cause": (
        "errors.ConfigurationError().__cause__ = OSError(TOKEN)",
        "token in text of OSError in the chain of ConfigurationError",
    ),
    "error_context": (
        "errors.ConfigurationError().__context__ = ExceptionGroup('', [OSError(TOKEN)])",
        "token in text of OSError in the chain of ConfigurationError",
    ),
    "error_response": (
        "errors.NotFound('', outcome='refused', status=404, response=httpx.Response(404, content=TOKEN))",
        "token in response of NotFound",
    ),
    "error_that_was_expected": (
        "with pytest.raises(ValueError): raise ValueError(TOKEN)",
        "token in text of ValueError",
    ),
    "local": (
        """
        def fail(given): raise ValueError
        fail.__code__ = fail.__code__.replace(co_filename=auth.__file__)
        with pytest.raises(ValueError): fail(TOKEN)
        """,
        "token in local given at /maia_scim/auth.py:",
    ),
    "local_of_httpx": (
        "with pytest.raises(httpx.UnsupportedProtocol): httpx.get('ftp://' + TOKEN)",
        "token in local url at ",
    ),
    "local_of_the_test": (
        """
        given = TOKEN
        with pytest.raises(ValueError): raise ValueError
        """,
        None,
    ),
    "stdout": ("print('told', TOKEN)", "token in stdout"),
    "stdout_in_capsys": (
        "capsys = request.getfixturevalue('capsys'); print(TOKEN); capsys.readouterr()",
        "token in stdout",
    ),
    "stderr": ("os.write(2, CLIENT_SECRET.encode())", "secret in stderr"),
    "subprocess": (
        "subprocess.run([sys.executable, '-c', f'print({TOKEN!r})'], capture_output=True)",
        "token in stdout of a subprocess",
    ),
    "file": ("(tmp_path / 'a').mkdir(); (tmp_path / 'a' / 'b').write_text(PASSWORD)", "password in file a/b"),
    "base64": (
        "(tmp_path / 'sent').write_bytes(b'Basic ' + base64.b64encode(f'me:{CLIENT_SECRET}'.encode()))",
        "some in file sent",
    ),
    "nothing": ("BearerToken(TOKEN); ClientCredentials(client_id='me', client_secret=CLIENT_SECRET)", None),
}
MARKED = """
@pytest.mark.keeps_secrets("token", "file *kept", reason="shown here")
def test_kept(tmp_path):
    (tmp_path / "kept").write_text(TOKEN)

@pytest.mark.keeps_secrets("token", "file *kept", reason="shown here")
def test_kept_elsewhere(tmp_path):
    (tmp_path / "other").write_text(TOKEN)

@pytest.mark.keeps_secrets("token", "file *kept", reason="shown here")
def test_kept_with_another(tmp_path):
    (tmp_path / "kept").write_text(TOKEN + PASSWORD)

@pytest.fixture
def untidy():
    yield
    print(TOKEN)

def test_teardown(untidy):
    pass

def test_failed():
    print(TOKEN)
    raise KeyError
"""
IMPORTS = """
import base64, logging, os, subprocess, sys, warnings
import httpx, pytest
from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, auth, errors
from maia_scim.models import ScimUser
from tests.support.canary import *
from tests.support.scripted import Answer, Scripted
"""


def run(folder, content, conftest=CONFTEST):
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_leaks.py").write_text(content)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", "-W", "default"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if not report.exists():
        return done, {}
    told: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "").removeprefix("test_")
        told.setdefault(name, []).extend(each.text or "" for each in case if each.tag in ("failure", "error"))
    return done, told


@pytest.fixture(scope="module")
def leaked(tmp_path_factory):
    """What each test is told by a run of its own, which has secrets of its own."""
    tests = [
        f"def test_{name}(tmp_path, monkeypatch, request):\n    " + "\n    ".join(map(str.rstrip, _lines(code)))
        for name, (code, _) in LEAKS.items()
    ]
    return run(tmp_path_factory.mktemp("leaks"), "\n\n".join([IMPORTS, *tests, MARKED]))


def _lines(code):
    return [line.removeprefix("        ") for line in code.strip("\n").splitlines()]


@pytest.mark.parametrize("name", LEAKS)
def test_it_is_found(leaked, name):
    _, told = leaked
    expected = LEAKS[name][1]

    assert name in told
    if expected is None:
        assert told[name] == []
    else:
        [failure] = told[name]
        assert f"\n  {expected}" in failure


def test_what_is_kept_on_purpose_is_no_leak(leaked):
    _, told = leaked

    assert told["kept"] == []
    assert "token in file other" in told["kept_elsewhere"][0]
    [failure] = told["kept_with_another"]
    assert "password in file kept" in failure
    assert "\n  token" not in failure


def test_a_leak_after_the_test_is_an_error_too(leaked):
    _, told = leaked

    assert "token in stdout of the teardown" in told["teardown"][0]
    failed, leak = told["failed"]
    assert "KeyError" in failed
    assert "token in stdout" in leak


def test_a_leak_after_the_last_test_fails_the_run(tmp_path):
    late = """
import logging
from tests.support.canary import TOKEN

def pytest_sessionfinish():
    logging.getLogger("late").debug(TOKEN)
"""
    done, told = run(tmp_path, "def test_it(): pass", CONFTEST + late)

    assert told == {"it": []}
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "token in log record of late (DEBUG)" in done.stdout


def test_no_test_is_named_by_a_secret(tmp_path):
    content = "import pytest\nfrom tests.support.canary import TOKEN\n"
    done, _ = run(tmp_path, content + "@pytest.mark.parametrize('a', [TOKEN])\ndef test_it(a): pass\n")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_it[<token>]: a test has the same name each time" in done.stderr


def test_a_reason_is_asked_for(tmp_path):
    done, _ = run(tmp_path, "import pytest\n@pytest.mark.keeps_secrets('token', 'file')\ndef test_it(): pass\n")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "keeps_secrets(kind, place, reason=…)" in done.stderr
