"""Sync and async behave alike: the same names, the same signatures, and hardly a line twice."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest

import maia_scim
from maia_scim import AsyncMaiaScim, MaiaScim
from maia_scim.edits import AsyncEdit, Edit
from maia_scim.groups import AsyncGroups, Groups
from maia_scim.users import AsyncUsers, Users

PACKAGE = Path(maia_scim.__file__).parent
PAIRS = [(MaiaScim, AsyncMaiaScim), (Users, AsyncUsers), (Groups, AsyncGroups), (Edit, AsyncEdit)]
# What differs beyond `await`, by the protocols of Python.
NAMES = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
# Plain functions that give something to iterate or enter, which is what is async.
NOT_AWAITED = {"edit", "replace_many", "diff", "with_options", "capture", "raw", "__init__", "__repr__"}
ASYNC_TYPES = [
    (r"AsyncIterable\[(\w+)\] \| ", ""),
    (r"Iterable\[(\w+)\] \| AsyncIterable\[\w+\]", r"Iterable[\1]"),
    (r"object \| Awaitable\[object\]", "object"),
    (r"AsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]"),
    ("AsyncEdit", "Edit"),
    ("AsyncClient", "Client"),
    ("RunAsync", "Run"),
    (r"\bAny\b", "object"),
]


def public(cls):
    members = {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}
    members |= {name: cls.__dict__[name] for name in cls.__dict__ if name in ("__init__", *NAMES, *NAMES.values())}
    return {NAMES.get(name, name): member for name, member in members.items()}


def signature(member):
    if isinstance(member, property):
        member = member.fget
    text = str(inspect.signature(member))
    for pattern, plain in ASYNC_TYPES:
        text = re.sub(pattern, plain, text)
    return text


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda cls: cls.__name__)
def test_names_and_signatures_are_the_same(one, other):
    sync, awaited = public(one), public(other)

    assert sync.keys() == awaited.keys()
    for name, member in sync.items():
        assert signature(member) == signature(awaited[name]), name
        assert not inspect.iscoroutinefunction(member), name
        assert inspect.iscoroutinefunction(awaited[name]) == (name not in NOT_AWAITED), name


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda cls: cls.__name__)
def test_every_public_member_says_what_it_does(one, other):
    for cls in (one, other):
        for name, member in public(cls).items():
            if name not in ("__init__", *NAMES, *NAMES.values()):
                assert inspect.getdoc(member), f"{cls.__name__}.{name}"


def statements(cls):
    """The lines of a class that do something: no signatures, no docstrings; awaiting left out."""
    [tree] = ast.parse(inspect.getsource(cls)).body
    lines: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines += [line for statement in body for line in ast.unparse(statement).splitlines()]
    return [line.replace("await ", "").replace("async ", "").strip() for line in lines]


def test_hardly_a_line_of_the_package_stands_in_both():
    """What the two halves share stands once, elsewhere. A method of one line that hands on is no duplicate."""
    twice = 0
    for one, other in PAIRS:
        sync, awaited = Counter(statements(one)), Counter(statements(other))
        handed_on = {line for line in sync if line.startswith(("return self._run(", "self._run(", "return "))}
        twice += sum(((sync & awaited) - Counter(dict.fromkeys(handed_on, 10**6))).values())
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.glob("*.py"))

    assert twice / lines < 0.01
    assert twice > 0  # the count counts


def test_every_public_name_is_there_and_documented():
    for name in maia_scim.__all__:
        value = getattr(maia_scim, name)
        if name not in ("__version__", "SPEC"):
            assert inspect.getdoc(value), name
