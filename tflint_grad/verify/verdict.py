"""What came of running a finding's code: confirmed, refuted, or inconclusive, and on what evidence."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

#: How a reason begins that ends with a comment line to paste.
NEEDS_INPUTS = "needs inputs"
#: Reasons that any other scene's goes before.
_VAGUE = ("was not reached", "could not be measured")


class Status(str, enum.Enum):
    """*confirmed*: the stated consequence was observed; *refuted*: the flagged line ran and it did
    not occur; *inconclusive*: neither could be seen."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"

    def __str__(self) -> str:
        return self.value


def says(status: Status, reason: str) -> int:
    """How much a verdict says, beside others on the same finding from other scenes."""
    match status:
        case Status.CONFIRMED:
            return 4
        case Status.REFUTED:
            return 3
    if reason.startswith(NEEDS_INPUTS):
        return 2  # the user can give them
    return 0 if any(words in reason for words in _VAGUE) else 1


@dataclass(frozen=True)
class Verdict:
    """`evidence`: what was observed; `reason`: why nothing could be, and what the user can do.

    `device` is as TensorFlow names it (`GPU:0 (NVIDIA …)`, `CPU:0`), `seconds` are those of the
    scene's runs, `scene` says what was executed (`module`, `train_step(x=float32[2,3])`).
    """

    status: Status
    evidence: str = ""
    reason: str = ""
    device: str = ""
    tensorflow: str = ""
    seconds: float = 0.0
    scene: str = ""

    def told(self) -> str:
        """`confirmed on GPU:0 (NVIDIA …), TensorFlow 2.21: … (0.4 s)`, in a line."""
        if self.status is Status.INCONCLUSIVE:
            return f"{self.status}: {self.reason}"
        told = f"{self.status} on {self.device}" if self.device else str(self.status)
        if self.tensorflow:
            told += f", TensorFlow {'.'.join(self.tensorflow.split('.')[:2])}"
        return f"{told}: {self.evidence} ({self.seconds:.1f} s)"

    def in_short(self) -> str:
        """`confirmed`, `refuted`, `inconclusive: needs inputs for 'env'`."""
        reason = self.reason.partition(" (")[0]
        return f"{self.status}: {reason}" if reason else str(self.status)

    def as_json(self) -> dict[str, Any]:
        return {
            "status": str(self.status),
            "evidence": self.evidence or None,
            "reason": self.reason or None,
            "device": self.device or None,
            "tensorflow": self.tensorflow or None,
            "seconds": round(self.seconds, 2),
            "scene": self.scene or None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        return cls(
            status=Status(data["status"]),
            evidence=data["evidence"] or "",
            reason=data["reason"] or "",
            device=data["device"] or "",
            tensorflow=data["tensorflow"] or "",
            seconds=data["seconds"],
            scene=data["scene"] or "",
        )
