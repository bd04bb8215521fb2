import { addTo, splat } from './elementary';

/**
 * The sums of w_j z_k, k <= j, over `pairs` pairs of packed rows: `z` and `weighted` hold, pair after pair, 16 bytes a column.
 */
export function products(dimension: i32, pairs: usize, z: usize, weighted: usize, sums: usize): void {
  const stride = usize(dimension) << 4;
  const end = z + pairs * stride;
  let row = 0;
  for (; row + 3 < dimension; row += 4) {
    const line0 = sums + ((usize(row) * usize(row + 1)) << 3);
    const line1 = line0 + (usize(row + 1) << 4);
    const line2 = line1 + (usize(row + 2) << 4);
    const line3 = line2 + (usize(row + 3) << 4);
    for (let column = 0; column < row + 4; column += 2) {
      let a0 = splat(0);
      let a1 = splat(0);
      let b0 = splat(0);
      let b1 = splat(0);
      let c0 = splat(0);
      let c1 = splat(0);
      let d0 = splat(0);
      let d1 = splat(0);
      const place = usize(column) << 4;
      const last = end + place;
      for (let zs = z + place, w = weighted + (usize(row) << 4); zs < last; zs += stride, w += stride) {
        const z0 = v128.load(zs);
        const z1 = v128.load(zs, 16);
        const wa = v128.load(w);
        a0 = f64x2.add(a0, f64x2.mul(wa, z0));
        a1 = f64x2.add(a1, f64x2.mul(wa, z1));
        const wb = v128.load(w, 16);
        b0 = f64x2.add(b0, f64x2.mul(wb, z0));
        b1 = f64x2.add(b1, f64x2.mul(wb, z1));
        const wc = v128.load(w, 32);
        c0 = f64x2.add(c0, f64x2.mul(wc, z0));
        c1 = f64x2.add(c1, f64x2.mul(wc, z1));
        const wd = v128.load(w, 48);
        d0 = f64x2.add(d0, f64x2.mul(wd, z0));
        d1 = f64x2.add(d1, f64x2.mul(wd, z1));
      }
      // What lies above the diagonal is of no use.
      if (column <= row) addTo(line0 + place, a0);
      if (column < row) addTo(line0 + place + 16, a1);
      if (column <= row + 1) {
        addTo(line1 + place, b0);
        if (column <= row) addTo(line1 + place + 16, b1);
      }
      addTo(line2 + place, c0);
      if (column <= row + 1) addTo(line2 + place + 16, c1);
      addTo(line3 + place, d0);
      addTo(line3 + place + 16, d1);
    }
  }
  for (; row < dimension; row += 1) {
    let place = sums + ((usize(row) * usize(row + 1)) << 3);
    let column = 0;
    for (; column + 3 <= row; column += 4, place += 64) {
      let a0 = splat(0);
      let a1 = splat(0);
      let a2 = splat(0);
      let a3 = splat(0);
      const last = end + (usize(column) << 4);
      for (let zs = z + (usize(column) << 4), w = weighted + (usize(row) << 4); zs < last; zs += stride, w += stride) {
        const wa = v128.load(w);
        a0 = f64x2.add(a0, f64x2.mul(wa, v128.load(zs)));
        a1 = f64x2.add(a1, f64x2.mul(wa, v128.load(zs, 16)));
        a2 = f64x2.add(a2, f64x2.mul(wa, v128.load(zs, 32)));
        a3 = f64x2.add(a3, f64x2.mul(wa, v128.load(zs, 48)));
      }
      addTo(place, a0);
      addTo(place + 16, a1);
      addTo(place + 32, a2);
      addTo(place + 48, a3);
    }
    for (; column <= row; column += 1, place += 16) {
      let a0 = splat(0);
      const last = end + (usize(column) << 4);
      for (let zs = z + (usize(column) << 4), w = weighted + (usize(row) << 4); zs < last; zs += stride, w += stride) {
        a0 = f64x2.add(a0, f64x2.mul(v128.load(w), v128.load(zs)));
      }
      addTo(place, a0);
    }
  }
}
