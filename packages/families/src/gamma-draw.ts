import type { Random } from '@emkit/core';
import { exp, log } from '@emkit/core/numerics';

/** One draw of a gamma distribution of rate 1: G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables (2000). */
export function drawGamma(shape: number, random: Random): number {
  return shape < 1 ? exp(drawLogGamma(shape, random)) : drawLarge(shape, random);
}

/** The logarithm of a draw, which a small shape takes below all doubles. Below shape 1: one shape higher, times a uniform number to the power 1 / shape. */
export function drawLogGamma(shape: number, random: Random): number {
  return shape < 1 ? log(drawLarge(shape + 1, random)) - random.exponential() / shape : log(drawLarge(shape, random));
}

function drawLarge(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const root = 1 + c * normal;
    if (!(root > 0)) continue;
    const cube = root * root * root;
    if (log(random.uniformOpen()) < 0.5 * normal * normal + d * (1 - cube + log(cube))) return d * cube;
  }
}
