"""Every error a user can meet, and the exit code it ends with.

WhetError
  UserError          2   wrong usage or configuration: one sentence and a hint, no traceback
  NotReady           3   the benchmark, the tree or the machine is not fit
  InfraError         4   a machine, a network or a credential failed: never held against a candidate
  LimitReached       5   time, money or experiments are used up; the state is saved
  IntegrityError     6   the ledger, a protected file or a report does not match
  GateClosed         7   a gate said no: `compare --fail-on`, `verify`
  NothingKept        8   only with `--fail-if-none`
  Interrupted      130   Ctrl-C; the state is saved, nothing is left running
"""

from collections.abc import Sequence


class WhetError(Exception):
    """A failure with a sentence for the user, a hint that can be typed, and an exit code."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class UserError(WhetError):
    """Wrong usage or configuration."""

    exit_code = 2


class ConfigError(UserError):
    """whet.toml does not say what it must; `details` holds every complaint, one a line."""


class UnknownId(UserError):
    """An id that is not in the campaign."""


class NotReady(WhetError):
    """The benchmark, the work tree or the machine is not fit for a verdict."""

    exit_code = 3


class InfraError(WhetError):
    """Something outside the candidate failed: retried, never a verdict."""

    exit_code = 4


class WorkerLost(InfraError):
    """A worker stopped answering in the middle of a trial."""


class NoMachine(InfraError):
    """The machine of a worker could not be had: no capacity, no quota, no credentials."""


class LimitReached(WhetError):
    """A limit of the campaign was reached; the state is saved."""

    exit_code = 5


class IntegrityError(WhetError):
    """Something that must never change has changed."""

    exit_code = 6


class LedgerCorrupt(IntegrityError):
    """A line of the ledger is not what was written."""


class GateClosed(WhetError):
    """A gate the user asked for said no."""

    exit_code = 7


class NothingKept(WhetError):
    """Nothing was kept, and the user asked to be told by the exit code."""

    exit_code = 8


class Interrupted(WhetError):
    """Ctrl-C, or SIGTERM with `exit_code` 143."""

    exit_code = 130
