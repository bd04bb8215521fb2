import { addTo, at, gather, loadSplat, splat } from './elementary';

/**
 * Sums of r (x - mean) for each column, then of r (x - mean)^2, for each component; two lanes each, added to `sums`. Where a quarter of
 * the rows or more has no responsibility, only the others are visited, in pairs as they come; `scratch` holds which.
 */
export function independentStatistics(
  rows: i32,
  components: i32,
  dimension: i32,
  columns: usize,
  means: usize,
  responsibilities: usize,
  scratch: usize,
  sums: usize,
): void {
  const stride = usize(rows) << 3;
  const places = scratch;
  // Four bytes a row, and eight more to fill up the last.
  const packed = scratch + (usize(rows) << 2) + 32;
  const width = usize(dimension) << 4;
  for (let component = 0; component < components; component += 1, responsibilities += stride, means = at(means, dimension), sums += width << 1) {
    let counts = i64x2.splat(0);
    for (let row: usize = 0; row < stride; row += 16) counts = i64x2.sub(counts, f64x2.gt(v128.load(responsibilities + row), splat(0)));
    const held = usize(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
    const dense = held * 4 > usize(rows) * 3;
    let active: usize = 0;
    if (!dense) {
      for (let row: usize = 0; row < usize(rows); row += 1) {
        const responsibility = f64.load(responsibilities + (row << 3));
        i32.store(places + (active << 2), i32(row << 3));
        f64.store(packed + (active << 3), responsibility);
        active += usize(responsibility > 0);
      }
      // Filled up to whole quads of pairs by rows without weight.
      const filler = i32.load(places + (active << 2) - (active > 0 ? 4 : 0));
      for (; active & 7; active += 1) {
        i32.store(places + (active << 2), filler);
        f64.store(packed + (active << 3), 0);
      }
    }
    for (let column = 0; column < dimension; column += 1) {
      const x = columns + usize(column) * stride;
      const mean = loadSplat(at(means, column));
      // Four strands, because an addition waits for the one before it.
      let first0 = splat(0);
      let first1 = splat(0);
      let first2 = splat(0);
      let first3 = splat(0);
      let second0 = splat(0);
      let second1 = splat(0);
      let second2 = splat(0);
      let second3 = splat(0);
      if (dense) {
        for (let row: usize = 0; row < stride; row += 64) {
          const z0 = f64x2.sub(v128.load(x + row), mean);
          const weighted0 = f64x2.mul(v128.load(responsibilities + row), z0);
          first0 = f64x2.add(first0, weighted0);
          second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
          const z1 = f64x2.sub(v128.load(x + row, 16), mean);
          const weighted1 = f64x2.mul(v128.load(responsibilities + row, 16), z1);
          first1 = f64x2.add(first1, weighted1);
          second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
          const z2 = f64x2.sub(v128.load(x + row, 32), mean);
          const weighted2 = f64x2.mul(v128.load(responsibilities + row, 32), z2);
          first2 = f64x2.add(first2, weighted2);
          second2 = f64x2.add(second2, f64x2.mul(weighted2, z2));
          const z3 = f64x2.sub(v128.load(x + row, 48), mean);
          const weighted3 = f64x2.mul(v128.load(responsibilities + row, 48), z3);
          first3 = f64x2.add(first3, weighted3);
          second3 = f64x2.add(second3, f64x2.mul(weighted3, z3));
        }
      } else {
        for (let index: usize = 0; index < active; index += 8) {
          const place = places + (index << 2);
          const own = packed + (index << 3);
          const z0 = f64x2.sub(gather(x, place), mean);
          const weighted0 = f64x2.mul(v128.load(own), z0);
          first0 = f64x2.add(first0, weighted0);
          second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
          const z1 = f64x2.sub(gather(x, place + 8), mean);
          const weighted1 = f64x2.mul(v128.load(own, 16), z1);
          first1 = f64x2.add(first1, weighted1);
          second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
          const z2 = f64x2.sub(gather(x, place + 16), mean);
          const weighted2 = f64x2.mul(v128.load(own, 32), z2);
          first2 = f64x2.add(first2, weighted2);
          second2 = f64x2.add(second2, f64x2.mul(weighted2, z2));
          const z3 = f64x2.sub(gather(x, place + 24), mean);
          const weighted3 = f64x2.mul(v128.load(own, 48), z3);
          first3 = f64x2.add(first3, weighted3);
          second3 = f64x2.add(second3, f64x2.mul(weighted3, z3));
        }
      }
      const place = sums + (usize(column) << 4);
      addTo(place, f64x2.add(f64x2.add(first0, first1), f64x2.add(first2, first3)));
      addTo(place + width, f64x2.add(f64x2.add(second0, second1), f64x2.add(second2, second3)));
    }
  }
}
