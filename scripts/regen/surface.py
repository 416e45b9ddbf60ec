"""The difference of two generated packages, as code that uses them sees it.

griffe reads both from their files, nothing is imported. It finds what is gone; it does not compare types, nor the
constructors that attrs makes, nor the values of enums, so those are compared here over the same trees.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import griffe

from scripts.regen.errors import RegenError
from scripts.regen.verdict import Action, Bump, Finding, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KIND = "python"


def compare(old: Path, new: Path) -> tuple[Finding, ...]:
    """Tell what differs between two packages.

    Args:
        old: The folder of the package before.
        new: The folder of the package now; of the same name.

    Returns:
        The differences, the gravest first: breaking changes as major, new names as minor, and one patch if the code
        differs and nothing that can be seen of it does.

    Raises:
        RegenError: If a folder holds no package that can be read.
    """
    found = [*differences(_load(old), _load(new))]
    if not found and _files(old) != _files(new):
        found = [Finding(_KIND, new.name, "changed", "patch", "the code differs, what can be used of it does not")]
    return in_order(found)


def differences(old: griffe.Module, new: griffe.Module) -> Iterator[Finding]:
    """The breaking changes and the new names of two modules that griffe has read, with all that is in them."""
    yield from _vanished(old, new)
    yield from _retyped(old, new)
    yield from _added(old, new)


def _load(folder: Path) -> griffe.Module:
    folder = folder.resolve()
    try:
        package = griffe.load(
            folder.name, search_paths=[folder.parent], try_relative_path=False, allow_inspection=False
        )
        if not isinstance(package, griffe.Module) or package.filepath != folder / "__init__.py":
            raise ModuleNotFoundError(folder.name)
    except (ImportError, griffe.GriffeError) as error:
        why = f"{folder.name} is no package that can be read"
        raise RegenError("report", why, where=str(folder), remedy="run make regen on a clean checkout") from error
    return package


def _files(folder: Path) -> dict[str, bytes]:
    return {
        it.relative_to(folder).as_posix(): it.read_bytes() for it in folder.rglob("*") if it.suffix in {".py", ".typed"}
    }


def _vanished(old: griffe.Module, new: griffe.Module) -> Iterator[Finding]:
    """What griffe finds: names that are gone, and parameters that callers cannot give as before."""
    for breakage in griffe.find_breaking_changes(old, new):
        kind = breakage.kind
        elsewhere = (griffe.BreakageKind.RETURN_CHANGED_TYPE, griffe.BreakageKind.CLASS_REMOVED_BASE)
        if kind in elsewhere or _internal(breakage.obj):
            continue  # a result's type is told by _function, which has both, and a base by _retyped, wherever it stands
        if kind is griffe.BreakageKind.OBJECT_REMOVED:
            for name in _shown(breakage.obj):
                yield Finding(_KIND, name, "removed", "major", "imports and uses of it fail")
            continue
        before, after = (_value(it) for it in (breakage.old_value, breakage.new_value))
        why = f"{kind.value[:1].lower()}{kind.value[1:]}"
        yield Finding(_KIND, _name(breakage.obj), "changed", "major", why, before, after)


def _value(value: object) -> str | None:
    match value:
        case None:
            return None
        case griffe.Parameter():
            kind = f" ({value.kind.value})" if value.kind else ""
            return f"{value.name} = {value.default}{kind}" if value.default is not None else f"{value.name}{kind}"
        case list():
            return ", ".join(map(str, cast("list[object]", value))) or "none"
        case _:
            return str(getattr(value, "value", value))  # kinds are members of an enum


def _retyped(old: griffe.Object, new: griffe.Object) -> Iterator[Finding]:
    """What griffe does not compare, for everything that is there on both sides."""
    for name, before in _members(old).items():
        match before, _members(new).get(name):
            case griffe.Module(), griffe.Module() as after:
                yield from _retyped(before, after)
            case griffe.Class(), griffe.Class() as after:
                for base in sorted(_bases(before) - _bases(after)):
                    yield Finding(
                        _KIND, _name(after), "changed", "major", "`except` and isinstance find it no more", base
                    )
                yield from _constructor(before, after)
                yield from _retyped(before, after)
            case griffe.Function(), griffe.Function() as after:
                yield from _function(before, after)
            case griffe.Attribute(), griffe.Attribute() as after:
                yield from _attribute(before, after)
            case _:
                pass  # gone, or another kind of thing: griffe tells


def _bases(thing: griffe.Class) -> set[str]:
    """The public classes that a class is one of, by their names; of those from elsewhere, what it names itself."""
    named = {str(base).partition("[")[0].rpartition(".")[2] for it in (thing, *thing.mro()) for base in it.bases}
    return {it for it in named if not it.startswith("_")}


def _function(old: griffe.Function, new: griffe.Function) -> Iterator[Finding]:
    name = _name(new)
    if ("async" in old.labels) != ("async" in new.labels):
        words = ("async def", "def") if "async" in old.labels else ("def", "async def")
        yield Finding(_KIND, name, "changed", "major", "callers await it, or no longer do", *words)
    was, now = _Type.of(old.returns), _Type.of(new.returns)
    if was != now:
        narrower = now.members < was.members
        why = "gives fewer types than before" if narrower else "the result's type changes"
        bump: Bump = "minor" if narrower else "major"
        yield Finding(_KIND, name, "changed", bump, why, str(was), str(now))
    parameters = {it.name: it for it in new.parameters}
    known = {it.name for it in old.parameters}
    for parameter in new.parameters:
        if parameter.name not in known and not parameter.required:  # griffe tells of one that is
            yield Finding(_KIND, f"{name}({parameter.name})", "added", "minor", "an argument that may be left out")
    for parameter in old.parameters:
        if other := parameters.get(parameter.name):
            was, now = _Type.of(parameter.annotation), _Type.of(other.annotation)
            if was != now:
                wider = was.members < now.members or str(now) == "Any"
                why = "takes more types than before" if wider else "the argument's type changes"
                bump = "minor" if wider else "major"
                yield Finding(_KIND, f"{name}({parameter.name})", "changed", bump, why, str(was), str(now))


def _attribute(old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Finding]:
    # Attributes are read and set, so any other type breaks one or the other.
    was, now = _Type.of(old.annotation), _Type.of(new.annotation)
    if was != now:
        yield Finding(_KIND, _name(new), "changed", "major", "the attribute's type changes", str(was), str(now))
    if all(str(it.value).startswith("Literal[") for it in (old, new)):  # the name of a type
        was, now = _Type.of(str(old.value)), _Type.of(str(new.value))
        if was != now:
            wider = was.members < now.members
            why = "the type has more values" if wider else "the type loses values"
            yield Finding(_KIND, _name(new), "changed", "minor" if wider else "major", why, str(was), str(now))
    enum = isinstance(old.parent, griffe.Class) and any(str(base).endswith("Enum") for base in old.parent.bases)
    if enum and str(old.value) != str(new.value):
        yield Finding(
            _KIND, _name(new), "changed", "major", "the member's value changes", str(old.value), str(new.value)
        )


@dataclass(frozen=True)
class _Argument:
    """An argument of a constructor that attrs makes, or a named tuple has."""

    name: str
    type: _Type
    required: bool
    default: str | None
    positional: bool
    hidden: bool
    """Whether the attribute behind it is private, so that the attributes' comparison leaves it out"""


