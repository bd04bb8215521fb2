import { addTo, splat } from './elementary';

/**
 * Adds the sums of u_j u_k over `pairs` pairs of rows to `sums`, by rows, k <= j. `u` holds, pair after pair, 16 bytes a column.
 *
 * Each tile of sums stays in registers while it runs over the rows: 4 by 2 of them from 6 loads, and what lies on the diagonal, 4 rows by
 * themselves, 10 from 4. No more fit.
 */
export function products(dimension: i32, pairs: usize, u: usize, sums: usize): void {
  const end = u + ((pairs * usize(dimension)) << 4);
  let row = 0;
  for (; row + 3 < dimension; row += 4) {
    for (let column = 0; column < row; column += 2) fourByTwo(dimension, row, column, u, end, sums);
    triangleOfFour(dimension, row, u, end, sums);
  }
  if (row + 1 < dimension) {
    for (let column = 0; column < row; column += 4) twoByFour(dimension, row, column, u, end, sums);
    triangleOfTwo(dimension, row, u, end, sums);
    row += 2;
  }
  if (row < dimension) {
    for (let column = 0; column <= row; column += 1) one(dimension, row, column, u, end, sums);
  }
}

/** Where the sum of u_j u_k stands. */
// @ts-ignore: decorator
@inline function place(sums: usize, j: i32, k: i32): usize {
  return sums + ((usize(j) * usize(j + 1)) << 3) + (usize(k) << 4);
}

function fourByTwo(dimension: i32, row: i32, column: i32, u: usize, end: usize, sums: usize): void {
  let a0 = splat(0);
  let a1 = splat(0);
  let b0 = splat(0);
  let b1 = splat(0);
  let c0 = splat(0);
  let c1 = splat(0);
  let d0 = splat(0);
  let d1 = splat(0);
  const stride = usize(dimension) << 4;
  const last = end + (usize(column) << 4);
  for (let first = u + (usize(column) << 4), second = u + (usize(row) << 4); first < last; first += stride, second += stride) {
    const u0 = v128.load(first);
    const u1 = v128.load(first, 16);
    const ua = v128.load(second);
    a0 = f64x2.add(a0, f64x2.mul(ua, u0));
    a1 = f64x2.add(a1, f64x2.mul(ua, u1));
    const ub = v128.load(second, 16);
    b0 = f64x2.add(b0, f64x2.mul(ub, u0));
    b1 = f64x2.add(b1, f64x2.mul(ub, u1));
    const uc = v128.load(second, 32);
    c0 = f64x2.add(c0, f64x2.mul(uc, u0));
    c1 = f64x2.add(c1, f64x2.mul(uc, u1));
    const ud = v128.load(second, 48);
    d0 = f64x2.add(d0, f64x2.mul(ud, u0));
    d1 = f64x2.add(d1, f64x2.mul(ud, u1));
  }
  const a = place(sums, row, column);
  addTo(a, a0);
  addTo(a + 16, a1);
  const b = place(sums, row + 1, column);
  addTo(b, b0);
  addTo(b + 16, b1);
  const c = place(sums, row + 2, column);
  addTo(c, c0);
  addTo(c + 16, c1);
  const d = place(sums, row + 3, column);
  addTo(d, d0);
  addTo(d + 16, d1);
}

