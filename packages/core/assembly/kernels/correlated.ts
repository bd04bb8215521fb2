import { addTo, load, loadSplat, splat } from './elementary';
import { GROUP } from './posterior';

/**
 * Log joint densities of 16 rows under one Gaussian with correlations, by forward substitution of the deviations by the Cholesky factor
 * in `constants`: the constant, the means of all columns, then the factor four rows at a time. Only the first `used` columns are used: all
 * of them, or a multiple of four for an upper bound. `y`: 128 bytes a column of working memory.
 *
 * With `bounds`, stops as soon as the columns so far put all 16 rows below theirs, and returns false.
 */
function whiten(x: usize, stride: usize, dimension: i32, used: i32, constants: usize, y: usize, out: usize, bounds: usize): bool {
  const constant = loadSplat(constants);
  let mean = constants + 8;
  let factor = mean + (usize(dimension) << 3);
  for (let pair: usize = 0; pair < GROUP; pair += 16) v128.store(out + pair, splat(0));
  let row = 0;
  for (; row + 3 < used; row += 4, mean += 32) {
    const own = y + usize(row) * GROUP;
    const mean0 = loadSplat(mean);
    const mean1 = v128.load64_splat(mean, 8);
    const mean2 = v128.load64_splat(mean, 16);
    const mean3 = v128.load64_splat(mean, 24);
    const source = x + usize(row) * stride;
    const last = factor + (usize(row) << 5);
    for (let quad: usize = 0; quad < GROUP; quad += 32) {
      const at = source + quad;
      let a0 = f64x2.sub(v128.load(at), mean0);
      let a1 = f64x2.sub(v128.load(at, 16), mean0);
      let b0 = f64x2.sub(v128.load(at + stride), mean1);
      let b1 = f64x2.sub(v128.load(at + stride, 16), mean1);
      let c0 = f64x2.sub(v128.load(at + 2 * stride), mean2);
      let c1 = f64x2.sub(v128.load(at + 2 * stride, 16), mean2);
      let d0 = f64x2.sub(v128.load(at + 3 * stride), mean3);
      let d1 = f64x2.sub(v128.load(at + 3 * stride, 16), mean3);
      let other = y + quad;
      for (let l = factor; l < last; l += 32, other += GROUP) {
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
      for (let pair: usize = 0; pair < GROUP; pair += 16) {
        const value = f64x2.sub(constant, f64x2.mul(splat(0.5), load(out + pair)));
        open = v128.or(open, v128.not(f64x2.lt(value, load(bounds + pair))));
      }
      if (!v128.any_true(open)) return false;
    }
  }
  for (; row < used; row += 1, mean += 8) {
    const at = x + usize(row) * stride;
    const centre = loadSplat(mean);
    let a0 = f64x2.sub(v128.load(at), centre);
    let a1 = f64x2.sub(v128.load(at, 16), centre);
    let a2 = f64x2.sub(v128.load(at, 32), centre);
    let a3 = f64x2.sub(v128.load(at, 48), centre);
    let a4 = f64x2.sub(v128.load(at, 64), centre);
    let a5 = f64x2.sub(v128.load(at, 80), centre);
    let a6 = f64x2.sub(v128.load(at, 96), centre);
    let a7 = f64x2.sub(v128.load(at, 112), centre);
    const own = y + usize(row) * GROUP;
    for (let other = y; other < own; other += GROUP, factor += 8) {
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
  for (let pair: usize = 0; pair < GROUP; pair += 16) {
    v128.store(out + pair, f64x2.sub(constant, f64x2.mul(splat(0.5), load(out + pair))));
  }
  return true;
}

// @ts-ignore: decorator
@inline function finish(y: usize, distance: usize, value: v128): void {
  v128.store(y, value);
  v128.store(distance, f64x2.add(load(distance), f64x2.mul(value, value)));
}

/** Gathers 16 rows, given by their places in bytes, and whitens them. With `lower`, rows of which all are below it are given up. */
function whitenRows(
  places: usize,
  columns: usize,
  stride: usize,
  dimension: i32,
  constants: usize,
  gathered: usize,
  y: usize,
  out: usize,
  lower: usize,
): bool {
  let to = gathered;
  for (let column = 0; column < dimension; column += 1, columns += stride) {
    for (let index: usize = 0; index < 64; index += 8, to += 16) {
      v128.store(
        to,
        v128.load64_lane(columns + usize(i32.load(places + index, 4)), v128.load64_zero(columns + usize(i32.load(places + index))), 1),
      );
    }
  }
  if (lower == 0) return whiten(gathered, GROUP, dimension, dimension, constants, y, out, 0);
  for (let index: usize = 0; index < 16; index += 1) {
    f64.store(to + (index << 3), f64.load(lower + usize(i32.load(places + (index << 2)))));
  }
  return whiten(gathered, GROUP, dimension, dimension, constants, y, out, to);
}

/** Whitens the rows listed at `places` and puts their log joint densities where they belong. Returns how many were finished. */
function completeRows(
  count: usize,
  places: usize,
  columns: usize,
  stride: usize,
  dimension: i32,
  constants: usize,
  joint: usize,
  gathered: usize,
  y: usize,
  out: usize,
  lower: usize,
): i32 {
  let finished = 0;
  // The last group is filled up with its own last row.
  for (let index = count; index & 15; index += 1) i32.store(places + (index << 2), i32.load(places + (count << 2) - 4));
  for (let start: usize = 0; start < count; start += 16) {
    if (!whitenRows(places + (start << 2), columns, stride, dimension, constants, gathered, y, out, lower)) {
      for (let index: usize = 0; index < 16; index += 1) {
        f64.store(joint + usize(i32.load(places + ((start + index) << 2))), -Infinity);
      }
      continue;
    }
    finished += 16;
    for (let index: usize = 0; index < 16; index += 1) {
      f64.store(joint + usize(i32.load(places + ((start + index) << 2))), f64.load(out + (index << 3)));
    }
  }
  return finished;
}

/**
 * Log joint densities of Gaussians with correlations. `size`: bytes of constants a component.
 *
 * With a `prefix` > 0, the first so many columns give every component an upper bound; the component with the largest is finished first,
 * and the others only where their bound is not below the cut of `posterior`, which would leave them out anyway, and given up when the columns so far put them there. Returns how many others were finished.
 */
export function correlatedDensities(
  rows: i32,
  components: i32,
  dimension: i32,
  prefix: i32,
  columns: usize,
  constants: usize,
  size: usize,
  joint: usize,
  scratch: usize,
): i32 {
  const stride = usize(rows) << 3;
  const y = scratch;
  const gathered = y + usize(dimension) * GROUP;
  const out = gathered + usize(dimension + 1) * GROUP;
  const lower = out + GROUP;
  const best = lower + stride;
  const places = best + (stride >> 1);
  const used = prefix > 0 ? prefix : dimension;
  let own = constants;
  let to = joint;
  for (let component = 0; component < components; component += 1, own += size) {
    for (let row: usize = 0; row < stride; row += GROUP, to += GROUP) whiten(columns + row, stride, dimension, used, own, y, to, 0);
  }
  if (prefix == 0) return rows * (components - 1);
  for (let row: usize = 0; row < usize(rows); row += 1) {
    let at = joint + (row << 3);
    let largest = f64.load(at);
    let leader = 0;
    for (let component = 1; component < components; component += 1) {
      at += stride;
      const value = f64.load(at);
      leader = select(component, leader, value > largest);
      largest = select(value, largest, value > largest);
    }
    i32.store(best + (row << 2), leader);
  }
  own = constants;
  to = joint;
  for (let component = 0; component < components; component += 1, own += size, to += stride) {
    let count: usize = 0;
    for (let row: usize = 0; row < usize(rows); row += 1) {
      i32.store(places + (count << 2), i32(row << 3));
      count += usize(i32.load(best + (row << 2)) == component);
    }
    completeRows(count, places, columns, stride, dimension, own, to, gathered, y, out, 0);
    for (let index: usize = 0; index < count; index += 1) {
      const place = usize(i32.load(places + (index << 2)));
      const value = f64.load(to + place);
      f64.store(lower + place, value > -10000 ? value - 80 : -Infinity);
    }
  }
  own = constants;
  to = joint;
  let completed = 0;
  for (let component = 0; component < components; component += 1, own += size, to += stride) {
    let count: usize = 0;
    for (let row: usize = 0; row < usize(rows); row += 1) {
      i32.store(places + (count << 2), i32(row << 3));
      const needed = !(f64.load(to + (row << 3)) < f64.load(lower + (row << 3)));
      count += usize(i32(needed) & i32(i32.load(best + (row << 2)) != component));
    }
    completed += completeRows(count, places, columns, stride, dimension, own, to, gathered, y, out, lower);
  }
  return completed;
}

/**
 * The sums of w_j z_k, k <= j, over `pairs` pairs of packed rows: `z` and `weighted` hold, pair after pair, 16 bytes a column.
 */
function products(dimension: i32, pairs: usize, z: usize, weighted: usize, sums: usize): void {
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

/**
 * Sums of r z_j, then of r z_j z_k by rows, k <= j, with z = x - mean, for each component; two lanes each, added to `sums`.
 * Rows are taken `chunk` at a time. From `packing` columns on, rows without responsibility are left out before the others are paired.
 */
export function correlatedStatistics(
  rows: i32,
  components: i32,
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
  const places = scratch;
  const packed = places + (usize(chunk) << 2) + 16;
  const z = packed + (usize(chunk) << 3);
  const weighted = z + ((usize(chunk) * usize(dimension)) << 3);
  const length = usize(dimension) + ((usize(dimension) * usize(dimension + 1)) >> 1);
  for (
    let component = 0;
    component < components;
    component += 1, responsibilities += stride, means += usize(dimension) << 3, sums += length << 4
  ) {
    let row: usize = 0;
    while (row < usize(rows)) {
      let count: usize = 0;
      const begin = row;
      let gather = false;
      if (packing) {
        for (; row < usize(rows) && count < usize(chunk); row += 1) {
          const responsibility = f64.load(responsibilities + (row << 3));
          i32.store(places + (count << 2), i32(row << 3));
          f64.store(packed + (count << 3), responsibility);
          count += usize(responsibility > 0);
        }
        if (count == 0) break;
        // Where no row was left out they are read as they stand.
        gather = row - begin != count || (count & 1) != 0;
        if (count & 1) {
          i32.store(places + (count << 2), i32.load(places + (count << 2) - 4));
          f64.store(packed + (count << 3), 0);
          count += 1;
        }
      } else {
        count = min(usize(chunk), usize(rows) - row);
      }
      for (let column = 0; column < dimension; column += 1) {
        const x = columns + usize(column) * stride;
        const mean = loadSplat(means + (usize(column) << 3));
        const across = usize(dimension) << 4;
        let to = usize(column) << 4;
        let first = splat(0);
        for (let index: usize = 0; index < count; index += 2, to += across) {
          const at = index << 3;
          let value: v128;
          let responsibility: v128;
          if (gather) {
            const place = places + (index << 2);
            value = v128.load64_lane(x + usize(i32.load(place, 4)), v128.load64_zero(x + usize(i32.load(place))), 1);
            responsibility = load(packed + at);
          } else {
            value = load(x + (begin << 3) + at);
            responsibility = load(responsibilities + (begin << 3) + at);
          }
          const deviation = f64x2.sub(value, mean);
          const product = f64x2.mul(responsibility, deviation);
          first = f64x2.add(first, product);
          v128.store(z + to, deviation);
          v128.store(weighted + to, product);
        }
        addTo(sums + (usize(column) << 4), first);
      }
      products(dimension, count >> 1, z, weighted, sums + (usize(dimension) << 4));
      if (!packing) row += count;
    }
  }
}
