"""Random command lines over mutated inputs, and the law that all of them obey."""
