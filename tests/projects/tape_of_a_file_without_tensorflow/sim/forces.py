from sim.potential import bond, lennard_jones
from sim.recording import record

TERMS = {"bond": bond, "lj": lennard_jones}


def forces(positions, terms=("bond", "lj")):
    with record(positions) as tape:
        parts = [TERMS[name](positions) for name in terms]  # right: parts = sum(TERMS[name](positions) for name in terms)
    energy = sum(parts)  # expect: TFG305 gradient-none  # right: energy = parts
    return tape.gradient(energy, positions)
