import { addTo, at, gather, load, loadSplat, splat } from './elementary';
import { products } from './products';

/**
 * Sums of r z_j, then of r z_j z_k by rows, k <= j, with z = x - mean, for one component; added to `sums`. Rows are taken `chunk` at a time,
 * so that what is multiplied stays in the first cache: u = sqrt(r) z, one array and not two, for r z_j z_k = u_j u_k. With `packing`, rows
 * without responsibility are left out before the others are paired.
 */
export function correlatedStatistics(
  rows: i32,
  dimension: i32,
  chunk: i32,
  packing: bool,
  columns: usize,
  means: usize,
  responsibilities: usize,
  scratch: usize,
  sums: usize,
): void {
  const stride = usize(rows) << 3;
  const across = usize(dimension) << 4;
  const places = scratch;
  // Four bytes a row, and two more to fill up the last pair.
  const packed = places + (usize(chunk) << 2) + 16;
  const roots = at(packed, chunk);
  const u = at(roots, chunk);
  let row: usize = 0;
  while (row < usize(rows)) {
    let count: usize = 0;
    const begin = row;
    let gathering = false;
    if (packing) {
      for (; row < usize(rows) && count < usize(chunk); row += 1) {
        const responsibility = f64.load(at(responsibilities, row));
        i32.store(places + (count << 2), i32(row << 3));
        f64.store(at(packed, count), responsibility);
        count += usize(responsibility > 0);
      }
      if (count == 0) break;
      // Where no row was left out they are read as they stand.
      gathering = row - begin != count || (count & 1) != 0;
      if (count & 1) {
        i32.store(places + (count << 2), i32.load(places + (count << 2) - 4));
        f64.store(at(packed, count), 0);
        count += 1;
      }
    } else {
      count = min(usize(chunk), usize(rows) - row);
    }
    const shares = gathering ? packed : at(responsibilities, begin);
    for (let index: usize = 0; index < count; index += 2) v128.store(at(roots, index), f64x2.sqrt(load(at(shares, index))));
    const listed = gathering ? places : 0;
    let x = gathering ? columns : at(columns, begin);
    let column = 0;
    for (; column + 3 < dimension; column += 4, x += 4 * stride) {
      const place = usize(column) << 4;
      fourColumns(count, at(means, column), x, stride, listed, shares, roots, u + place, across, sums + place);
    }
    for (; column < dimension; column += 1, x += stride) {
      const place = usize(column) << 4;
      oneColumn(count, at(means, column), x, listed, shares, roots, u + place, across, sums + place);
    }
    products(dimension, count >> 1, u, sums + across);
    if (!packing) row += count;
  }
}

/** Two numbers of a column: the ones listed, or where nothing is listed those from `index` on. */
// @ts-ignore: decorator
@inline function pair(x: usize, places: usize, index: usize): v128 {
  return places != 0 ? gather(x, places + (index << 2)) : load(at(x, index));
}

/** Writes the deviations of four columns, times the roots of responsibilities, to `u`, and adds their sums. */
function fourColumns(
  count: usize,
  means: usize,
  x: usize,
  stride: usize,
  places: usize,
  shares: usize,
  roots: usize,
  u: usize,
  across: usize,
  sums: usize,
): void {
  const mean0 = loadSplat(means);
  const mean1 = loadSplat(means + 8);
  const mean2 = loadSplat(means + 16);
  const mean3 = loadSplat(means + 24);
  const x1 = x + stride;
  const x2 = x1 + stride;
  const x3 = x2 + stride;
  let first0 = splat(0);
  let first1 = splat(0);
  let first2 = splat(0);
  let first3 = splat(0);
  for (let index: usize = 0; index < count; index += 2, u += across) {
    const share = load(at(shares, index));
    const root = load(at(roots, index));
    const z0 = f64x2.sub(pair(x, places, index), mean0);
    const z1 = f64x2.sub(pair(x1, places, index), mean1);
    const z2 = f64x2.sub(pair(x2, places, index), mean2);
    const z3 = f64x2.sub(pair(x3, places, index), mean3);
    first0 = f64x2.add(first0, f64x2.mul(share, z0));
    first1 = f64x2.add(first1, f64x2.mul(share, z1));
    first2 = f64x2.add(first2, f64x2.mul(share, z2));
    first3 = f64x2.add(first3, f64x2.mul(share, z3));
    v128.store(u, f64x2.mul(root, z0));
    v128.store(u, f64x2.mul(root, z1), 16);
    v128.store(u, f64x2.mul(root, z2), 32);
    v128.store(u, f64x2.mul(root, z3), 48);
  }
  addTo(sums, first0);
  addTo(sums + 16, first1);
  addTo(sums + 32, first2);
  addTo(sums + 48, first3);
}

function oneColumn(
  count: usize,
  means: usize,
  x: usize,
  places: usize,
  shares: usize,
  roots: usize,
  u: usize,
  across: usize,
  sums: usize,
): void {
  const mean = loadSplat(means);
  let first = splat(0);
  for (let index: usize = 0; index < count; index += 2, u += across) {
    const z = f64x2.sub(pair(x, places, index), mean);
    first = f64x2.add(first, f64x2.mul(load(at(shares, index)), z));
    v128.store(u, f64x2.mul(load(at(roots, index)), z));
  }
  addTo(sums, first);
}
