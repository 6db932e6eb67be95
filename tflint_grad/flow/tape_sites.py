"""The end of an execution: what became of the tapes of each place that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.flow.events import TapeEnded

if TYPE_CHECKING:
    from tflint_grad.flow.run import Program


def tell_tape_sites(x: Program) -> None:
    for site in x.sites.values():
        is_module = len(site.station.calls) == 0 and site.frame.function is None
        last = site.use_stations[-1] if site.use_stations else None
        x.events.append(
            TapeEnded(
                site.station,
                site.frame.context,
                site,
                is_module,
                False,
                last.place if last is not None else None,
            )
        )
