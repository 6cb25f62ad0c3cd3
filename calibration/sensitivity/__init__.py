"""How much each number of a scenario matters: derivatives, and parts of variance."""
