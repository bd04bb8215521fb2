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
    for (let column = 0; column < dimension; column += 1) {
      const x = columns + usize(column) * stride;
      const mean = loadSplat(at(means, column));
      let to = u + (usize(column) << 4);
      let first = splat(0);
      for (let index: usize = 0; index < count; index += 2, to += across) {
        const value = gathering ? gather(x, places + (index << 2)) : load(at(x, begin + index));
        const deviation = f64x2.sub(value, mean);
        first = f64x2.add(first, f64x2.mul(load(at(shares, index)), deviation));
        v128.store(to, f64x2.mul(load(at(roots, index)), deviation));
      }
      addTo(sums + (usize(column) << 4), first);
    }
    products(dimension, count >> 1, u, sums + across);
    if (!packing) row += count;
  }
}
