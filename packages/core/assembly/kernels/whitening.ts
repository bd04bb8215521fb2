import { CORRELATED_MEANS } from '../../src/kernels/layout';
import { at, GROUP_BYTES, load, loadSplat, splat } from './elementary';

/**
 * Log joint densities of 16 rows under one Gaussian with correlations: y = L^-1 (x - mean), the whitened columns, by forward substitution,
 * and constant - |y|^2 / 2. In tiles of 4 columns by 4 rows each number that is loaded serves four products. Multiplying by the inverse
 * factor would be no faster, and loses digits where columns are nearly collinear.
 *
 * Only the first `used` columns are used: all of them, or a multiple of four, whose part of |y|^2 gives an upper bound. With `bounds`, stops
 * as soon as the columns so far put all 16 rows below theirs, and returns false.
 */
export function whiten(x: usize, stride: usize, dimension: i32, used: i32, constants: usize, y: usize, out: usize, bounds: usize): bool {
  const constant = loadSplat(constants);
  let mean = at(constants, CORRELATED_MEANS);
  let factor = at(mean, dimension);
  for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) v128.store(out + pair, splat(0));
  let row = 0;
  for (; row + 3 < used; row += 4, mean += 32) {
    const own = y + usize(row) * GROUP_BYTES;
    const mean0 = loadSplat(mean);
    const mean1 = v128.load64_splat(mean, 8);
    const mean2 = v128.load64_splat(mean, 16);
    const mean3 = v128.load64_splat(mean, 24);
    const source = x + usize(row) * stride;
    const last = factor + (usize(row) << 5);
    for (let quad: usize = 0; quad < GROUP_BYTES; quad += 32) {
      const from = source + quad;
      let a0 = f64x2.sub(v128.load(from), mean0);
      let a1 = f64x2.sub(v128.load(from, 16), mean0);
      let b0 = f64x2.sub(v128.load(from + stride), mean1);
      let b1 = f64x2.sub(v128.load(from + stride, 16), mean1);
      let c0 = f64x2.sub(v128.load(from + 2 * stride), mean2);
      let c1 = f64x2.sub(v128.load(from + 2 * stride, 16), mean2);
      let d0 = f64x2.sub(v128.load(from + 3 * stride), mean3);
      let d1 = f64x2.sub(v128.load(from + 3 * stride, 16), mean3);
      let other = y + quad;
      for (let l = factor; l < last; l += 32, other += GROUP_BYTES) {
        const y0 = v128.load(other);
        const y1 = v128.load(other, 16);
        const la = v128.load64_splat(l);
        a0 = f64x2.sub(a0, f64x2.mul(la, y0));
        a1 = f64x2.sub(a1, f64x2.mul(la, y1));
        const lb = v128.load64_splat(l, 8);
        b0 = f64x2.sub(b0, f64x2.mul(lb, y0));
        b1 = f64x2.sub(b1, f64x2.mul(lb, y1));
        const lc = v128.load64_splat(l, 16);
        c0 = f64x2.sub(c0, f64x2.mul(lc, y0));
        c1 = f64x2.sub(c1, f64x2.mul(lc, y1));
        const ld = v128.load64_splat(l, 24);
        d0 = f64x2.sub(d0, f64x2.mul(ld, y0));
        d1 = f64x2.sub(d1, f64x2.mul(ld, y1));
      }
      const to = own + quad;
      const inverse0 = v128.load64_splat(last, 48);
      a0 = f64x2.mul(a0, inverse0);
      a1 = f64x2.mul(a1, inverse0);
      v128.store(to, a0);
      v128.store(to, a1, 16);
      const ba = v128.load64_splat(last);
      const inverse1 = v128.load64_splat(last, 56);
      b0 = f64x2.mul(f64x2.sub(b0, f64x2.mul(ba, a0)), inverse1);
      b1 = f64x2.mul(f64x2.sub(b1, f64x2.mul(ba, a1)), inverse1);
      v128.store(to, b0, 128);
      v128.store(to, b1, 144);
      const ca = v128.load64_splat(last, 8);
      const cb = v128.load64_splat(last, 16);
      const inverse2 = v128.load64_splat(last, 64);
      c0 = f64x2.mul(f64x2.sub(f64x2.sub(c0, f64x2.mul(ca, a0)), f64x2.mul(cb, b0)), inverse2);
      c1 = f64x2.mul(f64x2.sub(f64x2.sub(c1, f64x2.mul(ca, a1)), f64x2.mul(cb, b1)), inverse2);
      v128.store(to, c0, 256);
      v128.store(to, c1, 272);
      const da = v128.load64_splat(last, 24);
      const db = v128.load64_splat(last, 32);
      const dc = v128.load64_splat(last, 40);
      const inverse3 = v128.load64_splat(last, 72);
      d0 = f64x2.mul(f64x2.sub(f64x2.sub(f64x2.sub(d0, f64x2.mul(da, a0)), f64x2.mul(db, b0)), f64x2.mul(dc, c0)), inverse3);
      d1 = f64x2.mul(f64x2.sub(f64x2.sub(f64x2.sub(d1, f64x2.mul(da, a1)), f64x2.mul(db, b1)), f64x2.mul(dc, c1)), inverse3);
      v128.store(to, d0, 384);
      v128.store(to, d1, 400);
      const distance = out + quad;
      let s0 = f64x2.add(v128.load(distance), f64x2.mul(a0, a0));
      let s1 = f64x2.add(v128.load(distance, 16), f64x2.mul(a1, a1));
      s0 = f64x2.add(s0, f64x2.mul(b0, b0));
      s1 = f64x2.add(s1, f64x2.mul(b1, b1));
      s0 = f64x2.add(s0, f64x2.mul(c0, c0));
      s1 = f64x2.add(s1, f64x2.mul(c1, c1));
      v128.store(distance, f64x2.add(s0, f64x2.mul(d0, d0)));
      v128.store(distance, f64x2.add(s1, f64x2.mul(d1, d1)), 16);
    }
    factor = last + 80;
    if (bounds != 0 && (row & 4)) {
      let open = splat(0);
      for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
        const value = f64x2.sub(constant, f64x2.mul(splat(0.5), load(out + pair)));
        open = v128.or(open, v128.not(f64x2.lt(value, load(bounds + pair))));
      }
      if (!v128.any_true(open)) return false;
    }
  }
  for (; row < used; row += 1, mean += 8) {
    const from = x + usize(row) * stride;
    const centre = loadSplat(mean);
    let a0 = f64x2.sub(v128.load(from), centre);
    let a1 = f64x2.sub(v128.load(from, 16), centre);
    let a2 = f64x2.sub(v128.load(from, 32), centre);
    let a3 = f64x2.sub(v128.load(from, 48), centre);
    let a4 = f64x2.sub(v128.load(from, 64), centre);
    let a5 = f64x2.sub(v128.load(from, 80), centre);
    let a6 = f64x2.sub(v128.load(from, 96), centre);
    let a7 = f64x2.sub(v128.load(from, 112), centre);
    const own = y + usize(row) * GROUP_BYTES;
    for (let other = y; other < own; other += GROUP_BYTES, factor += 8) {
      const l = loadSplat(factor);
      a0 = f64x2.sub(a0, f64x2.mul(l, v128.load(other)));
      a1 = f64x2.sub(a1, f64x2.mul(l, v128.load(other, 16)));
      a2 = f64x2.sub(a2, f64x2.mul(l, v128.load(other, 32)));
      a3 = f64x2.sub(a3, f64x2.mul(l, v128.load(other, 48)));
      a4 = f64x2.sub(a4, f64x2.mul(l, v128.load(other, 64)));
      a5 = f64x2.sub(a5, f64x2.mul(l, v128.load(other, 80)));
      a6 = f64x2.sub(a6, f64x2.mul(l, v128.load(other, 96)));
      a7 = f64x2.sub(a7, f64x2.mul(l, v128.load(other, 112)));
    }
    const inverse = loadSplat(factor);
    factor += 8;
    finish(own, out, f64x2.mul(a0, inverse));
    finish(own + 16, out + 16, f64x2.mul(a1, inverse));
    finish(own + 32, out + 32, f64x2.mul(a2, inverse));
    finish(own + 48, out + 48, f64x2.mul(a3, inverse));
    finish(own + 64, out + 64, f64x2.mul(a4, inverse));
    finish(own + 80, out + 80, f64x2.mul(a5, inverse));
    finish(own + 96, out + 96, f64x2.mul(a6, inverse));
    finish(own + 112, out + 112, f64x2.mul(a7, inverse));
  }
  for (let pair: usize = 0; pair < GROUP_BYTES; pair += 16) {
    v128.store(out + pair, f64x2.sub(constant, f64x2.mul(splat(0.5), load(out + pair))));
  }
  return true;
}

// @ts-ignore: decorator
@inline function finish(y: usize, distance: usize, value: v128): void {
  v128.store(y, value);
  v128.store(distance, f64x2.add(load(distance), f64x2.mul(value, value)));
}

/** The whitened columns of `rows` rows under one Gaussian with correlations, end to end like `columns`. */
export function whitenedColumns(rows: i32, dimension: i32, columns: usize, constants: usize, whitened: usize, scratch: usize): void {
  const stride = usize(rows) << 3;
  const y = scratch;
  const out = y + usize(dimension) * GROUP_BYTES;
  for (let row: usize = 0; row < stride; row += GROUP_BYTES) {
    whiten(columns + row, stride, dimension, dimension, constants, y, out, 0);
    for (let from = y, to = whitened + row; from < out; from += GROUP_BYTES, to += stride) memory.copy(to, from, GROUP_BYTES);
  }
}
