"""The page of the examples: what it shows is what comes of it."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import socket
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.sandbox import Sandbox
from tests.examples.conftest import EXAMPLES
from tests.examples.connect_proxy import ConnectProxy
from tests.examples.mtls import CERTIFICATE, service
from tests.support.canary import CLIENT_SECRET, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = (EXAMPLES.parent / "docs" / "examples.md").read_text("utf-8")
SECTIONS = {text.partition("\n")[0]: text for text in PAGE.split("\n## ")[1:]}
SERVED, PROXY = "127.0.0.1:8080", "proxy.example:3128"
BEGIN = "-- a command begins --"


def written(section: str) -> Iterator[tuple[str, str]]:
    """The files that a section shows, by name."""
    yield from re.findall(r'^```\w+ title="(.*?)"\n(.*?)^```$', section, re.M | re.S)


def commands(section: str) -> Iterator[tuple[str, str]]:
    """The commands of a section, each with what it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S):
        for first, more, output in re.findall(r"^\$ (.*\n)((?:> .*\n)*)((?:(?!\$ ).*\n)*)", block, re.M):
            yield first + re.sub("^> ", "", more, flags=re.M), output


def pattern(output: str) -> str:
    """`…` stands for anything within a line, or by itself for any lines."""
    lines = output.splitlines()
    return r"\n".join("(?s:.*)" if line == "…" else re.escape(line).replace("…", ".*") for line in lines)


@pytest.mark.keeps_secrets("token", "file token.json", reason="the token cache of the handler")
@pytest.mark.parametrize("title", SECTIONS)
def test_commands_print_what_is_shown(title: str, tmp_path: Path) -> None:
    section = SECTIONS[title]
    (tmp_path / "examples").symlink_to(EXAMPLES)
    for name, text in written(section):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    for name in ("client.pem", "company.pem"):
        shutil.copy(CERTIFICATE, tmp_path / name)
    (tmp_path / ".curlrc").write_text("max-time = 30\n", "utf-8")  # of a service that does not come up, too
    proxied = PROXY in section

    with (
        service() if proxied else Sandbox(client_secret=CLIENT_SECRET) as sandbox,
        ConnectProxy("me", PASSWORD) as proxy,
        socket.create_server(("127.0.0.1", 0)) as listener,  # who connects before the service is ready waits here
    ):
        here = {
            f"--bind {SERVED}": f"--bind fd://{listener.fileno()}",
            SERVED: f"127.0.0.1:{listener.getsockname()[1]}",
            " &\n": " >/dev/null 2>&1 &\n",
            PROXY: proxy.address,
            "PROXY_PASSWORD=…": f"PROXY_PASSWORD={PASSWORD}",
        }
        script = "".join(f"echo '{BEGIN}'\n{command}" for command, _ in commands(section))
        for shown, real in here.items():
            script = script.replace(shown, real)
        done = subprocess.run(
            ["bash", "-c", f"{script}\nkill $(jobs -p) 2>/dev/null; wait"],
            cwd=tmp_path,
            env={
                **{name: os.environ[name] for name in ("LANG", "SYSTEMROOT") if name in os.environ},
                **sandbox.environment,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "PYTHONUNBUFFERED": "1",  # so that errors stand where they belong
            },
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    printed = done.stdout.split(f"{BEGIN}\n")[1:]
    assert printed
    for (command, output), real in zip(commands(section), printed, strict=True):
        assert re.fullmatch(pattern(output), real.rstrip("\n")), f"{command}{real}"


def test_every_example_has_a_section() -> None:
    programs = [*EXAMPLES.glob("*.py")]
    repositories = [file.parent for file in EXAMPLES.glob("*/pyproject.toml")]

    listed = re.findall(r"^\| .* \| \[`(.*?)`\]\(#.*?\) \|$", PAGE, re.M)

    assert sorted(listed) == sorted([*(file.name for file in programs), *(f"{each.name}/" for each in repositories)])
    assert len(SECTIONS) == len(listed)
    assert all(len(file.read_text("utf-8").splitlines()) < 100 for file in programs)


def test_the_dag_calls_the_task_as_it_is(imported: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """By stand-ins for Airflow, which would bring a hundred packages."""
    called: list[inspect.BoundArguments] = []

    def task(**_: Any) -> Callable[[Any], Any]:
        return lambda function: lambda **given: called.append(inspect.signature(function).bind(**given))

    sdk: Any = types.ModuleType("airflow.sdk")
    sdk.dag, sdk.task = lambda **_: lambda function: function, task
    monkeypatch.setitem(sys.modules, "airflow", types.ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", sdk)
    apply_people = imported("airflow_apply").apply_people
    code = dict(written(SECTIONS["A task of Airflow"]))["dags/people.py"]

    exec(compile(code, "people.py", "exec"), {})

    [given] = called
    assert given.signature == inspect.signature(apply_people)
    assert given.arguments["journal"] == "/srv/maia/people.journal"
