import { addTo, exponentialsOfSteps, halfStepsPerNat, load, loadSplat, splat } from './elementary';
import { GROUP, share, shareFar } from './posterior';

// The passes below do everything for 16 rows at a time. Log joint densities are taken relative to a reference, the largest that any row
// can have, and in steps of log(2)/256 nats, so that they are powers of two to be. `constants` begins with the reference in nats and an
// unused number. The first `unit` rows, a multiple of 16, have weight 1. `scratch`: three groups, and one for each component.

function fill(reference: usize, constants: usize): void {
  for (let pair: usize = 0; pair < GROUP; pair += 16) v128.store(reference + pair, loadSplat(constants));
}

// @ts-ignore: decorator
@inline function gaussianJoint(x: usize, constant: v128, mean: v128, halfPrecision: v128): v128 {
  const z = f64x2.sub(load(x), mean);
  return f64x2.sub(constant, f64x2.mul(f64x2.mul(z, z), halfPrecision));
}

/**
 * One pass over rows for a mixture of univariate Gaussians. `constants`, four numbers a component: the constant of the log joint density
 * less the reference and half the precision, in steps, with the mean between them; the mean about which statistics are taken. `sums`: 48
 * bytes of `share`, then for each component its count, the sum of r (x - mean) and that of r (x - mean)^2, two lanes each.
 */
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
  const shares = scratch;
  const largest = scratch + GROUP;
  const reference = scratch + 2 * GROUP;
  const terms = scratch + 3 * GROUP;
  const last = terms + usize(components) * GROUP;
  fill(reference, constants);
  const units = x + (usize(unit) << 3);
  const end = x + (usize(rows) << 3);
  for (; x < end; x += GROUP, weights += GROUP) {
    let own = constants + 16;
    for (let out = terms; out < last; out += GROUP, own += 32) {
      const constant = loadSplat(own);
      const mean = loadSplat(own + 8);
      const halfPrecision = loadSplat(own + 16);
      for (let quad: usize = 0; quad < GROUP; quad += 64) {
        const at = x + quad;
        exponentialsOfSteps(
          gaussianJoint(at, constant, mean, halfPrecision),
          gaussianJoint(at + 16, constant, mean, halfPrecision),
          gaussianJoint(at + 32, constant, mean, halfPrecision),
          gaussianJoint(at + 48, constant, mean, halfPrecision),
          out + quad,
        );
      }
    }
    if (!share(terms, last, weights, x < units, reference, shares, sums)) {
      own = constants + 16;
      for (let out = terms; out < last; out += GROUP, own += 32) {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          v128.store(out + pair, gaussianJoint(x + pair, loadSplat(own), loadSplat(own + 8), loadSplat(own + 16)));
        }
      }
      shareFar(terms, last, weights, x < units, reference, largest, shares, sums);
    }
    own = constants + 16;
    let place = sums + 48;
    for (let out = terms; out < last; out += GROUP, own += 32, place += 48) {
      const mean = loadSplat(own + 24);
      let count0 = splat(0);
      let count1 = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      let second0 = splat(0);
      let second1 = splat(0);
      for (let quad: usize = 0; quad < GROUP; quad += 32) {
        const responsibility0 = f64x2.mul(load(out + quad), load(shares + quad));
        const responsibility1 = f64x2.mul(v128.load(out + quad, 16), v128.load(shares + quad, 16));
        const z0 = f64x2.sub(load(x + quad), mean);
        const z1 = f64x2.sub(v128.load(x + quad, 16), mean);
        const weighted0 = f64x2.mul(responsibility0, z0);
        const weighted1 = f64x2.mul(responsibility1, z1);
        count0 = f64x2.add(count0, responsibility0);
        count1 = f64x2.add(count1, responsibility1);
        first0 = f64x2.add(first0, weighted0);
        first1 = f64x2.add(first1, weighted1);
        second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
        second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
      }
      addTo(place, f64x2.add(count0, count1));
      addTo(place + 16, f64x2.add(first0, first1));
      addTo(place + 32, f64x2.add(second0, second1));
    }
  }
}

// @ts-ignore: decorator
@inline function exponentialJoint(x: usize, constant: v128, rate: v128): v128 {
  return f64x2.sub(constant, f64x2.mul(rate, load(x)));
}

