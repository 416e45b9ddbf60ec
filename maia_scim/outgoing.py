"""From a request of ours to one of the HTTP library's.

``client.build_request`` parses an address, and spells and searches header fields, that are the same at each call: a
quarter of what a call costs. Here they are made once. What goes out is the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .transport import Request

Pairs = list[tuple[bytes, bytes]]

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]{1,200}){1,20}")  # a path that is the same however it is read, and not too long
_PARSED = "_uri_reference"  # where an httpx.URL keeps its parts: a tuple with names
_WITH_BODY = ("POST", "PUT", "PATCH")  # these say that their body is empty
_FRAMING = (b"content-length", b"transfer-encoding")


class Outgoing:
    """Makes the requests of one HTTP client.

    Args:
        client: What is going to send them. Its default headers, cookies and parameters may change at any time.
        base_url: Where nearly all of them go.

    Raises:
        InvalidURL: If nothing can go there.
    """

    def __init__(self, client: httpx.Client | httpx.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url
        self._base = httpx.URL(base_url)
        # The last fields, and what they were made of: those of the client and of the request.
        self._last: tuple[Pairs, Mapping[str, str], httpx.Headers | None] | None = None

    def build(self, request: Request, timeouts: dict[str, float | None]) -> httpx.Request:
        """Make one.

        Raises:
            InvalidURL: If the address cannot be used.
            UnicodeError: If a header field cannot be sent.
        """
        client, method, content = self._client, request.method, request.content
        extensions = {"timeout": timeouts}
        if client.cookies or client.params:
            return client.build_request(
                method, request.url, headers=request.headers, content=content, extensions=extensions
            )
        url = self._below(request.url) if content or method not in _WITH_BODY else None
        fields = None if url is None else self._fields(request.headers)
        if url is None or fields is None:
            merged = _merged(client.headers.raw, request.headers)
            return httpx.Request(method, request.url, headers=merged, content=content, extensions=extensions)
        built = httpx.Request(
            method, url, headers=fields, stream=httpx.ByteStream(content or b""), extensions=extensions
        )
        if content:
            built.headers["Content-Length"] = str(len(content))
        built.read()  # a hook may look at it
        return built

    def _below(self, address: str) -> httpx.URL | None:
        """An address below that of the service, without parsing that anew; None for all others.

        httpx offers no public place for that. Where the private one is gone, all addresses are parsed.
        """
        base, base_url = self._base, self._base_url
        parsed: Any = getattr(base, _PARSED, None)
        path = address[len(base_url) :]
        if parsed is None or parsed.query is not None or not address.startswith(base_url) or not _PLAIN.fullmatch(path):
            return None
        url = httpx.URL(base)
        vars(url)[_PARSED] = parsed._replace(path=parsed.path.rstrip("/") + path)
        return url

    def _fields(self, own: Mapping[str, str]) -> httpx.Headers | None:
        """The header fields of a request to the service; None if the client has some that say how long a body is."""
        given = self._client.headers.raw
        last = self._last
        if last is not None and last[0] == given and last[1] == own:
            return last[2]
        merged = _merged(given, own)
        names = {name.lower() for name, _ in merged}
        if b"host" not in names:
            merged.insert(0, (b"Host", self._base.netloc))
        fields = None if names.intersection(_FRAMING) else httpx.Headers(merged)
        self._last = given, own, fields
        return fields


def _merged(given: Pairs, own: Mapping[str, str]) -> Pairs:
    """The header fields of a client, and over them those of a request."""
    pairs = [(name.encode("ascii"), value.encode("latin-1")) for name, value in own.items()]
    names = {name.lower() for name, _ in pairs}
    return [pair for pair in given if pair[0].lower() not in names] + pairs