function triangleOfFour(dimension: i32, row: i32, u: usize, end: usize, sums: usize): void {
  let aa = splat(0);
  let ba = splat(0);
  let bb = splat(0);
  let ca = splat(0);
  let cb = splat(0);
  let cc = splat(0);
  let da = splat(0);
  let db = splat(0);
  let dc = splat(0);
  let dd = splat(0);
  const stride = usize(dimension) << 4;
  const last = end + (usize(row) << 4);
  for (let at = u + (usize(row) << 4); at < last; at += stride) {
    const ua = v128.load(at);
    const ub = v128.load(at, 16);
    const uc = v128.load(at, 32);
    const ud = v128.load(at, 48);
    aa = f64x2.add(aa, f64x2.mul(ua, ua));
    ba = f64x2.add(ba, f64x2.mul(ub, ua));
    bb = f64x2.add(bb, f64x2.mul(ub, ub));
    ca = f64x2.add(ca, f64x2.mul(uc, ua));
    cb = f64x2.add(cb, f64x2.mul(uc, ub));
    cc = f64x2.add(cc, f64x2.mul(uc, uc));
    da = f64x2.add(da, f64x2.mul(ud, ua));
    db = f64x2.add(db, f64x2.mul(ud, ub));
    dc = f64x2.add(dc, f64x2.mul(ud, uc));
    dd = f64x2.add(dd, f64x2.mul(ud, ud));
  }
  addTo(place(sums, row, row), aa);
  const b = place(sums, row + 1, row);
  addTo(b, ba);
  addTo(b + 16, bb);
  const c = place(sums, row + 2, row);
  addTo(c, ca);
  addTo(c + 16, cb);
  addTo(c + 32, cc);
  const d = place(sums, row + 3, row);
  addTo(d, da);
  addTo(d + 16, db);
  addTo(d + 32, dc);
  addTo(d + 48, dd);
}

function twoByFour(dimension: i32, row: i32, column: i32, u: usize, end: usize, sums: usize): void {
  let a0 = splat(0);
  let a1 = splat(0);
  let a2 = splat(0);
  let a3 = splat(0);
  let b0 = splat(0);
  let b1 = splat(0);
  let b2 = splat(0);
  let b3 = splat(0);
  const stride = usize(dimension) << 4;
  const last = end + (usize(column) << 4);
  for (let first = u + (usize(column) << 4), second = u + (usize(row) << 4); first < last; first += stride, second += stride) {
    const ua = v128.load(second);
    const ub = v128.load(second, 16);
    const u0 = v128.load(first);
    a0 = f64x2.add(a0, f64x2.mul(ua, u0));
    b0 = f64x2.add(b0, f64x2.mul(ub, u0));
    const u1 = v128.load(first, 16);
    a1 = f64x2.add(a1, f64x2.mul(ua, u1));
    b1 = f64x2.add(b1, f64x2.mul(ub, u1));
    const u2 = v128.load(first, 32);
    a2 = f64x2.add(a2, f64x2.mul(ua, u2));
    b2 = f64x2.add(b2, f64x2.mul(ub, u2));
    const u3 = v128.load(first, 48);
    a3 = f64x2.add(a3, f64x2.mul(ua, u3));
    b3 = f64x2.add(b3, f64x2.mul(ub, u3));
  }
  const a = place(sums, row, column);
  addTo(a, a0);
  addTo(a + 16, a1);
  addTo(a + 32, a2);
  addTo(a + 48, a3);
  const b = place(sums, row + 1, column);
  addTo(b, b0);
  addTo(b + 16, b1);
  addTo(b + 32, b2);
  addTo(b + 48, b3);
}

function triangleOfTwo(dimension: i32, row: i32, u: usize, end: usize, sums: usize): void {
  let aa = splat(0);
  let ba = splat(0);
  let bb = splat(0);
  const stride = usize(dimension) << 4;
  const last = end + (usize(row) << 4);
  for (let at = u + (usize(row) << 4); at < last; at += stride) {
    const ua = v128.load(at);
    const ub = v128.load(at, 16);
    aa = f64x2.add(aa, f64x2.mul(ua, ua));
    ba = f64x2.add(ba, f64x2.mul(ub, ua));
    bb = f64x2.add(bb, f64x2.mul(ub, ub));
  }
  addTo(place(sums, row, row), aa);
  const b = place(sums, row + 1, row);
  addTo(b, ba);
  addTo(b + 16, bb);
}

function one(dimension: i32, row: i32, column: i32, u: usize, end: usize, sums: usize): void {
  let sum = splat(0);
  const stride = usize(dimension) << 4;
  const last = end + (usize(column) << 4);
  for (let first = u + (usize(column) << 4), second = u + (usize(row) << 4); first < last; first += stride, second += stride) {
    sum = f64x2.add(sum, f64x2.mul(v128.load(second), v128.load(first)));
  }
  addTo(place(sums, row, column), sum);
}
