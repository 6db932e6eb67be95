"""A job on its way: which verdicts there are, and where it goes on after a scene came to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tflint_grad.verify.scene import MODULE, Entry, Job
from tflint_grad.verify.verdict import Status, Verdict, says


@dataclass
class Task:
    """A job and how far it has come."""

    job: Job
    best: dict[int, Verdict] = field(default_factory=dict)
    begun: list[Entry] = field(default_factory=list)
    meant: list[int] = field(default_factory=list)
    is_over: bool = False

    @property
    def done(self) -> int:
        """How many findings have their last verdict."""
        if self.is_over:
            return len(self.best)
        return sum(not self.is_open(number) for number in self.best)

    def take(self, number: int, verdict: Verdict) -> None:
        self.best[number] = better(self.best.get(number), verdict)

    def is_open(self, number: int) -> bool:
        known = self.best.get(number)
        return known is None or known.status is not Status.CONFIRMED

    def finished(self, device: str, tensorflow: str) -> None:
        """No finding stays without a verdict."""
        self.is_over = True
        reason = "nothing was found that could be run by itself; run it by --verify -- COMMAND"
        for one in self.job.questions:
            if one.number not in self.best:
                verdict = Verdict(
                    Status.INCONCLUSIVE, reason=reason, device=device, tensorflow=tensorflow
                )
                self.take(one.number, verdict)

    def interrupted(self, reason: str, device: str, tensorflow: str) -> Job | None:
        """Note why the entry begun last came to nothing; what is left to do, if anything."""
        guilty = self.begun[-1] if self.begun else None
        where = f" while {guilty} ran" if guilty is not None else ""
        for number in self.meant or [one.number for one in self.job.questions]:
            if self.is_open(number):
                verdict = Verdict(
                    Status.INCONCLUSIVE,
                    reason=reason + where,
                    device=device,
                    tensorflow=tensorflow,
                    scene=str(guilty or ""),
                )
                self.take(number, verdict)
        # Every other entry would load the module first.
        if guilty is None or guilty.kind == MODULE:
            self.is_over = True
            return None
        skipped = tuple(dict.fromkeys((*self.job.skipped, *self.begun)))
        questions = tuple(
            one
            for one in self.job.questions
            if self.is_open(one.number) and set(self.job.entries[one.number]) - set(skipped)
        )
        self.is_over = not questions
        return replace(self.job, questions=questions, skipped=skipped) if questions else None


def better(one: Verdict | None, other: Verdict) -> Verdict:
    """Of two verdicts on a finding, from two of its scenes, the one that says more; else the later."""
    if one is None or says(other.status, other.reason) >= says(one.status, one.reason):
        return other
    return one