def _constructor(old: griffe.Class, new: griffe.Class) -> Iterator[Finding]:
    before, after = _arguments(old), _arguments(new)
    if not before and not after:
        return
    was, now = {it.name: it for it in before}, {it.name: it for it in after}
    for it in after:
        demanded = it.required and not (it.name in was and was[it.name].required)
        if demanded:
            action: Action = "changed" if it.name in was else "added"
            why = "the constructor demands it now"
            yield Finding(_KIND, f"{_name(new)}({it.name})", action, "major", why)
        if not it.required and it.name in was and not was[it.name].required and was[it.name].default != it.default:
            name, why = f"{_name(new)}({it.name})", "the argument's default changes"
            yield Finding(_KIND, name, "changed", "major", why, was[it.name].default, it.default)
        if it.hidden and it.name in was and was[it.name].type != it.type:
            why = "the argument's type changes"
            yield Finding(
                _KIND, f"{_name(new)}({it.name})", "changed", "major", why, str(was[it.name].type), str(it.type)
            )
    for it in before:
        if it.hidden and it.name not in now:
            yield Finding(_KIND, f"{_name(new)}({it.name})", "removed", "major", "calls that give it fail")
    order, other = ([it.name for it in side if it.positional] for side in (before, after))
    if order != other[: len(order)]:
        why = "the constructor's positional arguments move"
        yield Finding(_KIND, f"{_name(new)}()", "changed", "major", why, ", ".join(order), ", ".join(other) or "none")


