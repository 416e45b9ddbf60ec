"""What of the hand-written package is promised, and what differs of it between two trees.

Promised are the names that the public modules export, and the classes and type names that these hand out or take. So a
module that is split, or a class that moves, is no change as long as it can be imported from where it was.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import griffe

from scripts.regen import surface
from scripts.regen.errors import RegenError
from scripts.regen.layout import PACKAGE, Layout
from scripts.regen.verdict import Finding, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACADE = "maia_scim"
# The public modules, and what of them; nothing: all that they export. docs/versions.md lists them, too.
MODULES: dict[str, tuple[str, ...]] = {
    FACADE: (),
    f"{FACADE}.apply": (),
    f"{FACADE}.auth": ("BearerToken", "ClientCredentials", "TokenSource"),
    f"{FACADE}.errors": (),
    f"{FACADE}.events": (),
    f"{FACADE}.index": (),
    f"{FACADE}.limits": ("Limiter", "RateLimit", "Slot"),
    f"{FACADE}.models": (),
    f"{FACADE}.patch": (),
    f"{FACADE}.pytest_plugin": ("maia_sandbox",),
    f"{FACADE}.sandbox": (),
    f"{FACADE}.sandbox.faults": (),
    f"{FACADE}.token_cache": ("CachedToken", "FileTokenCache", "TokenCache"),
}


def compare(old: Path, new: Path) -> tuple[Finding, ...]:
    """Tell what differs of what is promised.

    Args:
        old: The root of the tree before.
        new: The root of the tree now.

    Returns:
        The differences, the gravest first.

    Raises:
        RegenError: If a package cannot be read.
    """
    before, after = _surface(old), _surface(new)
    return in_order([*surface.differences(before, after), *_constants(before, after)])


def _constants(old: griffe.Module, new: griffe.Module) -> Iterator[Finding]:
    """The exported constants whose value is another."""
    for name, before in old.members.items():
        module, _, last = name.rpartition(".")
        after = new.members.get(name)
        if not module or not last.isupper() or after is None:
            continue
        was, now = (str(it.value) if isinstance(it, griffe.Attribute) else None for it in (before, after))
        if was != now:
            shown, why = name.partition(".")[2], "the constant's value changes"
            yield Finding("python", shown, "changed", "major", why, was, now)


def _surface(root: Path) -> griffe.Module:
    """A module that was never written: what is promised, under the names by which it is got."""
    layout = Layout(root)
    loader = griffe.GriffeLoader(search_paths=[layout.root, layout.generated], allow_inspection=False)
    try:
        loader.load(PACKAGE, try_relative_path=False)
        loader.load(FACADE, try_relative_path=False)
    except (ImportError, griffe.GriffeError) as error:
        why = "the packages cannot be read"
        raise RegenError("verdict", why, where=str(root), remedy="run make regen on a clean checkout") from error
    loader.resolve_aliases(implicit=True)
    found = griffe.Module("surface")
    found.members.update(_exported(loader))
    todo = [it for it in found.members.values() if isinstance(it, griffe.Object)]
    seen = {it.path for it in todo}
    handed: list[griffe.Object] = []
    while todo:
        for thing in _named(todo.pop(), loader):
            if thing.path not in seen:
                seen.add(thing.path)
                thing.members.pop("__init__", None)  # who is handed one does not make it
                handed.append(thing)
                todo.append(thing)
    same: Counter[str] = Counter()
    for thing in sorted(handed, key=lambda it: it.path):
        same[thing.name] += 1
        found.members[f"{thing.name}-{same[thing.name]}"] = thing  # wherever it is defined
    for member in found.members.values():
        member.public = True
    return found


def _exported(loader: griffe.GriffeLoader) -> Iterator[tuple[str, griffe.Object]]:
    """What the public modules export."""
    for path, wanted in MODULES.items():
        try:
            module = loader.modules_collection[path]
        except KeyError:
            continue  # not there, so its names are missing
        public = [name for name, it in module.members.items() if not it.is_alias and not name.startswith("_")]
        for name in map(str, wanted or module.exports or public):
            thing = _target(module.members.get(name))
            # Of a module, of what is generated and of the version the name is promised: the rest is compared elsewhere.
            whole = thing is not None and not thing.is_module and name != "__version__"
            yield f"{path}.{name}", thing if thing and whole else griffe.Attribute(f"{path}.{name}")


def _named(thing: griffe.Object, loader: griffe.GriffeLoader) -> Iterator[griffe.Object]:
    """The public classes and type names that a signature or an annotation speaks of."""
    match thing:
        case griffe.Class():
            for name, member in thing.all_members.items():
                if not name.startswith("_") or name == "__init__":
                    target = _target(member)
                    if target and not isinstance(target, griffe.Class):
                        yield from _named(target, loader)
        case griffe.Function():
            for annotation in (thing.returns, *(it.annotation for it in thing.parameters)):
                yield from _spoken(annotation, loader)
        case griffe.Attribute():
            yield from _spoken(thing.annotation, loader)
        case _:
            pass


def _spoken(annotation: str | griffe.Expr | None, loader: griffe.GriffeLoader) -> Iterator[griffe.Object]:
    if not isinstance(annotation, griffe.Expr):
        return
    for part in annotation.iterate(flat=True):
        if isinstance(part, griffe.ExprName) and part.canonical_path.startswith(f"{FACADE}."):
            try:
                thing = _target(loader.modules_collection[part.canonical_path])
            except KeyError:
                continue
            if isinstance(thing, griffe.Class | griffe.Attribute) and not thing.name.startswith("_"):
                yield thing


def _target(thing: griffe.Object | griffe.Alias | None) -> griffe.Object | None:
    """What a name stands for; None for what the generated package, or another one, defines."""
    if isinstance(thing, griffe.Alias):
        try:
            thing = thing.final_target
        except (griffe.AliasResolutionError, griffe.CyclicAliasError):
            return None
    return thing if thing is not None and thing.path.split(".")[0] == FACADE else None
