"""``maia-scim sandbox`` and what stands around it, run as users run it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from maia_scim import SPEC, __version__
from maia_scim.cli.main import COMMANDS, cli
from maia_scim.cli.sandbox import sandbox
from tests.cli.command import APART
from tests.support.canary import PLANTED

MAIN = "import sys; from maia_scim.cli import main; sys.argv[0] = 'maia-scim'; main()"


def command(*arguments: str, before: str = "") -> list[str]:
    return [sys.executable, "-X", "dev", "-c", before + MAIN, *arguments]


def run(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments, before=before), capture_output=True, text=True, timeout=20, check=False)


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start the command, and give it with the variables that it printed. What it tells after those is searched."""
    with subprocess.Popen(
        command("sandbox", *arguments, before=PLANTED), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(5)]
            assert lines[0].startswith("# ")
            variables = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
            yield process, variables
        finally:
            process.kill()


BARBARA = "/v1/directory-integration/scim/v2/Users/2819c223-7f76-453a-919d-413861904646"


def token(variables: dict[str, str]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": variables["MAIA_CLIENT_ID"],
        "client_secret": variables["MAIA_CLIENT_SECRET"],
        "audience": "https://api.matillion.com",
    }
    answer = httpx.post(variables["MAIA_TOKEN_URL"], data=form).raise_for_status()
    text: str = answer.json()["access_token"]
    return text


def test_it_serves_until_ctrl_c() -> None:
    with serving() as (process, variables):
        url = variables["MAIA_BASE_URL"] + BARBARA
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token(variables)}"})
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)

    assert answer.json()["userName"] == "bjensen"
    assert process.returncode == 0
    assert out == ""
    assert "Serving 50 users" in err
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err
    assert "Warning" not in err
    assert variables["MAIA_CLIENT_SECRET"] not in err


def test_port_and_seed(tmp_path: Path) -> None:
    seed = tmp_path / "users.json"
    seed.write_text(json.dumps([{"id": "1", "userName": "ägnes"}]), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving("--port", str(port), "--seed", str(seed)) as (process, variables):
        url = f"http://127.0.0.1:{port}/dpc/v1/directory-integration/scim/v2/Users/1"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token(variables)}"})
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)

    assert variables["MAIA_BASE_URL"] == f"http://127.0.0.1:{port}/dpc"
    assert answer.json()["userName"] == "ägnes"
    assert process.returncode == 0


def test_rate_and_personality() -> None:
    with serving("--rate", "2", "--personality", "scimple") as (process, variables):
        url = variables["MAIA_BASE_URL"] + BARBARA
        headers = {"Authorization": f"Bearer {token(variables)}"}
        answers = [httpx.get(url, headers=headers) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 50 <= int(answers[2].headers["Retry-After"]) <= 60
    assert "etag" not in answers[0].headers, "this one has no versions"


def test_what_was_dumped_is_a_seed(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with serving("--dump", str(file)) as (process, variables):
        url = variables["MAIA_BASE_URL"] + BARBARA
        headers = {"Authorization": f"Bearer {token(variables)}"}
        httpx.put(url, headers=headers, json={"userName": "bjensen", "title": "Größe"}).raise_for_status()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert err.endswith(f"Stopped.\n50 users and 5 groups are in {file}.\n")
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]

    with serving("--seed", str(file)) as (process, variables):
        url = variables["MAIA_BASE_URL"] + BARBARA
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token(variables)}"})

    assert answer.json()["title"] == "Größe"


def test_a_dump_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "state.json"

    result = CliRunner(**APART).invoke(cli, ["sandbox", "--dump", str(file)])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {file}: there is no such folder\n"


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner(**APART).invoke(cli, ["sandbox", "--port", str(port)])

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: port {port}: ")
    assert "--port" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{nope", "it is no JSON"),
        ("", "it is no JSON"),
        ("[" * 100_000, "it is no JSON that can be read"),
        ("3", "an array of users is needed"),
        ('{"groups": []}', "an array of users is needed"),
        ('{"users": [], "other": []}', "an array of users is needed"),
        ('{"users": {}}', "users must be an array"),
        ('[{"userName": "a"}, 7]', "users[1]: a JSON object is needed"),
        ('{"users": [], "groups": [{}]}', "groups[0]: displayName is required"),
    ],
)
def test_a_bad_seed_file_is_told_by_name(tmp_path: Path, content: str, message: str) -> None:
    seed = tmp_path / "users.json"
    seed.write_text(content)

    result = CliRunner(**APART).invoke(cli, ["sandbox", "--seed", str(seed)])

    assert result.exit_code == 2
    assert str(seed) in result.stderr
    assert f": {message}" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["--port", "99999"], ["--port", "x"], ["--seed", "missing.json"], ["--nope"]])
def test_bad_options_are_told(arguments: list[str]) -> None:
    result = CliRunner(**APART).invoke(cli, ["sandbox", *arguments])

    assert result.exit_code == 2
    assert arguments[0] in result.stderr


def test_without_the_sandbox_extra_it_says_what_to_install() -> None:
    result = run("sandbox", before="import sys; sys.modules['scim2_server'] = None\n")

    assert result.returncode == 2
    assert "pip install 'maia-scim[sandbox]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_cli_extra_it_says_what_to_install() -> None:
    result = run("--help", before="import sys; sys.modules['click'] = None\n")

    assert (result.returncode, result.stdout) == (2, "")
    assert "pip install 'maia-scim[cli]'" in result.stderr


def test_version_names_the_specification() -> None:
    result = run("--version")

    expected = f"maia-scim {__version__} (spec of {SPEC.date}, sha256 {SPEC.sha256[:8]})\n"
    assert (result.returncode, result.stdout) == (0, expected)


def test_version_without_the_generated_package() -> None:
    result = run("--version", before="import sys; sys.modules['maia_public_api.spec'] = None\n")

    assert result.stdout == f"maia-scim {__version__}\n"


def test_help_lists_the_commands_and_imports_none() -> None:
    before = "import sys; [sys.modules.__setitem__('maia_scim.cli.' + name, None) for name in ('demo', 'sandbox')]\n"
    result = run("--help", before=before)

    assert result.returncode == 0
    assert "demo" in result.stdout
    assert COMMANDS["sandbox"].help in result.stdout


def test_the_list_says_what_the_command_says() -> None:
    assert sandbox.get_short_help_str(limit=200) == COMMANDS["sandbox"].help


def test_an_unknown_command_is_told() -> None:
    result = CliRunner(**APART).invoke(cli, ["sandbocks"])

    assert result.exit_code == 2
    assert "sandbocks" in result.stderr


@pytest.mark.parametrize(("value", "colour"), [("1", False), ("", None)])
def test_no_color_is_honoured(value: str, colour: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    with cli.make_context("maia-scim", ["sandbox"]) as context:
        assert cli.callback is not None
        context.invoke(cli.callback)

        assert context.color is colour
