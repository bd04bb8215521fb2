import { addTo, load, loadSplat, splat } from './elementary';
import { contend, GROUP, posteriorGroup } from './posterior';

/**
 * One pass over rows for a mixture of univariate Gaussians: densities, responsibilities, counts and statistics, 16 rows at a time.
 *
 * `constants`, four numbers a component: the constant of the log joint density, mean and half precision at the parameters of the E-step;
 * the mean about which statistics are taken. `sums`: 48 bytes of `posteriorGroup`, then for each component its count, the sum of
 * r (x - mean) and that of r (x - mean)^2, two lanes each.
 */
export function gaussian(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  uniform: bool,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const largest = scratch;
  const shares = scratch + GROUP;
  const joint = scratch + 2 * GROUP;
  const leads = joint + usize(components) * GROUP;
  const end = x + (usize(rows) << 3);
  for (; x < end; x += GROUP, weights += GROUP) {
    let own = constants;
    let out = joint;
    for (let component = 0; component < components; component += 1, own += 32, out += GROUP) {
      const constant = loadSplat(own);
      const mean = loadSplat(own + 8);
      const halfPrecision = loadSplat(own + 16);
      const lead = leads + (out - joint);
      if (component == 0) {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          const z = f64x2.sub(load(x + pair), mean);
          v128.store(largest + pair, f64x2.sub(constant, f64x2.mul(f64x2.mul(z, z), halfPrecision)));
        }
      } else {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          const z = f64x2.sub(load(x + pair), mean);
          contend(f64x2.sub(constant, f64x2.mul(f64x2.mul(z, z), halfPrecision)), largest + pair, out + pair, lead + pair);
        }
      }
    }
    posteriorGroup(joint, leads, components, weights, uniform, largest, shares, sums);
    own = constants;
    out = joint;
    let place = sums + 48;
    for (let component = 0; component < components; component += 1, own += 32, out += GROUP, place += 48) {
      const mean = loadSplat(own + 24);
      let count = splat(0);
      let first = splat(0);
      let second = splat(0);
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const responsibility = f64x2.mul(load(out + pair), load(shares + pair));
        const z = f64x2.sub(load(x + pair), mean);
        const weighted = f64x2.mul(responsibility, z);
        count = f64x2.add(count, responsibility);
        first = f64x2.add(first, weighted);
        second = f64x2.add(second, f64x2.mul(weighted, z));
      }
      addTo(place, count);
      addTo(place + 16, first);
      addTo(place + 32, second);
    }
  }
}

/**
 * The same for a mixture of exponentials. `constants`, two numbers a component: the constant of the log joint density and the rate.
 * `sums`: as above, with for each component its count and the sum of r x.
 */
export function exponential(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  uniform: bool,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const largest = scratch;
  const shares = scratch + GROUP;
  const joint = scratch + 2 * GROUP;
  const leads = joint + usize(components) * GROUP;
  const end = x + (usize(rows) << 3);
  for (; x < end; x += GROUP, weights += GROUP) {
    let own = constants;
    let out = joint;
    for (let component = 0; component < components; component += 1, own += 16, out += GROUP) {
      const constant = loadSplat(own);
      const rate = loadSplat(own + 8);
      const lead = leads + (out - joint);
      if (component == 0) {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          v128.store(largest + pair, f64x2.sub(constant, f64x2.mul(rate, load(x + pair))));
        }
      } else {
        for (let pair: usize = 0; pair < GROUP; pair += 16) {
          contend(f64x2.sub(constant, f64x2.mul(rate, load(x + pair))), largest + pair, out + pair, lead + pair);
        }
      }
    }
    posteriorGroup(joint, leads, components, weights, uniform, largest, shares, sums);
    out = joint;
    let place = sums + 48;
    for (let component = 0; component < components; component += 1, out += GROUP, place += 32) {
      let count = splat(0);
      let first = splat(0);
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const responsibility = f64x2.mul(load(out + pair), load(shares + pair));
        count = f64x2.add(count, responsibility);
        first = f64x2.add(first, f64x2.mul(responsibility, load(x + pair)));
      }
      addTo(place, count);
      addTo(place + 16, first);
    }
  }
}

/**
 * The same for a mixture of Gaussians with correlation on two columns, `rows` numbers each. `constants`, eight numbers a component: the
 * constant of the log joint density, both means, the Cholesky factor's lower entry and the inverses of its diagonal at the parameters of
 * the E-step; both means about which statistics are taken. `sums`: as above, with for each component its count and the sums of r z_1,
 * r z_2, r z_1 z_1, r z_2 z_1 and r z_2 z_2.
 */
export function plane(
  rows: i32,
  components: i32,
  x: usize,
  weights: usize,
  uniform: bool,
  constants: usize,
  scratch: usize,
  sums: usize,
): void {
  const largest = scratch;
  const shares = scratch + GROUP;
  const joint = scratch + 2 * GROUP;
  const leads = joint + usize(components) * GROUP;
  const stride = usize(rows) << 3;
  for (let end = x + stride; x < end; x += GROUP, weights += GROUP) {
    const second = x + stride;
    let own = constants;
    let out = joint;
    for (let component = 0; component < components; component += 1, own += 64, out += GROUP) {
      const constant = loadSplat(own);
      const mean0 = v128.load64_splat(own, 8);
      const mean1 = v128.load64_splat(own, 16);
      const lower = v128.load64_splat(own, 24);
      const inverse0 = v128.load64_splat(own, 32);
      const inverse1 = v128.load64_splat(own, 40);
      const half = splat(0.5);
      const lead = leads + (out - joint);
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const y0 = f64x2.mul(f64x2.sub(load(x + pair), mean0), inverse0);
        const y1 = f64x2.mul(f64x2.sub(f64x2.sub(load(second + pair), mean1), f64x2.mul(lower, y0)), inverse1);
        const value = f64x2.sub(constant, f64x2.mul(half, f64x2.add(f64x2.mul(y0, y0), f64x2.mul(y1, y1))));
        if (component == 0) v128.store(largest + pair, value);
        else contend(value, largest + pair, out + pair, lead + pair);
      }
    }
    posteriorGroup(joint, leads, components, weights, uniform, largest, shares, sums);
    own = constants;
    out = joint;
    let place = sums + 48;
    for (let component = 0; component < components; component += 1, own += 64, out += GROUP, place += 96) {
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
