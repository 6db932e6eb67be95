"""Files that nobody writes by hand: the run ends, soon, and in a defined way."""