/**
 * The same for a mixture of exponentials. `constants`, two numbers a component: the constant of the log joint density less the reference
 * and the rate, in steps. `sums`: as above, with for each component its count and the sum of r x.
 */
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
  const shares = scratch;
  const largest = scratch + GROUP;
  const reference = scratch + 2 * GROUP;
  const terms = scratch + 3 * GROUP;
  const last = terms + usize(components) * GROUP;
  fill(reference, constants);
  const units = x + (usize(unit) << 3);
  const end = x + (usize(rows) << 3);
  for (; x < end; x += GROUP, weights += GROUP) {
    let own = constants + 16;
    for (let out = terms; out < last; out += GROUP, own += 16) {
      const constant = loadSplat(own);
      const rate = loadSplat(own + 8);
      for (let quad: usize = 0; quad < GROUP; quad += 64) {
        const at = x + quad;
        exponentialsOfSteps(
          exponentialJoint(at, constant, rate),
          exponentialJoint(at + 16, constant, rate),
          exponentialJoint(at + 32, constant, rate),
          exponentialJoint(at + 48, constant, rate),
          out + quad,
        );
      }
    }
    if (!share(terms, last, weights, x < units, reference, shares, sums)) {
      own = constants + 16;
      for (let out = terms; out < last; out += GROUP, own += 16) {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          v128.store(out + pair, exponentialJoint(x + pair, loadSplat(own), loadSplat(own + 8)));
        }
      }
      shareFar(terms, last, weights, x < units, reference, largest, shares, sums);
    }
    let place = sums + 48;
    for (let out = terms; out < last; out += GROUP, place += 32) {
      let count0 = splat(0);
      let count1 = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      for (let quad: usize = 0; quad < GROUP; quad += 32) {
        const responsibility0 = f64x2.mul(load(out + quad), load(shares + quad));
        const responsibility1 = f64x2.mul(v128.load(out + quad, 16), v128.load(shares + quad, 16));
        count0 = f64x2.add(count0, responsibility0);
        count1 = f64x2.add(count1, responsibility1);
        first0 = f64x2.add(first0, f64x2.mul(responsibility0, load(x + quad)));
        first1 = f64x2.add(first1, f64x2.mul(responsibility1, v128.load(x + quad, 16)));
      }
      addTo(place, f64x2.add(count0, count1));
      addTo(place + 16, f64x2.add(first0, first1));
    }
  }
}

// @ts-ignore: decorator
@inline function planeJoint(x: usize, second: usize, own: usize): v128 {
  const y0 = f64x2.mul(f64x2.sub(load(x), v128.load64_splat(own, 8)), v128.load64_splat(own, 32));
  const deviation = f64x2.sub(load(second), v128.load64_splat(own, 16));
  const y1 = f64x2.mul(f64x2.sub(deviation, f64x2.mul(v128.load64_splat(own, 24), y0)), v128.load64_splat(own, 40));
  const squares = f64x2.add(f64x2.mul(y0, y0), f64x2.mul(y1, y1));
  return f64x2.sub(loadSplat(own), f64x2.mul(halfStepsPerNat(), squares));
}

/**
 * The same for a mixture of Gaussians with correlation on two columns, `rows` numbers each. `constants`, eight numbers a component: the
 * constant of the log joint density less the reference, in steps; both means, the Cholesky factor's lower entry and the inverses of its
 * diagonal at the parameters of the E-step; both means about which statistics are taken. `sums`: as above, with for each component its
 * count and the sums of r z_1, r z_2, r z_1 z_1, r z_2 z_1 and r z_2 z_2.
 */
export function plane(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  unit: i32,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const shares = scratch;
  const largest = scratch + GROUP;
  const reference = scratch + 2 * GROUP;
  const terms = scratch + 3 * GROUP;
  const last = terms + usize(components) * GROUP;
  fill(reference, constants);
  const units = x + (usize(unit) << 3);
  const stride = usize(rows) << 3;
  for (let end = x + stride; x < end; x += GROUP, weights += GROUP) {
    const second = x + stride;
    let own = constants + 16;
    for (let out = terms; out < last; out += GROUP, own += 64) {
      for (let quad: usize = 0; quad < GROUP; quad += 64) {
        const at = x + quad;
        const at2 = second + quad;
        exponentialsOfSteps(
          planeJoint(at, at2, own),
          planeJoint(at + 16, at2 + 16, own),
          planeJoint(at + 32, at2 + 32, own),
          planeJoint(at + 48, at2 + 48, own),
          out + quad,
        );
      }
    }
    if (!share(terms, last, weights, x < units, reference, shares, sums)) {
      own = constants + 16;
      for (let out = terms; out < last; out += GROUP, own += 64) {
        for (let pair: usize = 0; pair < GROUP; pair += 16) v128.store(out + pair, planeJoint(x + pair, second + pair, own));
      }
      shareFar(terms, last, weights, x < units, reference, largest, shares, sums);
    }
    own = constants + 16;
    let place = sums + 48;
    for (let out = terms; out < last; out += GROUP, own += 64, place += 96) {
      const mean0 = v128.load64_splat(own, 48);
      const mean1 = v128.load64_splat(own, 56);
      let count = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      let second00 = splat(0);
      let second10 = splat(0);
      let second11 = splat(0);
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const responsibility = f64x2.mul(load(out + pair), load(shares + pair));
        const z0 = f64x2.sub(load(x + pair), mean0);
        const z1 = f64x2.sub(load(second + pair), mean1);
        const weighted0 = f64x2.mul(responsibility, z0);
        const weighted1 = f64x2.mul(responsibility, z1);
        count = f64x2.add(count, responsibility);
        first0 = f64x2.add(first0, weighted0);
        first1 = f64x2.add(first1, weighted1);
        second00 = f64x2.add(second00, f64x2.mul(weighted0, z0));
        second10 = f64x2.add(second10, f64x2.mul(weighted1, z0));
        second11 = f64x2.add(second11, f64x2.mul(weighted1, z1));
      }
      addTo(place, count);
      addTo(place + 16, first0);
      addTo(place + 32, first1);
      addTo(place + 48, second00);
      addTo(place + 64, second10);
      addTo(place + 80, second11);
    }
  }
}
