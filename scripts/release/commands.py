"""What differs of the command line between two trees, as scripts that call it see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from scripts.regen.verdict import Finding, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KIND = "command line"
_DUMP = """
import click, json
from maia_scim.cli import exits
from maia_scim.cli.main import cli
codes = {name: code for name, code in vars(exits).items() if name.isupper() and isinstance(code, int)}
print(json.dumps({"cli": cli.to_info_dict(click.Context(cli)), "codes": codes}, default=repr))
"""
# What a parameter is to who writes it; help texts are for people.
_TRAITS = ("required", "nargs", "multiple", "is_flag", "count", "default")


class _Parameter(NamedTuple):
    """What a script can write, and what it means."""

    traits: dict[str, Any]
    type: str
    choices: frozenset[str]


def compare(old: Path, new: Path) -> tuple[Finding, ...]:
    """Tell what differs of commands, arguments, options and exit codes.

    Args:
        old: The root of the tree before.
        new: The root of the tree now.

    Returns:
        The differences, the gravest first.

    Raises:
        RegenError: If the command of a tree does not start.
    """
    (before, codes), (after, new_codes) = _commands(old), _commands(new)
    found: list[Finding] = []
    for name, code in codes.items():
        if new_codes.get(name) != code:
            why = "scripts that look at it decide otherwise"
            now = str(new_codes[name]) if name in new_codes else None
            found.append(Finding(_KIND, f"exit code {name}", "changed", "major", why, str(code), now))
    for name in before.keys() - after.keys():
        found.append(Finding(_KIND, name, "removed", "major", "scripts that call it fail"))
    for name in after.keys() - before.keys():
        found.append(Finding(_KIND, name, "added", "minor", "a new command"))
    for name in before.keys() & after.keys():
        found += _parameters(name, before[name], after[name])
    return in_order(found)


def _commands(root: Path) -> tuple[dict[str, dict[str, _Parameter]], dict[str, int]]:
    """The commands of a tree by their whole names, and the exit codes."""
    layout = Layout(root)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (layout.root, layout.generated)))}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _DUMP], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        why, lines = "the command line does not start", done.stderr.strip().splitlines()[-3:]
        remedy = "mend it; if it is that of the last tag, install what it needed"
        raise RegenError("verdict", why, where=str(root), details=lines, remedy=remedy, code=Exit.MACHINE)
    told = json.loads(done.stdout)
    return dict(_flat("maia-scim", told["cli"])), told["codes"]


def _flat(name: str, command: dict[str, Any]) -> Iterator[tuple[str, dict[str, _Parameter]]]:
    if command["hidden"]:
        return
    parameters: dict[str, _Parameter] = {}
    arguments = 0
    for it in command["params"]:
        choices = frozenset(map(str, it["type"].get("choices", ())))
        parameter = _Parameter({trait: it.get(trait) for trait in _TRAITS}, it["type"]["param_type"], choices)
        if it["param_type_name"] == "argument":
            arguments += 1
            parameters[f"argument {arguments}"] = parameter
        elif not it["hidden"]:
            parameters |= dict.fromkeys(it["opts"] + it["secondary_opts"], parameter)
    yield name, parameters
    for child, inner in command.get("commands", {}).items():
        yield from _flat(f"{name} {child}", inner)


def _parameters(command: str, old: dict[str, _Parameter], new: dict[str, _Parameter]) -> Iterator[Finding]:
    for name in old.keys() - new.keys():
        yield Finding(_KIND, f"{command} {name}", "removed", "major", "calls that give it fail")
    for name in new.keys() - old.keys():
        if new[name].traits["required"]:
            yield Finding(_KIND, f"{command} {name}", "added", "major", "calls without it fail")
        else:
            yield Finding(_KIND, f"{command} {name}", "added", "minor", "something new to give")
    for name in old.keys() & new.keys():
        before, after = old[name], new[name]
        for trait in _TRAITS:
            was, now = before.traits[trait], after.traits[trait]
            if was != now:
                milder = trait == "required" and was
                why = "may be left out now" if milder else f"its {trait} is another"
                bump: Any = "minor" if milder else "major"
                yield Finding(_KIND, f"{command} {name}", "changed", bump, why, str(was), str(now))
        if before.type != after.type:
            why = "it takes other values"
            yield Finding(_KIND, f"{command} {name}", "changed", "major", why, before.type, after.type)
        for choice in before.choices - after.choices if after.choices else ():
            yield Finding(_KIND, f"{command} {name}", "removed", "major", "the choice is gone", choice)
        for choice in after.choices - before.choices if before.choices else ():
            yield Finding(_KIND, f"{command} {name}", "added", "minor", "a new choice", None, choice)
