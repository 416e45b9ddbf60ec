"""Reach the service through a proxy that asks for a password, with a client certificate, as some networks want it.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET. PROXY_USER and PROXY_PASSWORD are for a proxy that wants them:
in its address they would stand in the list of processes. Then:

    python examples/proxy_and_mtls.py USER_ID --proxy http://proxy.example:3128 --certificate client.pem

client.pem holds the certificate and, unless --key names another file, its key. --authority trusts a company's own
certificate authority, too. The user is read and its name printed. The exit code is 0, or 1 when that failed.
"""

from __future__ import annotations

import argparse
import os
import ssl
import sys
from typing import TYPE_CHECKING

import httpx

from maia_scim import MaiaScim, errors

if TYPE_CHECKING:
    from collections.abc import Sequence


def http_client(proxy: str, certificate: str | None, key: str | None, authority: str | None) -> httpx.Client:
    """Make the client that all requests take, those for tokens too. Whoever makes it closes it."""
    context = ssl.create_default_context()  # trusts whom the system trusts
    if authority:
        context.load_verify_locations(authority)
    if certificate:
        context.load_cert_chain(certificate, key)
    user, password = os.environ.get("PROXY_USER"), os.environ.get("PROXY_PASSWORD", "")
    return httpx.Client(verify=context, proxy=httpx.Proxy(proxy, auth=(user, password) if user else None))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a user; give the exit code."""
    parser = argparse.ArgumentParser(description="Read a user through a proxy, with a client certificate.")
    parser.add_argument("user_id")
    parser.add_argument("--proxy", required=True, help="address of the proxy")
    parser.add_argument("--certificate", help="client certificate, in PEM")
    parser.add_argument("--key", help="its key, if that is in another file")
    parser.add_argument("--authority", help="certificates to trust besides those of the system, in PEM")
    given = parser.parse_args(arguments)
    try:
        http = http_client(given.proxy, given.certificate, given.key, given.authority)
    except (OSError, ValueError) as error:  # no such file, no certificate, no proxy that there is
        parser.error(str(error))
    except httpx.InvalidURL:  # whose text may hold a password
        parser.error("--proxy is no address")
    try:
        with http, MaiaScim(http_client=http) as maia:
            user = maia.users.get(given.user_id)
    except ValueError as error:  # an id that is none
        parser.error(str(error))
    except errors.MaiaError as error:
        print(f"{type(error).__name__} ({error.outcome}): {error}", file=sys.stderr)
        return 1
    print(f"{user.user_name} ({user.id})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
