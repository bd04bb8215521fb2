// Log-sum-exp, responsibilities, log-likelihood, entropy and counts of a group of 16 rows: eight pairs, one row in each lane.
// The order of every rounding operation is part of the contract with the plain twin in src/kernels/plain.ts.

import {
  COMPONENT_SUMS,
  CUT,
  ENTROPY,
  LARGEST,
  LOG_LIKELIHOOD,
  LOG_TOTALS,
  MAGNITUDE,
  ORDINARY,
  REFERENCE,
  ROUNDED_OFF,
  SHARES,
  TERMS,
} from '../../src/kernels/layout';
import {
  addTo,
  at,
  exponentialsInRange,
  exponentialsOfSteps,
  fewestSteps,
  GROUP_BYTES,
  leastTotal,
  load,
  logarithm,
  natsPerStep,
  one,
  splat,
  stepsPerNat,
} from './elementary';

/** Adds `value` to the compensated log-likelihood, a lane at a time. */
// @ts-ignore: decorator
@inline function addToLogLikelihood(sums: usize, value: v128): void {
  const sum = at(sums, LOG_LIKELIHOOD);
  const before = load(sum);
  const after = f64x2.add(before, value);
  const valueRounded = f64x2.sub(after, before);
  const beforeRounded = f64x2.sub(after, valueRounded);
  v128.store(sum, after);
  addTo(at(sums, ROUNDED_OFF), f64x2.add(f64x2.sub(before, beforeRounded), f64x2.sub(value, valueRounded)));
}

// @ts-ignore: decorator
@inline function sumOfTerms(terms: usize, end: usize): v128 {
  let total = load(terms);
  for (let term = terms + GROUP_BYTES; term < end; term += GROUP_BYTES) total = f64x2.add(total, load(term));
  return total;
}

/**
 * From the terms of a group, e^(log joint density - reference), leaves (case weight) / (sum over components) in `SHARES`, the weighted sum
 * of the sums' logarithms in `LOG_TOTALS`, and adds the group's log-likelihood and its magnitude to the sums. `reference` holds a number
 * of nats for each row.
 *
 * Returns false, having added nothing, where the terms of some row are so small that their sum is not to be trusted.
 */
export function share(end: usize, weights: usize, unit: bool, reference: usize, scratch: usize, sums: usize): bool {
  const terms = at(scratch, TERMS);
  const shares = at(scratch, SHARES);
  let least = one();
  let nats = splat(0);
  let logTotals = splat(0);
  let magnitude = splat(0);
  if (unit) {
    // All weights are 1. One logarithm serves eight rows: the product of sums from 1e-35 to the number of components does not overflow.
    let product = one();
    for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
      const total = sumOfTerms(terms + pair, end);
      v128.store(shares + pair, f64x2.div(one(), total));
      least = f64x2.pmin(least, total);
      product = f64x2.mul(product, total);
      const own = load(reference + pair);
      nats = f64x2.add(nats, own);
      magnitude = f64x2.add(magnitude, f64x2.abs(own));
    }
    if (v128.any_true(f64x2.lt(least, leastTotal()))) return false;
    logTotals = logarithm(product);
    magnitude = f64x2.add(magnitude, f64x2.abs(logTotals));
  } else {
    for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
      const total = sumOfTerms(terms + pair, end);
      const weight = load(weights + pair);
      v128.store(shares + pair, f64x2.div(weight, total));
      least = f64x2.pmin(least, total);
      const own = load(reference + pair);
      const logTotal = logarithm(total);
      nats = f64x2.add(nats, f64x2.mul(weight, own));
      logTotals = f64x2.add(logTotals, f64x2.mul(weight, logTotal));
      magnitude = f64x2.add(magnitude, f64x2.mul(weight, f64x2.add(f64x2.abs(own), f64x2.abs(logTotal))));
    }
    if (v128.any_true(f64x2.lt(least, leastTotal()))) return false;
  }
  v128.store(at(scratch, LOG_TOTALS), logTotals);
  addToLogLikelihood(sums, f64x2.add(nats, logTotals));
  addTo(at(sums, MAGNITUDE), magnitude);
  return true;
}

/**
 * Shares of a group in which some row is far from all components: its largest term takes the place of the reference. The terms are log
 * joint densities less the reference, in steps, and become terms.
 */
