import {
  COMPONENT_SUMS,
  COUNT,
  FUSED_RECORDS,
  PLANE_ABOUT0,
  PLANE_ABOUT1,
  PLANE_CONSTANT,
  PLANE_FACTOR,
  PLANE_INVERSE0,
  PLANE_INVERSE1,
  PLANE_MEAN0,
  PLANE_MEAN1,
  PLANE_RECORD,
  PLANE_SUMS,
  REFERENCE,
  SHARES,
  STATISTICS,
  TERMS,
} from '../../src/kernels/layout';
import { addTo, at, exponentialsOfSteps, GROUP_BYTES, halfStepsPerNat, load, splat } from './elementary';
import { fillReference } from './fused';
import { share, shareFar } from './posterior';

// @ts-ignore: decorator
@inline function planeJoint(x: v128, second: v128, own: usize): v128 {
  const deviation0 = f64x2.sub(x, v128.load64_splat(own, PLANE_MEAN0 << 3));
  const y0 = f64x2.mul(deviation0, v128.load64_splat(own, PLANE_INVERSE0 << 3));
  const deviation1 = f64x2.sub(second, v128.load64_splat(own, PLANE_MEAN1 << 3));
  const residual1 = f64x2.sub(deviation1, f64x2.mul(v128.load64_splat(own, PLANE_FACTOR << 3), y0));
  const y1 = f64x2.mul(residual1, v128.load64_splat(own, PLANE_INVERSE1 << 3));
  const squares = f64x2.add(f64x2.mul(y0, y0), f64x2.mul(y1, y1));
  return f64x2.sub(v128.load64_splat(own, PLANE_CONSTANT << 3), f64x2.mul(halfStepsPerNat(), squares));
}

/**
 * One pass over rows for a mixture of Gaussians with correlation on two columns, `rows` numbers each. The first `unit` rows, a multiple of
 * 16, have weight 1.
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
  const shares = at(scratch, SHARES);
  const reference = at(scratch, REFERENCE);
  const terms = at(scratch, TERMS);
  const last = terms + usize(components) * GROUP_BYTES;
  const records = at(constants, FUSED_RECORDS);
  fillReference(scratch, constants);
  const units = at(x, unit);
  const stride = usize(rows) << 3;
  for (let end = x + stride; x < end; x += GROUP_BYTES, weights += GROUP_BYTES) {
    const second = x + stride;
    let own = records;
    for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, PLANE_RECORD)) {
      for (let quad: usize = 0; quad < GROUP_BYTES; quad += 64) {
        const row = x + quad;
        const row2 = second + quad;
        exponentialsOfSteps(
          planeJoint(v128.load(row), v128.load(row2), own),
          planeJoint(v128.load(row, 16), v128.load(row2, 16), own),
          planeJoint(v128.load(row, 32), v128.load(row2, 32), own),
          planeJoint(v128.load(row, 48), v128.load(row2, 48), own),
          out + quad,
        );
      }
    }
    if (!share(last, weights, x < units, reference, scratch, sums)) {
      own = records;
      for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, PLANE_RECORD)) {
        for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) v128.store(out + pair, planeJoint(load(x + pair), load(second + pair), own));
      }
      shareFar(last, weights, x < units, scratch, sums);
    }
    own = records;
    let place = at(sums, COMPONENT_SUMS);
    for (let out = terms; out < last; out += GROUP_BYTES, own = at(own, PLANE_RECORD), place = at(place, PLANE_SUMS)) {
      const about0 = v128.load64_splat(own, PLANE_ABOUT0 << 3);
      const about1 = v128.load64_splat(own, PLANE_ABOUT1 << 3);
      let count = splat(0);
      let first0 = splat(0);
      let first1 = splat(0);
      let second00 = splat(0);
      let second10 = splat(0);
      let second11 = splat(0);
      for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
        const responsibility = f64x2.mul(load(out + pair), load(shares + pair));
        const z0 = f64x2.sub(load(x + pair), about0);
        const z1 = f64x2.sub(load(second + pair), about1);
        const weighted0 = f64x2.mul(responsibility, z0);
        const weighted1 = f64x2.mul(responsibility, z1);
        count = f64x2.add(count, responsibility);
        first0 = f64x2.add(first0, weighted0);
        first1 = f64x2.add(first1, weighted1);
        second00 = f64x2.add(second00, f64x2.mul(weighted0, z0));
        second10 = f64x2.add(second10, f64x2.mul(weighted1, z0));
        second11 = f64x2.add(second11, f64x2.mul(weighted1, z1));
      }
      addTo(at(place, COUNT), count);
      const statistics = at(place, STATISTICS);
      addTo(statistics, first0);
      addTo(statistics + 16, first1);
      addTo(statistics + 32, second00);
      addTo(statistics + 48, second10);
      addTo(statistics + 64, second11);
    }
  }
}
