"""A local Maia SCIM service over real HTTP, for demos and for testing code that uses the SDK.

Needs the extra ``sandbox``: ``pip install 'maia-scim[sandbox]'``.
"""

from maia_scim.sandbox import faults
from maia_scim.sandbox.directory import State
from maia_scim.sandbox.injection import Injection
from maia_scim.sandbox.personalities import Personality
from maia_scim.sandbox.record import RecordedRequest, Requests
from maia_scim.sandbox.service import Sandbox

__all__ = ["Injection", "Personality", "RecordedRequest", "Requests", "Sandbox", "State", "faults"]
