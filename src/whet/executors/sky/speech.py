"""What SkyPilot's errors mean to somebody who wants machines: a sentence, and something to type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from whet.errors import InfraError, NoMachine, NotReady, WhetError, WorkerLost

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST = 300
_ADVICE = re.compile(r"\s+(?:To fix:|To enable access,|Hint:)")
"""Begins what SkyPilot says of its own commands: here another hint is given."""
_PATTERN = re.compile(r" does not match '\^.*")
"""Ends with a pattern that is hundreds of letters long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception of SkyPilot's: the names of its classes, the nearest first."""

    kinds: tuple[str, ...]
    message: str
    inner: "tuple[Raised, ...]" = ()
    """What happened in each place that was tried."""

    @property
    def texts(self) -> str:
        """Everything that was said."""
        return "\n".join((self.message, *(one.texts for one in self.inner)))


@dataclass(frozen=True, slots=True)
class _Meaning:
    kinds: tuple[str, ...]
    said: str
    error: type[WhetError]
    sentence: str
    hint: str


_ANY = ""
_SPEC = "look at its keys: https://docs.skypilot.co/en/latest/reference/yaml-spec.html"
_MEANINGS: Sequence[_Meaning] = (
    _Meaning(("APIVersionMismatchError", "APINotSupportedError"), _ANY, NotReady,
             "SkyPilot's client and its API server are of different versions",
             "sky api stop; pip install 'skypilot>=0.14,<0.15'; sky api start"),
    _Meaning(("ApiServerConnectionError",), _ANY, NoMachine,
             "SkyPilot's API server does not answer", "sky api start"),
    _Meaning(("ApiServerAuthenticationError", "PermissionDeniedError"), _ANY, NotReady,
             "SkyPilot's API server does not know you", "sky api login"),
    _Meaning(("ModuleNotFoundError", "ImportError"), r"\bsky\b|skypilot", NotReady,
             "SkyPilot is not installed for this interpreter", "pip install 'whet[sky]'"),
    _Meaning(("ModuleNotFoundError", "ImportError"), _ANY, NotReady,
             "SkyPilot cannot be imported: {said}",
             "pip install --force-reinstall 'skypilot>=0.14,<0.15'"),
    _Meaning(("NoCloudAccessError",), _ANY, NotReady,
             "SkyPilot has no credentials for any cloud", "sky check"),
    _Meaning(("InvalidCloudCredentials", "CloudUserIdentityError"), _ANY, NotReady,
             "SkyPilot's cloud credentials are refused: {said}", "sky check"),
    _Meaning(("ClusterOwnerIdentityMismatchError",), _ANY, NotReady,
             "this cluster belongs to another cloud account: {said}", "sky check"),
    _Meaning(("ResourcesUnavailableError",), r"quota|limit ?exceeded|vcpulimit", NoMachine,
             "the cloud account may not have so many of these: {said}",
             "ask the cloud for a larger quota, or lower `count` in [[workers]]"),
    _Meaning(("ResourcesUnavailableError",),
             r"catalog does not contain|no resource satisf|does not contain any", NotReady,
             "no machine is as [[workers]] asks: {said}",
             "sky show-gpus, or fewer keys in [workers.resources]"),
    _Meaning(("KubeAPIUnreachableError",), _ANY, NoMachine,
             "Kubernetes does not answer: {said}", "kubectl cluster-info"),
    _Meaning(("ResourcesUnavailableError",), r"not enabled|sky check|no cloud|credential", NotReady,
             "SkyPilot cannot use the cloud that is asked for: {said}", "sky check"),
    _Meaning(("ResourcesUnavailableError",), _ANY, NoMachine,
             "nobody has such a machine left: {said}",
             "allow more places in [workers.resources], or lower `count`"),
    _Meaning(("ResourcesMismatchError",), _ANY, NotReady,
             "a cluster of this name is up with other resources: {said}", "whet clean"),
    _Meaning(("NotSupportedError", "ProvisionUnsupportedError"), _ANY, NotReady,
             "this place cannot do what is asked: {said}", "sky check -v"),
    _Meaning(("InvalidSkyPilotConfigError",), "resources YAML", NotReady,
             "SkyPilot does not take [workers.resources]: {said}", _SPEC),
    _Meaning(("CloudError",), "ConnectionError|requests error", NoMachine,
             "SkyPilot cannot fetch its catalogue of machines: {said}",
             "look at the network of this machine, then: whet workers test"),
    _Meaning(("InvalidSkyPilotConfigError", "InvalidCloudConfigs", "InvalidClusterNameError"), _ANY,
             NotReady, "SkyPilot's configuration is not as it must be: {said}",
             "look at ~/.sky/config.yaml, then: sky check"),
    _Meaning(("UserRequestRejectedByPolicy", "RestfulPolicyError"), _ANY, NotReady,
             "your organisation's policy for SkyPilot says no: {said}", "sky check"),
    _Meaning(("ClusterDoesNotExist", "ClusterNotUpError", "RequestCancelled", "CommandError",
              "CachedClusterUnavailable", "FetchClusterInfoError", "ClusterStatusFetchingError",
              "SkyletUnavailableError", "SkyletInternalError", "NetworkError"), _ANY, WorkerLost,
             "the machine is gone: {said}", "whet workers"),
    _Meaning(("ClusterSetUpError", "ProvisionPrechecksError"), _ANY, NoMachine,
             "the machine could not be set up: {said}", "sky status"),
    _Meaning(("ConcurrentWorkerExhaustedError", "ServerTemporarilyUnavailableError",
              "RequestInterruptedError", "ExecutionRetryableError"), _ANY, NoMachine,
             "SkyPilot's API server is too busy: {said}", "sky api info"),
    _Meaning(("ValueError", "TypeError", "KeyError", "AssertionError"), _ANY, NotReady,
             "SkyPilot does not take [workers.resources]: {said}", _SPEC),
)  # fmt: skip
"""The first that fits counts: by class, then by what was said."""


def meant(raised: Raised) -> WhetError:
    """The error that a user meets."""
    text = raised.texts
    for meaning in _MEANINGS:
        fits = set(meaning.kinds) & set(raised.kinds)
        if fits and (not meaning.said or re.search(meaning.said, text, re.IGNORECASE)):
            sentence = meaning.sentence.format(said=_first(text))
            return meaning.error(sentence, hint=meaning.hint)
    kind = raised.kinds[0] if raised.kinds else "error"
    return InfraError(f"SkyPilot failed: {kind}: {_first(text)}", hint="sky api status")


def _first(text: str) -> str:
    """What was said, as one line without colours."""
    plain = " ".join(_ANSI.sub("", text).split())
    plain = _ADVICE.split(_PATTERN.sub(" is none that it knows", plain), maxsplit=1)[0] or plain
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 2]} …"
