"""A local Maia SCIM service over real HTTP, for demos and for testing code that uses the SDK.

Needs the extra ``sandbox``: ``pip install 'maia-scim[sandbox]'``.
"""

from maia_scim.sandbox.exchange import RecordedRequest
from maia_scim.sandbox.service import Sandbox

__all__ = ["RecordedRequest", "Sandbox"]
