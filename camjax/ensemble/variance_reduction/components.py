"""Brownian motion from its principal components."""

import numpy as np
from numpy.typing import NDArray


def increments_from_components(steps: int) -> NDArray:
    """Matrix from independent normals to normal increments of a path, weightiest component first.

    The covariance min(s, t) of a Brownian motion at times 1…T has eigenvectors
    sin((2k − 1) π t / (2T + 1)) and eigenvalues 1 / (4 sin²((2k − 1) π / (4T + 2))). Increments of
    the eigenvectors, scaled by the roots of the eigenvalues, are

    C_tk = 2 / √(2T + 1) cos((2k − 1)(2t − 1) π / (4T + 2))

    C is symmetric and orthogonal, so the increments C ξ are again independent standard normals,
    whatever is made of them; their running sum varies mostly with the first few ξ.

    Args:
      steps: T.

    Returns:
      [T, T], increment by component.

    References:
      Glasserman (2003), Monte Carlo Methods in Financial Engineering, 3.1.2.

    >>> matrix = increments_from_components(5)
    >>> bool(np.allclose(matrix @ matrix.T, np.eye(5), rtol=0, atol=1e-14))
    True
    """
    odd = 2 * np.arange(1, steps + 1) - 1
    # The cosine has this period in whole numbers: products may be large, angles stay exact.
    angle = np.outer(odd, odd) % (8 * steps + 4)
    return 2 / np.sqrt(2 * steps + 1) * np.cos(angle * (np.pi / (4 * steps + 2)))
