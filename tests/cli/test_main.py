"""The list of commands, what it costs to show it, and what every command has in common."""

import json

import click
import pytest

from maia_scim.cli.lazy import LazyGroup
from maia_scim.cli.main import cli
from tests.cli.command import BARBARA, at_terminal, invoke, spawn
from tests.support.canary import CLIENT_SECRET

# What a help text has no use for, and what would make it slow.
HEAVY = ("httpx", "attrs", "rich", "tomlkit", "tomllib", "keyring", "maia_scim.client", "maia_public_api.models")


def walk(group=cli, path=()):
    """Every command below a group: its path, the row of the list, and the command."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield (*path, name), group.table[name], command
            if isinstance(command, LazyGroup):
                yield from walk(command, (*path, name))


COMMANDS = [*walk()]
IDS = [" ".join(path) for path, _, _ in COMMANDS]


@pytest.mark.parametrize(("path", "entry", "command"), COMMANDS, ids=IDS)
def test_the_list_says_what_the_command_says(path, entry, command):
    assert command.name == path[-1]
    assert command.get_short_help_str(limit=200) == entry.help


@pytest.mark.parametrize("path", [path for path, _, _ in COMMANDS], ids=IDS)
def test_every_command_has_help(path):
    ran = invoke(*path, "--help")

    assert ran.code == 0
    assert f"Usage: maia-scim {' '.join(path)}" in ran.out
    assert ran.err == ""


def test_every_command_that_is_asked_for_is_there():
    assert {"users get", "users create", "users replace", "users edit", "users patch", "users activate"} < {*IDS}
    assert {"users set", "users rename", "groups sync", "offboard"} < {*IDS}
    assert {"users deactivate", "groups get", "groups replace", "groups add-member", "groups remove-member"} < {*IDS}
    assert {"apply", "doctor", "sandbox", "demo", "completion", "profiles", "profiles add", "profiles set-secret"} < {
        *IDS
    }


READING = ("get", "export", "members")
WRITING = [path for path, _, _ in COMMANDS if path[0] in ("users", "groups") and path[1:] and path[-1] not in READING]
WRITING += [("apply",), ("offboard",)]


@pytest.mark.parametrize("path", WRITING, ids=" ".join)
def test_every_command_that_writes_has_a_dry_run(path):
    assert "--dry-run" in invoke(*path, "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["users", "--help"],
        ["users", "replace", "--help"],
        ["profiles", "-h"],
        ["apply", "-h"],
        ["doctor", "-h"],
    ],
)
def test_help_and_version_import_nothing_heavy(arguments):
    told = "import atexit, sys; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"
    ran = spawn(*arguments, before=told)

    assert ran.code == 0
    assert {*HEAVY} & {*ran.err.split()} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--client-secret", CLIENT_SECRET, "users", "get", BARBARA],
        ["users", "get", BARBARA, f"--client-secret={CLIENT_SECRET}"],
        ["users", "get", "--token", CLIENT_SECRET, BARBARA],
        ["users", "create", "--password", CLIENT_SECRET, "-"],
        ["profiles", "add", "p", "--client_secret", CLIENT_SECRET],
    ],
    ids=["before", "equals", "token", "password", "profile"],
)
def test_no_secret_is_taken_from_the_command_line(arguments, sandbox):
    ran = invoke(*arguments)

    assert ran.code == 2
    assert "never taken from the command line" in ran.err
    assert "MAIA_CLIENT_SECRET" in ran.err
    assert "keyring" in ran.err
    assert ran.out == ""
    assert not sandbox.requests


def test_an_option_that_is_only_misspelt_is_told_as_such():
    ran = invoke("users", "get", "--verbos", BARBARA)

    assert ran.code == 2
    assert "--verbose" in ran.err
    assert "secret" not in ran.err


def test_colours_can_be_had_and_not_had(sandbox):
    plan = ["users", "deactivate", BARBARA, "--dry-run", "--output", "table"]

    assert "\x1b[" in spawn(*plan, environment={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in spawn(*plan).out, "in a pipe"
    assert "\x1b[" in at_terminal(*plan, piped=False).err, "at a terminal"
    for variables in ({"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        assert "\x1b[" not in at_terminal(*plan, piped=False, environment=variables).err
    assert "\x1b[" not in at_terminal("users", "get", BARBARA, piped=False, environment={"NO_COLOR": "1"}).err


def completed(line, **environment):
    """What a shell is told that it may complete the last word of a line to."""
    words = line.split(" ")
    variables = {"_MAIA_SCIM_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    told = "import atexit, sys; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"
    ran = spawn(before=told, environment=variables | environment)
    assert {"httpx", "rich", "maia_scim.sandbox"} & {*ran.err.split()} == set()
    return [row.partition(",")[2] for row in ran.out.splitlines()]


def test_bash_completes_commands_and_profiles(tmp_path):
    assert completed("maia-scim us") == ["users"]
    assert completed("maia-scim users ") == [
        *("get", "export", "create", "replace", "edit", "patch", "set", "rename", "activate", "deactivate"),
    ]
    assert completed("maia-scim users get --ou") == ["--output"]
    assert completed("maia-scim users get --output ") == ["table", "json"]

    assert invoke("profiles", "add", "prod", "--region", "eu1", "--client-id", "c").code == 0
    assert completed("maia-scim --profile p") == ["prod"]
    assert completed("maia-scim users get --profile p") == ["prod"]
    assert completed("maia-scim profiles show p") == ["prod"]
    (tmp_path / "broken.toml").write_text("=")
    assert completed("maia-scim --profile p", MAIA_PROFILES=str(tmp_path / "broken.toml")) == [""]


@pytest.mark.parametrize(("shell", "first"), [("bash", "# "), ("zsh", "#compdef maia-scim"), ("fish", "# ")])
def test_completion_says_where_it_goes(shell, first):
    ran = spawn("completion", shell)

    assert ran.code == 0
    assert ran.out.startswith(first)
    assert f"maia-scim completion {shell}" in ran.out
    assert "_MAIA_SCIM_COMPLETE" in ran.out


def test_a_reader_that_goes_away_is_no_traceback(sandbox):
    before = "import os; reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1);"
    ran = spawn("users", "get", BARBARA, before=before)

    assert ran.code == 1
    assert ran.err == "Error: not all was written to standard output: whoever read it has closed it\n"


def test_json_in_a_pipe_is_utf_8_in_every_locale(sandbox):
    zoe = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"
    ran = spawn("users", "get", zoe, environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"})

    assert json.loads(ran.out)["displayName"] == "Zoë García Núñez"
    assert "Zoë" in ran.out


def test_an_error_that_nobody_foresaw_keeps_its_traceback(monkeypatch, sandbox):
    def broken(*_, **__):
        raise TypeError("a bug")

    monkeypatch.setattr("maia_scim.cli.reading.show", broken)
    with pytest.raises(TypeError, match="a bug"):
        invoke("users", "get", BARBARA)


def test_without_the_sandbox_extra_the_demo_says_what_to_install():
    ran = spawn("demo", before="import sys; sys.modules['scim2_server'] = None\n")

    assert ran.code == 2
    assert "pip install 'maia-scim[sandbox]'" in ran.err
