"""What of a worker's environment a child sees: a list of what it needs, so that no secret of the service is in reach of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

ALLOWED = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
    *("CUDA_*", "NVIDIA_*", "NCCL_*", "ROCR_*", "HIP_*", "GLOO_*"),
    *("HF_HOME", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_ENDPOINT", "TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME"),
    *("OMP_*", "MKL_*", "OPENBLAS_*", "NUMEXPR_*", "TORCH_*", "PYTORCH_*", "TOKENIZERS_PARALLELISM"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"),
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    *("OTEL_*", "COOLDOWN_CHILD_*"),
)
"""Names and patterns. Tokens (`HF_TOKEN`, `GITHUB_TOKEN`) are not among them: recipes name secrets by reference."""
RAY = ("RAY_*",)
"""For the driver of a Ray job alone: it talks to the cluster and reads no recipe's sources."""
_NEVER = ("DATABASE_URL", "COOLDOWN_*", "PG*")


def child_environment(
    environment: Mapping[str, str], *, more: tuple[str, ...] = (), everything: bool = False
) -> dict[str, str]:
    """The environment of a child.

    Args:
        more: further names or patterns that it may see.
        everything: where recipes may name the worker's own environment (``references: any``), all of it but what is the service's.
    """
    return {
        name: value
        for name, value in environment.items()
        if _among(name, (*ALLOWED, *more)) or (everything and not _among(name, _NEVER))
    } | {"PYTHONUNBUFFERED": "1"}


def _among(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