export function shareFar(end: usize, weights: usize, unit: bool, scratch: usize, sums: usize): void {
  const terms = at(scratch, TERMS);
  const largest = at(scratch, LARGEST);
  const reference = at(scratch, REFERENCE);
  for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
    let maximum = load(terms + pair);
    for (let term = terms + GROUP_BYTES; term < end; term += GROUP_BYTES) maximum = f64x2.pmax(maximum, load(term + pair));
    for (let term = terms; term < end; term += GROUP_BYTES) v128.store(term + pair, f64x2.sub(load(term + pair), maximum));
    v128.store(largest + pair, f64x2.add(f64x2.mul(maximum, natsPerStep()), load(reference + pair)));
  }
  for (let quad = terms; quad < end; quad += 64) exponentialsOfSteps(load(quad), load(quad + 16), load(quad + 32), load(quad + 48), quad);
  share(end, weights, unit, largest, scratch, sums);
}

/**
 * A log joint density below the largest of its row, in steps. Where it is under the bound, or less than terms can be, it is the fewest steps,
 * whose term is 0: so that 0 x -infinity does not arise.
 */
// @ts-ignore: decorator
@inline function below(density: v128, largest: v128, bound: v128): v128 {
  const dropped = v128.and(f64x2.lt(density, bound), splat(Infinity));
  return f64x2.pmax(f64x2.mul(f64x2.sub(f64x2.sub(density, largest), dropped), stepsPerNat()), fewestSteps());
}

/**
 * Turns log joint densities, `components` arrays of `rows` numbers end to end, into responsibilities times case weights, in place.
 * The first `unit` rows, a multiple of 16, have weight 1. Adds to all of the sums.
 *
 * The entropy of a row's responsibilities t_k / T is log T - (sum of t_k log t_k) / T. The largest t_k is 1, so neither part is below zero,
 * nothing cancels, and it is right to the rounding of T.
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
  const shares = at(scratch, SHARES);
  const largest = at(scratch, LARGEST);
  const bounds = at(scratch, REFERENCE);
  const terms = at(scratch, TERMS);
  const last = terms + usize(components) * GROUP_BYTES;
  for (let row: usize = 0; row < stride; row += GROUP_BYTES, weights += GROUP_BYTES) {
    const first = joint + row;
    const end = first + usize(components) * stride;
    for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
      let maximum = load(first + pair);
      for (let density = first + stride; density < end; density += stride) maximum = f64x2.pmax(maximum, load(density + pair));
      v128.store(largest + pair, maximum);
      // Where the row is no ordinary one the bound is minus infinity: nothing is cut.
      const ordinary = f64x2.gt(maximum, splat(ORDINARY));
      v128.store(bounds + pair, cut ? v128.bitselect(f64x2.sub(maximum, splat(CUT)), splat(-Infinity), ordinary) : splat(-Infinity));
    }
    for (let density = first, term = terms; density < end; density += stride, term += GROUP_BYTES) {
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 64) {
        const own = density + quad;
        const most = largest + quad;
        const bound = bounds + quad;
        const steps0 = below(v128.load(own), v128.load(most), v128.load(bound));
        const steps1 = below(v128.load(own, 16), v128.load(most, 16), v128.load(bound, 16));
        const steps2 = below(v128.load(own, 32), v128.load(most, 32), v128.load(bound, 32));
        const steps3 = below(v128.load(own, 48), v128.load(most, 48), v128.load(bound, 48));
        exponentialsInRange(steps0, steps1, steps2, steps3, term + quad);
        // Kept in place of the densities, for the entropy.
        v128.store(own, steps0);
        v128.store(own, steps1, 16);
        v128.store(own, steps2, 32);
        v128.store(own, steps3, 48);
      }
    }
    share(last, weights, row < usize(unit) << 3, largest, scratch, sums);
    let moment = splat(0);
    let place = at(sums, COMPONENT_SUMS);
    for (let density = first, term = terms; density < end; density += stride, term += GROUP_BYTES, place += 16) {
      let count = splat(0);
      for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
        const responsibility = f64x2.mul(load(term + pair), load(shares + pair));
        moment = f64x2.add(moment, f64x2.mul(responsibility, load(density + pair)));
        v128.store(density + pair, responsibility);
        count = f64x2.add(count, responsibility);
      }
      addTo(place, count);
    }
    addTo(at(sums, ENTROPY), f64x2.sub(load(at(scratch, LOG_TOTALS)), f64x2.mul(moment, natsPerStep())));
  }
}
