"""What this package was generated from. Generated; imports neither attrs nor httpx."""

from __future__ import annotations

from typing import Final, NamedTuple


class Spec(NamedTuple):
    """The vendored specification: where it came from, when, and the SHA-256 of its text."""

    url: str
    date: str
    sha256: str


SPEC: Final = Spec(
    url="https://docs.maia.ai/api-reference/directory-integration/update-scim-user.md",
    date="2026-11-24",
    sha256="a9d09d916bd2fb0ef9635001e540f2d4a7b208cbf8c52be1d1de1fe80f95b71c",
)
