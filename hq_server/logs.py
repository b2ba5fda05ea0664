"""How HQ logs: JSON lines on standard error, fields for an auditor to search, and no secret in any of them."""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


def get_logger(name: str) -> FilteringBoundLogger:
    """Give the logger of one part of HQ."""
    _configure()
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def _to_standard_error(*_names: Any) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)


def log_libraries() -> None:
    """Have what libraries log come as JSON lines too: warnings and worse, and which web processes come and go."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.processors.add_log_level, _TIME],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _TRACES, _JSON],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)


_TIME = structlog.processors.TimeStamper(fmt="iso", utc=True)
# Where it happened, never with what: a frame's variables are passwords, account numbers and key material.
_TRACES = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


@cache
def _configure() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _TIME,
            _TRACES,
            _JSON,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_standard_error,
    )
