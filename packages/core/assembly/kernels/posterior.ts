// Log-sum-exp, responsibilities, log-likelihood and counts of a group of 16 rows: eight pairs, one row in each lane.
// The order of every rounding operation is part of the contract with the plain twin in src/kernels/plain.ts.

import { addTo, expNonPositive, load, logAboveOne, splat } from './elementary';

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

/**
 * Enters a pair's log joint density in the contest for the largest: keeps the loser and a mask that says who it was. So one
 * exponential less is needed than there are components, that of the largest being 1.
 */
// @ts-ignore: decorator
@inline export function contend(value: v128, largest: usize, joint: usize, leads: usize): void {
  const before = load(largest);
  v128.store(leads, f64x2.gt(value, before));
  v128.store(joint, f64x2.pmin(value, before));
  v128.store(largest, f64x2.pmax(before, value));
}

/**
 * Turns the losers at `joint` (`components` arrays of a group) into e^(log joint density - largest) in the order of the components,
 * leaves (case weight) / (sum over components) in `shares`, and adds the group's log-likelihood and its magnitude to the sums at `sums`
 * (a compensated sum, and the magnitude: 48 bytes).
 *
 * Rows of weight 0 are padding. Where `uniform`, the weights are 0 and 1 only, and one logarithm serves eight rows: the product of
 * eight row sums, each from 1 to the number of components, is far from overflow.
 */
export function posteriorGroup(
  joint: usize,
  leads: usize,
  components: i32,
  weights: usize,
  uniform: bool,
  largest: usize,
  shares: usize,
  sums: usize,
): void {
  const end = joint + usize(components) * GROUP;
  for (let at = joint + GROUP; at < end; at += GROUP) {
    for (let pair: usize = 0; pair < GROUP; pair += 16) {
      v128.store(at + pair, expNonPositive(f64x2.sub(load(at + pair), load(largest + pair))));
    }
  }
  let sum = splat(0);
  let magnitude = splat(0);
  let product = splat(1);
  for (let pair: usize = 0; pair < GROUP; pair += 16) {
    let leader = splat(1);
    let total = splat(0);
    for (let at = end - GROUP + pair, lead = leads + (end - GROUP - joint) + pair; at >= joint + GROUP; at -= GROUP, lead -= GROUP) {
      const term = load(at);
      const change = v128.and(v128.xor(leader, term), load(lead));
      const own = v128.xor(term, change);
      leader = v128.xor(leader, change);
      v128.store(at, own);
      total = f64x2.add(total, own);
    }
    v128.store(joint + pair, leader);
    total = f64x2.add(total, leader);
    const weight = load(weights + pair);
    const maximum = load(largest + pair);
    v128.store(shares + pair, f64x2.div(weight, total));
    if (uniform) {
      const counted = f64x2.gt(weight, splat(0));
      const size = v128.and(maximum, counted);
      sum = f64x2.add(sum, size);
      magnitude = f64x2.add(magnitude, f64x2.abs(size));
      product = f64x2.mul(product, v128.bitselect(total, splat(1), counted));
    } else {
      const logTotal = logAboveOne(total);
      sum = f64x2.add(sum, f64x2.mul(weight, f64x2.add(maximum, logTotal)));
      magnitude = f64x2.add(magnitude, f64x2.mul(weight, f64x2.add(f64x2.abs(maximum), logTotal)));
    }
  }
  if (uniform) {
    const logProduct = logAboveOne(product);
    sum = f64x2.add(sum, logProduct);
    magnitude = f64x2.add(magnitude, logProduct);
  }
  addCompensated(sums, sum);
  addTo(sums + 32, magnitude);
}

/** Deeper than this below the best component of its row a component is left out, where `cut` is asked for: see src/kernels/cut.ts. */
// @ts-ignore: decorator
@inline const CUT: f64 = -80;
// @ts-ignore: decorator
@inline const ORDINARY: f64 = -10000;

/**
 * Turns log joint densities, `components` arrays of `rows` numbers end to end, into responsibilities times case weights, in place.
 * `sums`: those of `posteriorGroup`, then each component's count in two lanes.
 */
export function posterior(
  rows: i32,
  components: i32,
  joint: usize,
  weights: usize,
  uniform: bool,
  cut: bool,
  scratch: usize,
  sums: usize,
): void {
  const stride = usize(rows) << 3;
  const largest = scratch;
  const shares = scratch + GROUP;
  const terms = scratch + 2 * GROUP;
  const leads = terms + usize(components) * GROUP;
  for (let row: usize = 0; row < stride; row += GROUP, weights += GROUP) {
    const first = joint + row;
    const end = first + usize(components) * stride;
    for (let pair: usize = 0; pair < GROUP; pair += 16) {
      if (cut) {
        let maximum = load(first + pair);
        for (let at = first + stride; at < end; at += stride) maximum = f64x2.pmax(maximum, load(at + pair));
        const near = v128.and(f64x2.gt(maximum, splat(ORDINARY)), splat(CUT));
        // Where the row is no ordinary one `near` is 0 and the bound minus infinity: nothing is cut.
        const bound = v128.bitselect(f64x2.add(maximum, near), splat(-Infinity), f64x2.lt(near, splat(0)));
        for (let at = first; at < end; at += stride) {
          const value = load(at + pair);
          v128.store(at + pair, v128.bitselect(splat(-Infinity), value, f64x2.lt(value, bound)));
        }
      }
      v128.store(largest + pair, load(first + pair));
    }
    let out = terms + GROUP;
    let lead = leads + GROUP;
    for (let at = first + stride; at < end; at += stride, out += GROUP, lead += GROUP) {
      for (let pair: usize = 0; pair < GROUP; pair += 16) contend(load(at + pair), largest + pair, out + pair, lead + pair);
    }
    posteriorGroup(terms, leads, components, weights, uniform, largest, shares, sums);
    out = terms;
    let place = sums + 48;
    for (let at = first; at < end; at += stride, out += GROUP, place += 16) {
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
