"""The default scenario written twice more, for speed, by means other than JAX.

`vectorised_numpy` loops over steps and works on arrays of paths; `parallel_numba` loops over paths
on all cores and keeps one path in registers. `workload` states what both compute. Neither shares a
line of the model with camjax: both follow the specification alone.
"""