def _arguments(owner: griffe.Class) -> list[_Argument]:
    define = next((it for it in owner.decorators if it.callable_path in {"attrs.define", "attrs.frozen"}), None)
    if define is None and "NamedTuple" not in map(str, owner.bases):
        return []
    kw_only = define is not None and _keywords(define.value).get("kw_only") == "True"
    found: list[_Argument] = []
    for attribute in owner.members.values():
        if (
            not isinstance(attribute, griffe.Attribute)
            or attribute.annotation is None
            or "property" in attribute.labels
        ):
            continue
        options = _keywords(attribute.value) if _is_field(attribute.value) else None
        name = (options or {}).get("alias", attribute.name).strip("'\"")
        ours = name.startswith("_") or str(attribute.annotation).startswith("ClassVar")
        if ours or (options or {}).get("init") == "False":
            continue
        required = attribute.value is None if options is None else not options.keys() & {"default", "factory"}
        default = str(attribute.value) if options is None else options.get("default") or options.get("factory")
        positional = not kw_only and (options or {}).get("kw_only") != "True"
        hidden = attribute.name.startswith("_")
        found.append(_Argument(name, _Type.of(attribute.annotation), required, default, positional, hidden))
    return found


def _is_field(value: object) -> bool:
    return isinstance(value, griffe.ExprCall) and value.canonical_path == "attrs.field"


def _keywords(value: object) -> dict[str, str]:
    """The keyword arguments of a call, as source text."""
    if not isinstance(value, griffe.ExprCall):
        return {}
    return {it.name: str(it.value) for it in value.arguments if isinstance(it, griffe.ExprKeyword)}


def _added(old: griffe.Object, new: griffe.Object) -> Iterator[Finding]:
    before = _members(old)
    for name, member in _members(new).items():
        if name not in before and not name.startswith("__"):
            if "abstractmethod" in member.labels:
                yield Finding(_KIND, _name(member), "added", "major", "whose class is derived from this has to have it")
                continue
            for shown in _shown(member):
                yield Finding(_KIND, shown, "added", "minor", "a new name")
        elif isinstance(member, griffe.Module | griffe.Class) and type(before.get(name)) is type(member):
            yield from _added(before[name], member)


def _members(owner: griffe.Object) -> dict[str, griffe.Object]:
    """The public things that are defined here, or inherited; what is imported is compared where it is defined."""
    inherited = {name: it.final_target for name, it in owner.inherited_members.items()} if owner.is_class else {}
    return {
        name: member
        for name, member in {**inherited, **owner.members}.items()
        if isinstance(member, griffe.Object) and not (name.startswith("_") and not name.endswith("__"))
        if not _internal(member)
    }


def _internal(thing: griffe.Object | griffe.Alias) -> bool:
    """What has no underscore and is no surface all the same."""
    variable = isinstance(thing, griffe.Attribute) and str(thing.value).startswith("TypeVar(")
    return variable or thing.name in {"__all__", "__slots__"}


def _shown(thing: griffe.Object | griffe.Alias) -> list[str]:
    """How the report names a thing as a whole: a model's module is known by its classes."""
    if thing.is_module and thing.parent is not None and thing.parent.name == "models":
        names = [f"models.{name}" for name, member in thing.members.items() if isinstance(member, griffe.Class)]
        if names:
            return names
    return [_name(thing)]


def _name(thing: griffe.Object | griffe.Alias) -> str:
    path = thing.path.split(".", 1)[-1]
    return re.sub(r"^models\.\w+\.(?=[A-Z])", "models.", path)


@dataclass(frozen=True)
class _Type:
    """An annotation, equal to another one that says the same."""

    members: frozenset[str]
    text: str = field(compare=False)

    @classmethod
    def of(cls, annotation: str | griffe.Expr | None) -> _Type:
        # Without an annotation, a checker takes anything.
        text = "Any" if annotation is None else str(annotation)
        return cls(_union(ast.parse(text, mode="eval").body), text)

    def __str__(self) -> str:
        return self.text


def _union(node: ast.expr) -> frozenset[str]:
    """The types of an annotation, whichever way the union is spelt and ordered."""
    match node:
        case ast.Constant(value=str(text)):
            return _union(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union(left) | _union(right)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _union(inner) | {"None"}
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=parts)):
            return frozenset(name for part in parts for name in _union(part))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=parts)):
            return frozenset(f"Literal[{ast.unparse(part)}]" for part in parts)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=parts)):
            return frozenset({f"{name}[{', '.join(_spelled(part) for part in parts)}]"})
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name != "Literal":
            return frozenset({f"{name}[{_spelled(inner)}]"})
        case _:
            return frozenset({ast.unparse(node)})


def _spelled(node: ast.expr) -> str:
    return " | ".join(sorted(_union(node)))
