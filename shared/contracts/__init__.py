"""Every event of the system, declared once; importing this package fills the registry."""

from shared.contracts import accounts, enforcement, reports, scheduling, tonnage
from shared.contracts.base import REGISTRY, Contract, Fact
from shared.contracts.envelope import Cause, Event, decode, encode

__all__ = [
    "REGISTRY",
    "Cause",
    "Contract",
    "Event",
    "Fact",
    "accounts",
    "decode",
    "encode",
    "enforcement",
    "reports",
    "scheduling",
    "tonnage",
]
