"""Running ``maia-scim doctor``, and certificates to show it."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from pathlib import Path

from maia_scim.sandbox import Sandbox
from tests.cli.command import invoke

SELF_SIGNED = Path(__file__).parents[1] / "support" / "self_signed.pem"
START = 1_800_000_000.0  # a moment of 2027
# A key, an authority that nobody knows, and certificates of it: for another host, ended, not begun.
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIUE7EqaxDI3CYXcbGq7euCtDghuLAwCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAvMRUwEwYDVQQKDAxF
eGFtcGxlIENvcnAxFjAUBgNVBAMMDUluc3BlY3Rpb24gQ0EwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATdnyCzGPJiXamik+kClNIpIjZdXFvmsa2PsIeM2rr4yzIB
+RRQQGPMDyZjyD6E464aVFZTimpu9iHeog5MANDeo0IwQDAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUa4FbreuShyypgd66wV+sDumS
b+8wCgYIKoZIzj0EAwIDRwAwRAIgHLBSrM8DW26meJZ5pyFPvX13vS5lmAXlD2BI
qDkJABECIF2Ofvv6eyBHzhQbjUKJISOvwnkJchDo89pMO5roJ5br
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqaQzfgxL6uwRHgww
/fWKZzqOsUy6JvITlwzNaswuKfGhRANCAATgcBIKi2kBDzMaV3xqfQlD82TCykil
gbFnOG2Z3ItroKqyBauOoiDPdMUuwW4IlC8RrzpC5emnaJ3KZQrC+oV0
-----END PRIVATE KEY-----
"""
OTHER = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIUf60ekIWaheCjGPkJQdNCjJtJxskwCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAYMRYwFAYDVQQDDA1v
dGhlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4HASCotpAQ8z
Gld8an0JQ/NkwspIpYGxZzhtmdyLa6CqsgWrjqIgz3TFLsFuCJQvEa86QuXpp2id
ymUKwvqFdKNLMEkwDAYDVR0TAQH/BAIwADAfBgNVHSMEGDAWgBRrgVut65KHLKmB
3rrBX6wO6ZJv7zAYBgNVHREEETAPgg1vdGhlci5leGFtcGxlMAoGCCqGSM49BAMC
A0gAMEUCIQC3mtc2YNKLTweTATbgcifMZi01+98EZ52HoGnsCqsejwIgYdJtjYb1
2b8C/Ij/9nxxBzsgMBTux+6SofbKpYWJOZ4=
-----END CERTIFICATE-----
"""
EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBkjCCATigAwIBAgIUZhl3Ubm62pShzy4a5kqaQeaxa50wCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJbG9j
YWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4HASCotpAQ8zGld8an0J
Q/NkwspIpYGxZzhtmdyLa6CqsgWrjqIgz3TFLsFuCJQvEa86QuXpp2idymUKwvqF
dKNNMEswDAYDVR0TAQH/BAIwADAfBgNVHSMEGDAWgBRrgVut65KHLKmB3rrBX6wO
6ZJv7zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDSAAw
RQIhAMLwX0wE3wwMS9t4mSRDWwlmklFFS3nigc7jdLWCecBOAiBajr/wL0B5HsCy
TB6OOXpHHdmlNw0BYAWj6qeWHQi5VQ==
-----END CERTIFICATE-----
"""
EARLY = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIUPWw8JLltvk876KqtLoKINf0PpVswCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCIYDzIxMjAwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOBwEgqLaQEPMxpX
fGp9CUPzZMLKSKWBsWc4bZnci2ugqrIFq46iIM90xS7BbgiULxGvOkLl6adoncpl
CsL6hXSjTTBLMAwGA1UdEwEB/wQCMAAwHwYDVR0jBBgwFoAUa4FbreuShyypgd66
wV+sDumSb+8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49BAMC
A0gAMEUCIQD2DLXCOrTMFV6CQUgDkqXGBkuwBgRlsP9HEnMwLf40GgIgMvz4A0qv
cuo3YZE7bzAvle2Av/LN6qjaPh3QzYD5Ccs=
-----END CERTIFICATE-----
"""


def examine(*arguments, code=0):
    """Run it; give its checks by name."""
    ran = invoke("doctor", "--timeout", "3", *arguments)
    assert ran.code == code, ran
    return {check["name"]: check for check in ran.data["checks"]}


def told(check):
    return check["status"], check["found"], check["todo"] or ""


def set_all(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def pem(folder, *parts):
    file = folder / "certificate.pem"
    file.write_text("".join(parts))
    return str(file)


def serving(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Sandbox(tls=context)


def token_of(**claims):
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + "."


def as_localhost(monkeypatch, *addresses):
    """Let the name `localhost` have these addresses."""
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host != "localhost":
            return real(host, port, *rest, **options)
        return [answer for each in addresses for answer in real(each, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
