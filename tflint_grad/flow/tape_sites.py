"""The end of an execution: what became of the tapes of each place that makes them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.flow.events import TapeEnded
from tflint_grad.flow.positions import row_of

if TYPE_CHECKING:
    from tflint_grad.flow.paths import Place, Station
    from tflint_grad.flow.program import Program
    from tflint_grad.flow.state import TapeSite


def tell_tape_sites(x: Program) -> None:
    """Tell the rules of every place that makes tapes, once all has been executed."""
    for site in x.sites.values():
        if not x.is_own(site.station.place.unit):
            continue
        inside = tuple(
            call
            for call in site.inside
            if not call.needed and id(call.station.place.node) not in x.needed_calls
        )
        if site.escaped:
            inside = ()
        x.events.append(
            TapeEnded(
                site.station,
                site.frame.context,
                site,
                _kept(x, site),
                _needless(site),
                _undeleted(site),
                inside,
            )
        )


def _needless(site: TapeSite) -> str | None:
    if site.persistent is not True or site.escaped or site.used_elsewhere or not site.uses:
        return None
    if site.needed and (site.jacobian_uses or site.most_uses > 1):
        return None
    if site.most_uses == 1:
        return "one" if not site.kept else None
    if site.deleted:
        return None  # two calls and a `del` are how it is taught, and cost nothing
    if len(site.targets) == 1 and not site.jacobian_uses and not site.inside:
        return "target"
    return None


def _undeleted(site: TapeSite) -> bool:
    return (
        site.persistent is True
        and site.undeleted
        and site.eager
        and site.frame.function is not None
        and not site.escaped
        and not site.kept
        and site.most_uses > 1
    )


def _kept(x: Program, site: TapeSite) -> tuple[str, Station] | None:
    """Where a persistent tape stays after its last use, and the place that keeps it."""
    if site.persistent is not True or site.deleted:
        return None
    for keeper in site.keepers:
        if not keeper.long_lived or keeper.name in x.released_attributes:
            continue
        if keeper.holder in x.passing:
            continue  # it goes with the function that made the object
        station = keeper.station or site.station
        match keeper.kind:
            case "attribute":
                return f"on the attribute '{keeper.name}'", station
            case "container":
                return "in a container that stays", station
            case "closure":
                return f"by the closure '{keeper.name}', which is handed out", site.station
    if site.escaped or site.most_uses < 2 or not site.use_stations:
        return None
    last = max(row_of(_in_frame_of(site, station)) for station in site.use_stations)
    if site.frame.function is None:
        if not site.module_name or site.in_loop:
            return None
        if any(statement.lineno > last for statement in x.outline.tree.body):
            return "by the module", site.station
        return None
    if _much_follows(x, last, row_of(site.station.place)):
        return "by a function with much to do after its last use", site.station
    return None


def _in_frame_of(site: TapeSite, station: Station) -> Place:
    """The place of a gradient call as seen from the function that made the tape."""
    depth = len(site.station.calls)
    return station.calls[depth][1] if len(station.calls) > depth else station.place


def _much_follows(x: Program, last: int, opened: int) -> bool:
    """After the last use, the same function goes on with a loop that itself holds loops or blocks."""
    around = [
        node
        for node in ast.walk(x.outline.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.lineno <= opened
        and last <= (node.end_lineno or 0)
    ]
    if not around:
        return False
    innermost = around[-1]  # walk goes from outside in
    for statement in innermost.body:
        if statement.lineno > last and isinstance(statement, (ast.For, ast.While)):
            for child in ast.walk(statement):
                if child is not statement and isinstance(child, (ast.For, ast.While, ast.With)):
                    return True
    return False
