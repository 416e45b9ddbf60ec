"""Where everything lies in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "maia_public_api"


@dataclass(frozen=True)
class Layout:
    """The paths of one checkout.

    Args:
        root: The repository's root folder.
    """

    root: Path

    @property
    def openapi(self) -> Path:
        """Everything the code is generated from."""
        return self.root / "openapi"

    @property
    def spec(self) -> Path:
        """The vendor's specification; never edited by hand."""
        return self.openapi / "public-api-endpoint-reference.yaml"

    @property
    def vendored(self) -> Path:
        """The record of what was vendored, from where and when."""
        return self.openapi / "vendored.json"

    @property
    def pages(self) -> Path:
        """The documentation pages that were vendored."""
        return self.openapi / "pages"

    @property
    def overlays(self) -> Path:
        """Our repairs and additions."""
        return self.openapi / "overlays"

    @property
    def templates(self) -> Path:
        """The template overrides."""
        return self.openapi / "templates"

    @property
    def runtime(self) -> Path:
        """The modules that the generated code stands on; copied into the package as they are."""
        return self.openapi / "runtime"

    @property
    def report_md(self) -> Path:
        """What the last run had to say, for people."""
        return self.work / "report.md"

    @property
    def report_json(self) -> Path:
        """The same, for programs."""
        return self.work / "report.json"

    @property
    def fragment(self) -> Path:
        """What changed of the service since the last release, for the changelog."""
        return self.root / "changes" / "specification.service.md"

    @property
    def generator_config(self) -> Path:
        """The generator's settings."""
        return self.openapi / "generator.yaml"

    @property
    def generated(self) -> Path:
        """The folder that is replaced as a whole."""
        return self.root / "generated"

    @property
    def package(self) -> Path:
        """The generated package inside it."""
        return self.generated / PACKAGE

    @property
    def wire(self) -> Path:
        """Bodies as servers send them, which every generated model must read and write back."""
        return self.root / "tests" / "wire"

    @property
    def facade(self) -> Path:
        """The hand-written package."""
        return self.root / "maia_scim"

    @property
    def work(self) -> Path:
        """Staging; on the file system of everything it is moved to, and ignored by git."""
        return self.root / ".regen"

    def short(self, path: Path) -> str:
        """The path as messages show it: relative to the root where it lies below it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
