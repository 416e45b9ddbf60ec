"""`make release`: checks, builds and tags a version, in small steps.

tree → version → verdict → migration → changelog → checks → build → sbom → tag. Each step is one module; `pipeline` puts
them in order. What `scripts.regen` compares of the generated package is used as it is.
"""
