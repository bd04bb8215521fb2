// Log-sum-exp, responsibilities, log-likelihood and counts of a group of 16 rows: eight pairs, one row in each lane.
// The order of every rounding operation is part of the contract with the plain twin in src/kernels/plain.ts.

import { addTo, exponentialsOfSteps, leastTotal, load, logarithm, natsPerStep, one, splat, stepsPerNat } from './elementary';

/** Bytes of one component's values of a group. */
// @ts-ignore: decorator
@inline export const GROUP: usize = 128;

/** Adds `value` to the compensated sum at `sum` (the sum, then what it has rounded off), a lane at a time. */
// @ts-ignore: decorator
@inline function addCompensated(sum: usize, value: v128): void {
  const before = load(sum);
  const after = f64x2.add(before, value);
  const valueRounded = f64x2.sub(after, before);
  const beforeRounded = f64x2.sub(after, valueRounded);
  const lost = f64x2.add(f64x2.sub(before, beforeRounded), f64x2.sub(value, valueRounded));
  v128.store(sum, after);
  v128.store(sum + 16, f64x2.add(load(sum + 16), lost));
}

// @ts-ignore: decorator
@inline function sumOfTerms(terms: usize, end: usize): v128 {
  let total = load(terms);
  for (let at = terms + GROUP; at < end; at += GROUP) total = f64x2.add(total, load(at));
  return total;
}

/**
 * From the terms of a group, e^(log joint density - reference), leaves (case weight) / (sum over components) in `shares` and adds the
 * group's log-likelihood and its magnitude to the sums at `sums` (a compensated sum, and the magnitude: 48 bytes). `reference` holds a
 * number of nats for each row.
 *
 * Returns false, having added nothing, where the terms of some row are so small that their sum is not to be trusted.
 */
export function share(terms: usize, end: usize, weights: usize, unit: bool, reference: usize, shares: usize, sums: usize): bool {
  let least = one();
  let sum = splat(0);
  let magnitude = splat(0);
  if (unit) {
    // All weights are 1. One logarithm serves eight rows: the product of sums from 1e-35 to the number of components does not overflow.
    let product = one();
    for (let pair: usize = 0; pair < GROUP; pair += 16) {
      const total = sumOfTerms(terms + pair, end);
      v128.store(shares + pair, f64x2.div(one(), total));
      least = f64x2.pmin(least, total);
      product = f64x2.mul(product, total);
      const nats = load(reference + pair);
      sum = f64x2.add(sum, nats);
      magnitude = f64x2.add(magnitude, f64x2.abs(nats));
    }
    if (v128.any_true(f64x2.lt(least, leastTotal()))) return false;
    const logProduct = logarithm(product);
    sum = f64x2.add(sum, logProduct);
    magnitude = f64x2.add(magnitude, f64x2.abs(logProduct));
  } else {
    for (let pair: usize = 0; pair < GROUP; pair += 16) {
      const total = sumOfTerms(terms + pair, end);
      const weight = load(weights + pair);
      v128.store(shares + pair, f64x2.div(weight, total));
      least = f64x2.pmin(least, total);
      const nats = load(reference + pair);
      const logTotal = logarithm(total);
      sum = f64x2.add(sum, f64x2.mul(weight, f64x2.add(nats, logTotal)));
      magnitude = f64x2.add(magnitude, f64x2.mul(weight, f64x2.add(f64x2.abs(nats), f64x2.abs(logTotal))));
    }
    if (v128.any_true(f64x2.lt(least, leastTotal()))) return false;
  }
  addCompensated(sums, sum);
  addTo(sums + 32, magnitude);
  return true;
}

/**
 * Shares of a group in which some row is far from all components: its largest term takes the place of `reference`. `terms` are log joint
 * densities less the reference, in steps, and become terms; `largest` is working memory.
 */
