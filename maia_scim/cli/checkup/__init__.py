"""The checks of ``maia-scim doctor``: what may be wrong between this machine and the service, one after the other."""
