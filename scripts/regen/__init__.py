"""`make regen`: from the vendored specification and our overlays to `generated/`, in small steps.

vendor → overlay → check → generate → smoke → report → swap. Each step is one module and knows nothing of the others;
`pipeline` puts them in order.
"""
