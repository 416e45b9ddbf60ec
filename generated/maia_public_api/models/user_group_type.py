from ..values import OpenStrEnum


class UserGroupType(OpenStrEnum):
    DIRECT = "DIRECT"
    INDIRECT = "INDIRECT"
