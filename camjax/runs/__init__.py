"""A run from what was asked for to what it says and keeps: paths held, folded or stored."""
