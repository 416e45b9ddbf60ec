"""A local Maia SCIM service over real HTTP, for demos and for testing code that uses the SDK.

Needs the extra ``sandbox``: ``pip install 'maia-scim[sandbox]'``.
"""

from maia_scim.sandbox import faults
from maia_scim.sandbox.record import RecordedRequest, Requests
from maia_scim.sandbox.service import Sandbox

__all__ = ["RecordedRequest", "Requests", "Sandbox", "faults"]
