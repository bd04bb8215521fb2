import {
  COMPONENT_SUMS,
  COUNT,
  EXPONENTIAL_CONSTANT,
  EXPONENTIAL_RATE,
  EXPONENTIAL_RECORD,
  EXPONENTIAL_SUMS,
  FUSED_RECORDS,
  GAUSSIAN_ABOUT,
  GAUSSIAN_CONSTANT,
  GAUSSIAN_HALF_PRECISION,
  GAUSSIAN_MEAN,
  GAUSSIAN_RECORD,
  GAUSSIAN_SUMS,
  REFERENCE,
  SHARES,
  STATISTICS,
  TERMS,
} from '../../src/kernels/layout';
import { addTo, at, exponentialsOfSteps, GROUP_BYTES, load, loadSplat, splat } from './elementary';
import { fillReference } from './fused';
import { share, shareFar } from './posterior';

// @ts-ignore: decorator
@inline function gaussianJoint(x: v128, constant: v128, mean: v128, halfPrecision: v128): v128 {
  const z = f64x2.sub(x, mean);
  return f64x2.sub(constant, f64x2.mul(f64x2.mul(z, z), halfPrecision));
}

/** One pass over rows for a mixture of univariate Gaussians. The first `unit` rows, a multiple of 16, have weight 1. */
export function gaussian(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  unit: i32,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const shares = at(scratch, SHARES);
  const reference = at(scratch, REFERENCE);
  const terms = at(scratch, TERMS);
  const last = terms + usize(components) * GROUP_BYTES;
  const records = at(constants, FUSED_RECORDS);
  fillReference(scratch, constants);
  const units = at(x, unit);
  const end = at(x, rows);
  for (; x < end; x += GROUP_BYTES, weights += GROUP_BYTES) {
    let own = records;
    for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, GAUSSIAN_RECORD)) {
      const constant = loadSplat(at(own, GAUSSIAN_CONSTANT));
      const mean = loadSplat(at(own, GAUSSIAN_MEAN));
      const halfPrecision = loadSplat(at(own, GAUSSIAN_HALF_PRECISION));
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 64) {
        const row = x + quad;
        exponentialsOfSteps(
          gaussianJoint(v128.load(row), constant, mean, halfPrecision),
          gaussianJoint(v128.load(row, 16), constant, mean, halfPrecision),
          gaussianJoint(v128.load(row, 32), constant, mean, halfPrecision),
          gaussianJoint(v128.load(row, 48), constant, mean, halfPrecision),
          out + quad,
        );
      }
    }
    if (!share(last, weights, x < units, reference, scratch, sums)) {
      own = records;
      for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, GAUSSIAN_RECORD)) {
        const constant = loadSplat(at(own, GAUSSIAN_CONSTANT));
        const mean = loadSplat(at(own, GAUSSIAN_MEAN));
        const halfPrecision = loadSplat(at(own, GAUSSIAN_HALF_PRECISION));
        for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
          v128.store(out + pair, gaussianJoint(load(x + pair), constant, mean, halfPrecision));
        }
      }
      shareFar(last, weights, x < units, scratch, sums);
    }
    own = records;
    let place = at(sums, COMPONENT_SUMS);
    for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, GAUSSIAN_RECORD), place = at(place, GAUSSIAN_SUMS)) {
      const about = loadSplat(at(own, GAUSSIAN_ABOUT));
      let count0 = splat(0);
      let count1 = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      let second0 = splat(0);
      let second1 = splat(0);
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 32) {
        const responsibility0 = f64x2.mul(load(out + quad), load(shares + quad));
        const responsibility1 = f64x2.mul(v128.load(out + quad, 16), v128.load(shares + quad, 16));
        const z0 = f64x2.sub(load(x + quad), about);
        const z1 = f64x2.sub(v128.load(x + quad, 16), about);
        const weighted0 = f64x2.mul(responsibility0, z0);
        const weighted1 = f64x2.mul(responsibility1, z1);
        count0 = f64x2.add(count0, responsibility0);
        count1 = f64x2.add(count1, responsibility1);
        first0 = f64x2.add(first0, weighted0);
        first1 = f64x2.add(first1, weighted1);
        second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
        second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
      }
      addTo(at(place, COUNT), f64x2.add(count0, count1));
      addTo(at(place, STATISTICS), f64x2.add(first0, first1));
      addTo(at(place, STATISTICS + 2), f64x2.add(second0, second1));
    }
  }
}

// @ts-ignore: decorator
@inline function exponentialJoint(x: v128, constant: v128, rate: v128): v128 {
  return f64x2.sub(constant, f64x2.mul(rate, x));
}

/** The same for a mixture of exponentials. */
export function exponential(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  unit: i32,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const shares = at(scratch, SHARES);
  const reference = at(scratch, REFERENCE);
  const terms = at(scratch, TERMS);
  const last = terms + usize(components) * GROUP_BYTES;
  const records = at(constants, FUSED_RECORDS);
  fillReference(scratch, constants);
  const units = at(x, unit);
  const end = at(x, rows);
  for (; x < end; x += GROUP_BYTES, weights += GROUP_BYTES) {
    let own = records;
    for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, EXPONENTIAL_RECORD)) {
      const constant = loadSplat(at(own, EXPONENTIAL_CONSTANT));
      const rate = loadSplat(at(own, EXPONENTIAL_RATE));
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 64) {
        const row = x + quad;
        exponentialsOfSteps(
          exponentialJoint(v128.load(row), constant, rate),
          exponentialJoint(v128.load(row, 16), constant, rate),
          exponentialJoint(v128.load(row, 32), constant, rate),
          exponentialJoint(v128.load(row, 48), constant, rate),
          out + quad,
        );
      }
    }
    if (!share(last, weights, x < units, reference, scratch, sums)) {
      own = records;
      for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, EXPONENTIAL_RECORD)) {
        const constant = loadSplat(at(own, EXPONENTIAL_CONSTANT));
        const rate = loadSplat(at(own, EXPONENTIAL_RATE));
        for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) v128.store(out + pair, exponentialJoint(load(x + pair), constant, rate));
      }
      shareFar(last, weights, x < units, scratch, sums);
    }
    let place = at(sums, COMPONENT_SUMS);
    for (let out = terms; out < last; out += GROUP_BYTES, place = at(place, EXPONENTIAL_SUMS)) {
      let count0 = splat(0);
      let count1 = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 32) {
        const responsibility0 = f64x2.mul(load(out + quad), load(shares + quad));
        const responsibility1 = f64x2.mul(v128.load(out + quad, 16), v128.load(shares + quad, 16));
        count0 = f64x2.add(count0, responsibility0);
        count1 = f64x2.add(count1, responsibility1);
        first0 = f64x2.add(first0, f64x2.mul(responsibility0, load(x + quad)));
        first1 = f64x2.add(first1, f64x2.mul(responsibility1, v128.load(x + quad, 16)));
      }
      addTo(at(place, COUNT), f64x2.add(count0, count1));
      addTo(at(place, STATISTICS), f64x2.add(first0, first1));
    }
  }
}
