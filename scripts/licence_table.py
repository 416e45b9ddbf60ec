"""Write the table of docs/supply-chain.md: what the package brings with it, why, and under which licence.

python -m scripts.licence_table

It is written with Python 3.11 on Linux, where the most is needed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import written

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "supply-chain.md"
BEGIN = written.begin("scripts.licence_table")

HEAD = ("package", "bound", "needed by", "licence", "what for")
# A licence that is not here is looked at by a person before anything that has it is taken in.
ALLOWED = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense"}
_NAMED = {
    "Apache License": "Apache-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
}
_WHY = {
    "attrs": "the models are attrs classes",
    "click": "the command line",
    "httpx": "HTTP, of the generated client",
    "keyring": "client secrets in the keyring of the system",
    "python-dateutil": "dates that `datetime.fromisoformat` refuses; imported only when one turns up",
    "redis": "a rate limit that processes and hosts share",
    "rich": "tables and progress bars",
    "scim2-models": "filters, and the strict sandbox",
    "scim2-server": "the strict sandbox",
    "tomlkit": "profiles are written without a loss of comments",
}


@dataclass
class Package:
    """A distribution that comes with the package.

    Args:
        name: Its name, as it is pinned.
        bound: What pyproject.toml allows, where it says anything.
        needed_by: The package, its extras, or the distributions that need it.
    """

    name: str
    bound: str = ""
    needed_by: list[str] = field(default_factory=list)

    @property
    def licence(self) -> str:
        """As an SPDX expression, by what the installed distribution says.

        Raises:
            ValueError: If it says nothing that is understood.
        """
        facts = metadata.metadata(self.name)
        expression, licence, classifiers = (
            facts.get_all(field) or [] for field in ("License-Expression", "License", "Classifier")
        )
        # The latter two are from before there were expressions.
        said: list[str] = expression or [*licence, *classifiers]
        for each in said:
            if permitted(named := _NAMED.get(each, each)):
                return named
        told = [each for each in said if "::" not in each or each.startswith("License")]
        raise ValueError(f"{self.name} has a licence that is not in scripts/licence_table.py: {told}")


def permitted(expression: str) -> bool:
    """Whether a licence, or one of those to choose from, is one that nobody has to think about."""
    return bool({*expression.split(" OR ")} & ALLOWED)


def packages() -> list[Package]:
    """All that the package and its extras bring, those that it names first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, Package] = {}
    named = [("maia-scim", each) for each in project["dependencies"]]
    for extra, needs in project["optional-dependencies"].items():
        named += [(f"[{extra}]", each) for each in needs]
    todo = [(parent, Requirement(each)) for parent, each in named]
    for parent, requirement in todo:
        name = canonicalize_name(requirement.name)
        if name not in found:
            found[name] = Package(name)
        if (parent == "maia-scim" or parent.startswith("[")) and not found[name].bound:
            found[name].bound = f"`{','.join(sorted(map(str, requirement.specifier), reverse=True))}`"
        if parent not in found[name].needed_by:
            found[name].needed_by.append(parent)
            todo += [(name, each) for each in _needs(requirement) if (name, each) not in todo]
    return sorted(found.values(), key=lambda each: (not each.bound, each.name))


def _needs(requirement: Requirement) -> Iterator[Requirement]:
    """What an installed distribution needs, with the extras that are asked of it."""
    for text in metadata.requires(requirement.name) or ():
        each = Requirement(text)
        if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)):
            yield each


def table() -> str:
    """The table as it should be, in Markdown."""
    rows = [
        (f"`{each.name}`", each.bound, ", ".join(sorted(each.needed_by)), each.licence, _WHY[each.name])
        if each.bound
        else (f"`{each.name}`", "", ", ".join(sorted(each.needed_by)), each.licence, "")
        for each in packages()
    ]
    return written.markdown(HEAD, ("---",) * len(HEAD), *rows)


def page(text: str) -> str:
    """A page with the table in the place of the one it has.

    Raises:
        ValueError: If the page lacks the marks that the table stands between.
    """
    return written.put(text, BEGIN, table())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the table of {PAGE.relative_to(ROOT)}")
