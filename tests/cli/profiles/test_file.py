"""Profiles: the file, which holds no secret, and the commands that change it."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest

from maia_scim.cli import profile_store
from tests.cli.command import MAIN, invoke, spawn
from tests.cli.profiles.keyrings import add
from tests.support.canary import CLIENT_SECRET, MARK


def test_the_file_is_in_the_folder_for_configuration(monkeypatch):
    monkeypatch.delenv("MAIA_PROFILES")
    assert profile_store.file() == Path(click.get_app_dir("maia-scim"), "profiles.toml")


def test_profiles_are_added_listed_shown_and_removed(file):
    assert invoke("profiles").data == []
    assert not file.exists()
    assert add("prod", "--default").code == 0
    options = ["--secret", "env:TEST_SECRET", "--per-minute", "60", "--ipv4-only", "--audience", "a"]
    ran = add("test", *options, "--token-url", "https://id.example/t", region="us1")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"Added: profile test in {file}\n"

    test = {
        **{"region": "us1", "client_id": "3f2a", "secret": "env:TEST_SECRET", "token_url": "https://id.example/t"},
        **{"audience": "a", "ipv4_only": True, "per_minute": 60},
    }
    assert invoke("profiles").data == [
        {"name": "prod", "default": True, "region": "eu1", "client_id": "3f2a", "secret": "prompt"},
        {"name": "test", "default": False, **test},
    ]
    table = invoke("profiles", "--output", "table").out.splitlines()
    assert table[1].split() == ["*", "prod", "eu1", "3f2a", "prompt"]
    assert table[2].split() == ["test", "us1", "3f2a", "env:TEST_SECRET"]
    assert invoke("profiles", "show", "test").data == {"name": "test", "default": False, **test}
    assert "per_minute  60" in invoke("profiles", "show", "test", "-o", "table").out

    assert invoke("profiles", "default", "test").code == 0
    assert [each["default"] for each in invoke("profiles").data] == [False, True]
    assert invoke("profiles", "remove", "test").code == 0
    assert [each["name"] for each in invoke("profiles").data] == ["prod"]
    assert "default" not in file.read_text(), "the default went with it"


def test_only_the_owner_reads_the_file_and_it_is_whole(file, monkeypatch):
    add("prod")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    before = file.read_text()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ran = add("test")
    assert (ran.code, ran.err) == (2, f"Error: {file}: No space left on device; it is as it was\n")
    assert file.read_text() == before
    assert [*file.parent.iterdir()] == [file]


def test_a_link_stays_a_link(file, tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    file.parent.mkdir()
    file.symlink_to(real)

    add("prod")

    assert file.is_symlink()
    assert "[profiles.prod]" in real.read_text()


def test_comments_and_order_stay(file):
    file.parent.mkdir()
    file.write_text('# mine\n[profiles.b] # bee\nclient_id = "1" # one\nregion = "eu1"\n\n# the end\n')

    assert add("a", "--default").code == 0

    text = file.read_text()
    assert text.startswith('# mine\ndefault = "a"\n\n[profiles.b] # bee\nclient_id = "1" # one\nregion = "eu1"\n')
    assert "# the end" in text
    assert [*profile_store.load().all] == ["b", "a"]


def test_nothing_is_overwritten_by_mistake(file):
    add("prod", "--secret", "env:A")
    ran = add("prod", "--secret", "env:B")
    assert (ran.code, ran.out) == (2, "")
    assert "--force" in ran.err
    assert profile_store.load().all["prod"].secret == "env:A"

    assert add("prod", "--secret", "env:B", "--force").code == 0
    assert profile_store.load().all["prod"].secret == "env:B"


@pytest.mark.parametrize("command", [["add", "q", "--region", "eu1", "--client-id", "c"], ["remove", "p"]])
def test_a_dry_run_changes_no_file(command, file):
    add("p")
    before = file.read_text()

    ran = invoke("profiles", *command, "--dry-run")

    assert (ran.code, file.read_text()) == (0, before)
    assert ran.err.startswith("Would be ")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("a = 1\nb = [\n", 2, "Invalid value"),
        ("[profiles.p]\nregion = 'eu1'\nregion = 'us1'", 3, "Cannot overwrite a value"),
        ("other = 1", 1, "`other` is not known"),
        ("profiles = 1", 1, "write [profiles.prod]"),
        ("[profiles]\np = 1", 2, "write [profiles.p]"),
        ("[profiles.'a b']\nregion = 'eu1'", 1, "'a b' is no name"),
        ("[profiles.p]\nregion = 'eu1'\nregiom = 'eu1'", 3, "profile p: `regiom` is not known: there is region,"),
        ("[profiles.p]\nclient_id = 'c'", 1, "it has neither region nor base_url"),
        ("[profiles.p]\nregion = 'eu1'\nbase_url = 'x'", 3, "`region` and `base_url` are both there"),
        ("[profiles.p]\nregion = 'eu1'", 1, "it has no client_id"),
        ("[profiles.p]\nregion = 'moon'\nclient_id = 'c'", 2, "region 'moon' is unknown"),
        ("[profiles.p]\nclient_id = 'c'\nbase_url = 'http://x.example'", 3, "only https:// keeps the token secret"),
        ("[profiles.p]\nregion = 'eu1'\nclient_id = 'c'\ntoken_url = 'x'", 4, "token_url is not an absolute"),
        ("[profiles.p]\nregion = 'eu1'\nclient_id = 7", 3, "`client_id` must be a text"),
        ("[profiles.p]\nregion = 'eu1'\nclient_id = 'c'\nper_minute = 0", 4, "`per_minute` must be 1 or more"),
        ("[profiles.p]\nregion = 'eu1'\nclient_id = 'c'\nipv4_only = 1", 4, "`ipv4_only` must be true or false"),
        ("[profiles.p]\nregion = 'eu1'\nclient_id = ' '", 3, "`client_id` must be a text that is not blank"),
        ("default = 'x'", 1, "the default is 'x', and there is no such profile"),
        ("default = []", 1, "the default is '[]', and there is no such profile"),
    ],
)
def test_a_broken_file_is_told_with_its_line(content, line, message, file):
    file.parent.mkdir()
    file.write_text(content)

    ran = invoke("profiles")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: {file}, line {line}: "), ran.err
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert add("new").code == 2
    assert file.read_text() == content


@pytest.mark.parametrize("content", ["a = " + "[" * 5000, "a = 1" + "0" * 5000])
def test_a_file_that_no_parser_takes_is_told(content, file):
    file.parent.mkdir()
    file.write_text(content)

    assert invoke("profiles").err == f"Error: {file}: it nests too deep, or has a number of too many digits\n"


def test_white_space_around_what_was_pasted_is_taken_off(file):
    file.parent.mkdir()
    file.write_text('\ufeff[profiles.p]\r\nregion = " eu1"\r\nclient_id = """3f2a\n"""\r\n', "utf-8")
    assert profile_store.load().all["p"].client_id == "3f2a"
    assert invoke("profiles", "default", "p").code == 0, "with a byte order mark, too"
    assert invoke("profiles", "add", "q", "--region", "eu1 ", "--client-id", " 77b0 ").code == 0
    assert profile_store.load().all["q"].client_id == "77b0"


@pytest.mark.parametrize(
    "content",
    [
        'profiles = {p = {region = "eu1", client_id = "c"}}\n',
        'profiles.p.region = "eu1"\nprofiles.p.client_id = "c"\n',
    ],
    ids=["inline", "dotted"],
)
def test_a_file_of_another_form_is_read_and_left_alone(content, file):
    file.parent.mkdir()
    file.write_text(content)

    assert [*profile_store.load().all] == ["p"]
    ran = add("q")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"Error: {file} cannot be changed here: write its profiles as tables such as [profiles.prod]\n"
    assert file.read_text() == content


def test_a_home_folder_that_nobody_has_is_told(monkeypatch):
    monkeypatch.setenv("MAIA_PROFILES", "~nobody-has-this-name/profiles.toml")
    ran = invoke("profiles")

    assert (ran.code, ran.out) == (2, "")
    assert "there is no such home folder" in ran.err


def test_commands_at_once_lose_nothing(file):
    def one(number):
        return spawn("profiles", "add", f"p{number}", "--region", "eu1", "--client-id", "c").code

    with ThreadPoolExecutor(8) as pool:
        assert {*pool.map(one, range(16))} == {0}
    assert len(profile_store.load().all) == 16
    assert [*file.parent.iterdir()] == [file]


def test_a_command_waits_for_another_that_changes_the_file(file):
    add("one")
    with profile_store._alone(file):
        changing = subprocess.Popen([sys.executable, "-c", MAIN, "profiles", "remove", "one"], stderr=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            changing.wait(1.5)
    changing.communicate(timeout=20)
    assert profile_store.load().all == {}


def test_a_table_or_json_may_be_asked_for_before_the_command(file):
    add("p")
    assert invoke("profiles", "-o", "table", "show", "p").out.startswith("attribute")
    assert invoke("profiles", "-o", "table", "show", "p", "-o", "json").data["name"] == "p"


def test_a_file_that_is_no_text_is_told(file):
    file.parent.mkdir()
    file.write_bytes(b"\xff")

    assert invoke("profiles").err == f"Error: {file}: it is no UTF-8\n"


@pytest.mark.keeps_secrets("secret", "file *.toml", reason="somebody wrote it there")
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"[profiles.p]\nclient_secret= '{CLIENT_SECRET}'", 2),
        (f"[profiles.p]\nclient-secret = '{CLIENT_SECRET}'", 2),
        (f"[profiles.p]\nregion='eu1'\nToken = '{CLIENT_SECRET}'", 3),
        (f"[profiles.p]\npassword = '{CLIENT_SECRET}'", 2),
        (f"api_key = '{CLIENT_SECRET}'", 1),
        (f"[profiles.p]\nregion='eu1'\nclient_id='c'\nsecret = '{CLIENT_SECRET}'", 4),
        (f"[profiles.p]\nregion='eu1'\nclient_id='c'\nsecret = 'env:{CLIENT_SECRET}'", 4),
        (f"[profiles.p]\nregion='eu1'\nclient_id='c'\nbase_url = 'https://u:{CLIENT_SECRET}@x.example'", 4),
    ],
    ids=["client_secret", "dash", "token", "password", "top", "secret", "env", "url"],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(content, line, file):
    file.parent.mkdir()
    file.write_text(content)

    ran = invoke("profiles")

    assert ran.code == 2
    assert ran.err.startswith(f"Error: {file}, line {line}: ")
    assert MARK not in ran.err
    if "secret =" not in content and "base_url" not in content:
        assert "may hold a secret, which does not belong in this file" in ran.err


@pytest.mark.parametrize("given", [CLIENT_SECRET, f"env:{CLIENT_SECRET}", "", "env:"], ids=["itself", "env", "no", "e"])
def test_a_secret_is_no_place_of_one(given, file):
    ran = add("p", "--secret", given)

    assert ran.code == 2
    assert "--secret says where the secret is, and never holds it" in ran.err
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p", "--client-id", "c"], "Give --region or --base-url"),
        (["p", "--client-id", "c", "--region", "eu1", "--base-url", "https://x.example"], "one of them"),
        (["p", "--client-id", "c", "--region", "moon"], "region 'moon' is unknown"),
        (["a b", "--client-id", "c", "--region", "eu1"], "'a b' is no name for a profile"),
        (["p", "--region", "eu1"], "--client-id"),
    ],
)
def test_a_profile_that_cannot_be_is_not_added(arguments, message, file):
    ran = invoke("profiles", "add", *arguments)

    assert ran.code == 2
    assert message in ran.err
    assert not file.exists()


@pytest.mark.parametrize("command", ["show", "remove", "default", "set-secret"])
def test_a_profile_that_is_not_there_is_told(command, file):
    add("prod")
    ran = invoke("profiles", command, "absent")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"Error: no profile 'absent' in {file}: there are prod. `maia-scim profiles add` makes one\n"
