"""Arguments for a function that nobody called: from hints, from what it says of itself, by search.

`specification` describes values; `hints` reads the user's; `usage` sees in the syntax how a
parameter is used; `candidates` puts together what it may be; `search` tries, and `repair` learns
from what TensorFlow raises.
"""
