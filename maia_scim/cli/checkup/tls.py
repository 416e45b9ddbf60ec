"""A TLS handshake as the SDK makes it, and who issued the certificate. Nothing is sent over the connection."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from maia_scim.cli.checkup.certificates import read
from maia_scim.cli.checkup.local import OTHER_BUNDLES
from maia_scim.cli.checkup.reach import opened, together
from maia_scim.cli.checkup.results import fail, ok, warn

if TYPE_CHECKING:
    from maia_scim.cli.checkup.certificates import Certificate
    from maia_scim.cli.checkup.reach import Address, Target
    from maia_scim.cli.checkup.results import Result

SOON = 14.0
"""Days before its end that a certificate is worth a warning: they are renewed a month before."""
# X509_V_ERR_… of OpenSSL.
_NOT_YET, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
_WRONG_HOST = (62, 64)
_TRUST = (
    "if a proxy of your company takes connections apart, let SSL_CERT_FILE name a PEM file with its authority and all "
    "others to trust"
)


class _Shaken(NamedTuple):
    """How a handshake went."""

    version: str
    certificate: Certificate | None


def check(target: Target, address: Address, seconds: float, now: float) -> Result:
    """Make a handshake, and tell how it went.

    Args:
        target: The host; the certificate is to be its.
        address: Where to connect to.
        seconds: How long it may take.
        now: Seconds since the epoch.
    """
    import httpx

    trusting = httpx.create_ssl_context()  # as httpx makes it for the SDK: SSL_CERT_FILE, SSL_CERT_DIR, or its own
    went = _bounded(target, address, trusting, seconds)
    if isinstance(went, _Shaken):
        return _well(went, now)
    if not isinstance(went, ssl.SSLCertVerificationError):
        return _no_handshake(target, went, seconds)
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE  # to look at the certificate; nothing is sent
    seen = _bounded(target, address, blind, seconds)
    return _not_trusted(target, went, seen.certificate if isinstance(seen, _Shaken) else None, now)


def _bounded(target: Target, address: Address, context: ssl.SSLContext, seconds: float) -> _Shaken | Exception | None:
    # Each wait of a handshake has the timeout; one that drips has to end, too.
    [went] = together([lambda: _shake(target, address, context, seconds)], 2 * seconds)
    return went


def _shake(target: Target, address: Address, context: ssl.SSLContext, seconds: float) -> _Shaken:
    with (
        opened(address, seconds) as connection,
        context.wrap_socket(connection, server_hostname=target.host) as secured,
    ):
        der = secured.getpeercert(binary_form=True)
        return _Shaken(secured.version() or "TLS", read(der) if der else None)


def _well(went: _Shaken, now: float) -> Result:
    found, certificate = went.version, went.certificate
    if certificate is None:
        return ok(found, version=went.version)
    days = _days(certificate, now)
    facts = {"version": went.version, "issuer": certificate.issuer, "ends": certificate.ends.isoformat()}
    told = f"{found}, certificate of {certificate.issuer}, {days:.0f} days left"
    if days < SOON:
        return warn(
            told, "it has to be renewed soon: tell whoever runs the service, or the proxy that issued it", **facts
        )
    return ok(told, **facts)


def _not_trusted(target: Target, error: ssl.SSLCertVerificationError, seen: Certificate | None, now: float) -> Result:
    code, facts = error.verify_code, {"verifyCode": error.verify_code, "issuer": seen.issuer if seen else None}
    of = f"the certificate of {target.host}" + (f", issued by {'itself' if seen.own else seen.issuer}," if seen else "")
    if code in _WRONG_HOST:
        return fail(
            f"{of} is for another host",
            "check the address; if it is right, a proxy or a sign-in page of the network answers in its place",
            **facts,
        )
    if code in (_EXPIRED, _NOT_YET):
        clock = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
        when = f" on {seen.ends:%Y-%m-%d}" if seen and code == _EXPIRED else ""
        return fail(
            f"{of} {f'ended{when}' if code == _EXPIRED else 'is not valid yet'}; this machine's clock says {clock}",
            "set the clock of this machine, if that is wrong; else tell whoever runs the service, or the proxy that "
            "issued it",
            **facts,
        )
    if code in _UNKNOWN_ISSUER:
        others = [name for name in OTHER_BUNDLES if os.environ.get(name)]
        also = f"; {others[0]} is not read here: set SSL_CERT_FILE to the same file" if others else ""
        return fail(f"{of} is not trusted: {error.verify_message}", _TRUST + also, **facts)
    return fail(
        f"{of} is not trusted: {error.verify_message}", "tell whoever runs the service, or the network", **facts
    )


def _no_handshake(target: Target, error: Exception | None, seconds: float) -> Result:
    where = f"{target.host} port {target.port}"
    if error is None or isinstance(error, TimeoutError):
        return fail(
            f"{where} takes the connection, and does not answer the handshake within {seconds:g} s",
            f"a firewall may hold it back: let it open port {target.port} to {target.host} for TLS",
        )
    if isinstance(error, ssl.SSLError) and error.reason in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "RECORD_LAYER_FAILURE",
    ):
        return fail(f"{where} answers, and speaks no TLS", "check port and scheme of the address")
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return fail(
            f"{where} refuses the handshake: {error.reason}",
            "a proxy may ask for a client certificate, or for another version of TLS: ask whoever runs the network",
        )
    return fail(
        f"{where} ends the handshake: {getattr(error, 'reason', None) or getattr(error, 'strerror', None) or error}",
        f"a firewall may cut it off: let it open port {target.port} to {target.host} for TLS",
    )


def _days(certificate: Certificate, now: float) -> float:
    return (certificate.ends.timestamp() - now) / 86400


__all__ = ["SOON", "check"]
