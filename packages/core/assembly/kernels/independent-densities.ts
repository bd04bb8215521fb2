import { INDEPENDENT_COLUMN, INDEPENDENT_COLUMNS } from '../../src/kernels/layout';
import { at, GROUP_BYTES, loadSplat, splat } from './elementary';

/**
 * Log joint densities of Gaussians without correlations. `columns` and `joint`: arrays of `rows` numbers end to end. All components of 16
 * rows in turn, while these are in the first cache.
 */
export function independentDensities(rows: i32, components: i32, dimension: i32, columns: usize, constants: usize, joint: usize): void {
  const stride = usize(rows) << 3;
  const record = at(0, INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * dimension);
  const end = constants + usize(components) * record;
  for (let row: usize = 0; row < stride; row += GROUP_BYTES) {
    let out = joint + row;
    for (let first = constants; first < end; first += record, out += stride) {
      let d0 = splat(0);
      let d1 = splat(0);
      let d2 = splat(0);
      let d3 = splat(0);
      let d4 = splat(0);
      let d5 = splat(0);
      let d6 = splat(0);
      let d7 = splat(0);
      let column = columns + row;
      const last = first + record;
      for (let own = at(first, INDEPENDENT_COLUMNS); own < last; own = at(own, INDEPENDENT_COLUMN), column += stride) {
        const mean = loadSplat(own);
        const halfPrecision = v128.load64_splat(own, 8);
        const z0 = f64x2.sub(v128.load(column), mean);
        const z1 = f64x2.sub(v128.load(column, 16), mean);
        const z2 = f64x2.sub(v128.load(column, 32), mean);
        const z3 = f64x2.sub(v128.load(column, 48), mean);
        d0 = f64x2.add(d0, f64x2.mul(f64x2.mul(z0, z0), halfPrecision));
        d1 = f64x2.add(d1, f64x2.mul(f64x2.mul(z1, z1), halfPrecision));
        d2 = f64x2.add(d2, f64x2.mul(f64x2.mul(z2, z2), halfPrecision));
        d3 = f64x2.add(d3, f64x2.mul(f64x2.mul(z3, z3), halfPrecision));
        const z4 = f64x2.sub(v128.load(column, 64), mean);
        const z5 = f64x2.sub(v128.load(column, 80), mean);
        const z6 = f64x2.sub(v128.load(column, 96), mean);
        const z7 = f64x2.sub(v128.load(column, 112), mean);
        d4 = f64x2.add(d4, f64x2.mul(f64x2.mul(z4, z4), halfPrecision));
        d5 = f64x2.add(d5, f64x2.mul(f64x2.mul(z5, z5), halfPrecision));
        d6 = f64x2.add(d6, f64x2.mul(f64x2.mul(z6, z6), halfPrecision));
        d7 = f64x2.add(d7, f64x2.mul(f64x2.mul(z7, z7), halfPrecision));
      }
      const constant = loadSplat(first);
      v128.store(out, f64x2.sub(constant, d0));
      v128.store(out, f64x2.sub(constant, d1), 16);
      v128.store(out, f64x2.sub(constant, d2), 32);
      v128.store(out, f64x2.sub(constant, d3), 48);
      v128.store(out, f64x2.sub(constant, d4), 64);
      v128.store(out, f64x2.sub(constant, d5), 80);
      v128.store(out, f64x2.sub(constant, d6), 96);
      v128.store(out, f64x2.sub(constant, d7), 112);
    }
  }
}