export function shareFar(terms: usize, end: usize, weights: usize, unit: bool, reference: usize, largest: usize, shares: usize, sums: usize): void {
  for (let pair: usize = 0; pair < GROUP; pair += 16) {
    let maximum = load(terms + pair);
    for (let at = terms + GROUP; at < end; at += GROUP) maximum = f64x2.pmax(maximum, load(at + pair));
    for (let at = terms; at < end; at += GROUP) v128.store(at + pair, f64x2.sub(load(at + pair), maximum));
    v128.store(largest + pair, f64x2.add(f64x2.mul(maximum, natsPerStep()), load(reference + pair)));
  }
  for (let at = terms; at < end; at += 64) exponentialsOfSteps(load(at), load(at + 16), load(at + 32), load(at + 48), at);
  share(terms, end, weights, unit, largest, shares, sums);
}

/** Deeper than this below the best component of its row a component is left out, where `cut` is asked for: see src/kernels/cut.ts. */
// @ts-ignore: decorator
@inline const CUT: f64 = 80;
// @ts-ignore: decorator
@inline const ORDINARY: f64 = -10000;

/** A log joint density below the largest of its row, in steps; minus infinity where it is under the bound. */
// @ts-ignore: decorator
@inline function below(value: usize, largest: usize, bound: usize): v128 {
  const density = load(value);
  const dropped = v128.and(f64x2.lt(density, load(bound)), splat(Infinity));
  return f64x2.mul(f64x2.sub(f64x2.sub(density, load(largest)), dropped), stepsPerNat());
}

/**
 * Turns log joint densities, `components` arrays of `rows` numbers end to end, into responsibilities times case weights, in place.
 * The first `unit` rows, a multiple of 16, have weight 1. `sums`: those of `share`, then each component's count in two lanes.
 */
export function posterior(
  rows: i32,
  components: i32,
  joint: usize,
  weights: usize,
  unit: i32,
  cut: bool,
  scratch: usize,
  sums: usize,
): void {
  const stride = usize(rows) << 3;
  const largest = scratch;
  const bounds = scratch + GROUP;
  const shares = scratch + 2 * GROUP;
  const terms = scratch + 3 * GROUP;
  const last = terms + usize(components) * GROUP;
  for (let row: usize = 0; row < stride; row += GROUP, weights += GROUP) {
    const first = joint + row;
    const end = first + usize(components) * stride;
    for (let pair: usize = 0; pair < GROUP; pair += 16) {
      let maximum = load(first + pair);
      for (let at = first + stride; at < end; at += stride) maximum = f64x2.pmax(maximum, load(at + pair));
      v128.store(largest + pair, maximum);
      // Where the row is no ordinary one the bound is minus infinity: nothing is cut.
      const ordinary = f64x2.gt(maximum, splat(ORDINARY));
      v128.store(
        bounds + pair,
        cut ? v128.bitselect(f64x2.sub(maximum, splat(CUT)), splat(-Infinity), ordinary) : splat(-Infinity),
      );
    }
    for (let at = first, out = terms; at < end; at += stride, out += GROUP) {
      for (let quad: usize = 0; quad < GROUP; quad += 64) {
        exponentialsOfSteps(
          below(at + quad, largest + quad, bounds + quad),
          below(at + quad + 16, largest + quad + 16, bounds + quad + 16),
          below(at + quad + 32, largest + quad + 32, bounds + quad + 32),
          below(at + quad + 48, largest + quad + 48, bounds + quad + 48),
          out + quad,
        );
      }
    }
    share(terms, last, weights, row < usize(unit) << 3, largest, shares, sums);
    let place = sums + 48;
    for (let at = first, out = terms; at < end; at += stride, out += GROUP, place += 16) {
      let count = splat(0);
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const responsibility = f64x2.mul(load(out + pair), load(shares + pair));
        v128.store(at + pair, responsibility);
        count = f64x2.add(count, responsibility);
      }
      addTo(place, count);
    }
  }
}
