import { addTo, at, gather, loadSplat, splat } from './elementary';

/**
 * Sums of r (x - mean) for each column, then of r (x - mean)^2, for each component; two lanes each, added to `sums`. Where a quarter of
 * the rows or more has no responsibility, only the others are visited, in pairs as they come. All components of a column in turn, while it
 * is in the first cache.
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
  const width = usize(dimension) << 4;
  const counts = scratch;
  const lists = at(scratch, components);
  const list = listLength(stride);
  for (let component = 0; component < components; component += 1) {
    i32.store(at(counts, component), listRows(stride, responsibilities + usize(component) * stride, lists + usize(component) * list));
  }
  for (let column = 0; column < dimension; column += 1, columns += stride) {
    let own = sums + (usize(column) << 4);
    let mean = at(means, column);
    for (let component = 0; component < components; component += 1, own += width << 1, mean = at(mean, dimension)) {
      const listed = i32.load(at(counts, component));
      if (listed < 0) dense(stride, columns, loadSplat(mean), responsibilities + usize(component) * stride, own, width);
      else sparse(listed, stride, columns, loadSplat(mean), lists + usize(component) * list, own, width);
    }
  }
}

/** Bytes of a list: places of four bytes, with up to eight to fill up, then responsibilities. */
// @ts-ignore: decorator
@inline function listLength(stride: usize): usize {
  return (stride >> 1) + 32 + stride + 64;
}

// @ts-ignore: decorator
@inline function listedResponsibilities(list: usize, stride: usize): usize {
  return list + (stride >> 1) + 32;
}

/** Lists the rows that have a responsibility. Returns how many, filled up to whole quads of pairs; -1 where nearly all have one. */
function listRows(stride: usize, responsibilities: usize, places: usize): i32 {
  let counts = i64x2.splat(0);
  for (let row: usize = 0; row < stride; row += 16) counts = i64x2.sub(counts, f64x2.gt(v128.load(responsibilities + row), splat(0)));
  const held = usize(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
  if (held * 32 > stride * 3) return -1;
  const packed = listedResponsibilities(places, stride);
  let count: usize = 0;
  for (let row: usize = 0; row < stride; row += 8) {
    const responsibility = f64.load(responsibilities + row);
    i32.store(places + (count << 2), i32(row));
    f64.store(at(packed, count), responsibility);
    count += usize(responsibility > 0);
  }
  // Rows without weight.
  for (; count & 7; count += 1) {
    i32.store(places + (count << 2), 0);
    f64.store(at(packed, count), 0);
  }
  return i32(count);
}

// Four strands each, because an addition waits for the one before it.

function dense(stride: usize, x: usize, mean: v128, responsibilities: usize, sums: usize, width: usize): void {
  let first0 = splat(0);
  let first1 = splat(0);
  let first2 = splat(0);
  let first3 = splat(0);
  let second0 = splat(0);
  let second1 = splat(0);
  let second2 = splat(0);
  let second3 = splat(0);
  for (const end = x + stride; x < end; x += 64, responsibilities += 64) {
    const z0 = f64x2.sub(v128.load(x), mean);
    const weighted0 = f64x2.mul(v128.load(responsibilities), z0);
    first0 = f64x2.add(first0, weighted0);
    second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
    const z1 = f64x2.sub(v128.load(x, 16), mean);
    const weighted1 = f64x2.mul(v128.load(responsibilities, 16), z1);
    first1 = f64x2.add(first1, weighted1);
    second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
    const z2 = f64x2.sub(v128.load(x, 32), mean);
    const weighted2 = f64x2.mul(v128.load(responsibilities, 32), z2);
    first2 = f64x2.add(first2, weighted2);
    second2 = f64x2.add(second2, f64x2.mul(weighted2, z2));
    const z3 = f64x2.sub(v128.load(x, 48), mean);
    const weighted3 = f64x2.mul(v128.load(responsibilities, 48), z3);
    first3 = f64x2.add(first3, weighted3);
    second3 = f64x2.add(second3, f64x2.mul(weighted3, z3));
  }
  addTo(sums, f64x2.add(f64x2.add(first0, first1), f64x2.add(first2, first3)));
  addTo(sums + width, f64x2.add(f64x2.add(second0, second1), f64x2.add(second2, second3)));
}

function sparse(count: usize, stride: usize, x: usize, mean: v128, places: usize, sums: usize, width: usize): void {
  let first0 = splat(0);
  let first1 = splat(0);
  let first2 = splat(0);
  let first3 = splat(0);
  let second0 = splat(0);
  let second1 = splat(0);
  let second2 = splat(0);
  let second3 = splat(0);
  let responsibilities = listedResponsibilities(places, stride);
  for (const end = places + (count << 2); places < end; places += 32, responsibilities += 64) {
    const z0 = f64x2.sub(gather(x, places), mean);
    const weighted0 = f64x2.mul(v128.load(responsibilities), z0);
    first0 = f64x2.add(first0, weighted0);
    second0 = f64x2.add(second0, f64x2.mul(weighted0, z0));
    const z1 = f64x2.sub(gather(x, places + 8), mean);
    const weighted1 = f64x2.mul(v128.load(responsibilities, 16), z1);
    first1 = f64x2.add(first1, weighted1);
    second1 = f64x2.add(second1, f64x2.mul(weighted1, z1));
    const z2 = f64x2.sub(gather(x, places + 16), mean);
    const weighted2 = f64x2.mul(v128.load(responsibilities, 32), z2);
    first2 = f64x2.add(first2, weighted2);
    second2 = f64x2.add(second2, f64x2.mul(weighted2, z2));
    const z3 = f64x2.sub(gather(x, places + 24), mean);
    const weighted3 = f64x2.mul(v128.load(responsibilities, 48), z3);
    first3 = f64x2.add(first3, weighted3);
    second3 = f64x2.add(second3, f64x2.mul(weighted3, z3));
  }
  addTo(sums, f64x2.add(f64x2.add(first0, first1), f64x2.add(first2, first3)));
  addTo(sums + width, f64x2.add(f64x2.add(second0, second1), f64x2.add(second2, second3)));
}
