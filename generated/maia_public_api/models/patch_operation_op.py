from ..values import OpenStrEnum


class PatchOperationOp(OpenStrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
