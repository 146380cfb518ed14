import enum


class AutostopWaitFor(enum.Enum):
    JOBS = "jobs"
