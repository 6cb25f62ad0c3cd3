"""Files that people have, read into observations: what DefiLlama, Dune or a subgraph gives."""
