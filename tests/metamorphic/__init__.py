"""The same file written in another way: what is found must follow."""
