// Which rows are whitened for which component: those whose first columns do not already show that the component is out of the question.

import { CORRELATED_MEANS, CUT, GROUP, ORDINARY } from '../../src/kernels/layout';
import { at, gather, GROUP_BYTES } from './elementary';
import { whiten } from './whitening';

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
    for (let index: usize = 0; index < 4 * GROUP; index += 8, to += 16) v128.store(to, gather(columns, places + index));
  }
  if (lower == 0) return whiten(gathered, GROUP_BYTES, dimension, dimension, constants, y, out, 0);
  for (let index: usize = 0; index < usize(GROUP); index += 1) {
    f64.store(at(to, index), f64.load(lower + usize(i32.load(places + (index << 2)))));
  }
  return whiten(gathered, GROUP_BYTES, dimension, dimension, constants, y, out, to);
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
  for (let index = count; index & (GROUP - 1); index += 1) i32.store(places + (index << 2), i32.load(places + (count << 2) - 4));
  for (let start: usize = 0; start < count; start += GROUP) {
    const own = places + (start << 2);
    const open = whitenRows(own, columns, stride, dimension, constants, gathered, y, out, lower);
    if (open) finished += GROUP;
    for (let index: usize = 0; index < usize(GROUP); index += 1) {
      f64.store(joint + usize(i32.load(own + (index << 2))), open ? f64.load(at(out, index)) : -Infinity);
    }
  }
  return finished;
}

/**
 * Log joint densities of Gaussians with correlations. `columns` and `joint`: arrays of `rows` numbers end to end.
 *
 * With a `prefix` > 0, the first so many columns give every component an upper bound; the component with the largest is finished first, and
 * the others only where their bound is not below the cut of `posterior`, which would leave them out anyway. Those rows are packed, so that
 * tiles stay full, and given up when the columns so far put all 16 of them below the cut. Returns how many others were finished.
 */
export function correlatedDensities(
  rows: i32,
  components: i32,
  dimension: i32,
  prefix: i32,
  columns: usize,
  constants: usize,
  joint: usize,
  scratch: usize,
): i32 {
  const stride = usize(rows) << 3;
  const record = at(0, CORRELATED_MEANS + dimension + ((dimension * (dimension + 1)) >> 1));
  const y = scratch;
  const gathered = y + usize(dimension) * GROUP_BYTES;
  const out = gathered + usize(dimension + 1) * GROUP_BYTES;
  const lower = out + GROUP_BYTES;
  const best = lower + stride;
  const places = best + (stride >> 1);
  const used = prefix > 0 ? prefix : dimension;
  let own = constants;
  let to = joint;
  for (let component = 0; component < components; component += 1, own += record) {
    for (let row: usize = 0; row < stride; row += GROUP_BYTES, to += GROUP_BYTES) whiten(columns + row, stride, dimension, used, own, y, to, 0);
  }
  if (prefix == 0) return rows * (components - 1);
  for (let row: usize = 0; row < usize(rows); row += 1) {
    let density = at(joint, row);
    let largest = f64.load(density);
    let leader = 0;
    for (let component = 1; component < components; component += 1) {
      density += stride;
      const value = f64.load(density);
      leader = select(component, leader, value > largest);
      largest = select(value, largest, value > largest);
    }
    i32.store(best + (row << 2), leader);
  }
  own = constants;
  to = joint;
  for (let component = 0; component < components; component += 1, own += record, to += stride) {
    let count: usize = 0;
    for (let row: usize = 0; row < usize(rows); row += 1) {
      i32.store(places + (count << 2), i32(row << 3));
      count += usize(i32.load(best + (row << 2)) == component);
    }
    completeRows(count, places, columns, stride, dimension, own, to, gathered, y, out, 0);
    for (let index: usize = 0; index < count; index += 1) {
      const place = usize(i32.load(places + (index << 2)));
      const value = f64.load(to + place);
      f64.store(lower + place, value > ORDINARY ? value - CUT : -Infinity);
    }
  }
  own = constants;
  to = joint;
  let completed = 0;
  for (let component = 0; component < components; component += 1, own += record, to += stride) {
    let count: usize = 0;
    for (let row: usize = 0; row < usize(rows); row += 1) {
      i32.store(places + (count << 2), i32(row << 3));
      const needed = !(f64.load(at(to, row)) < f64.load(at(lower, row)));
      count += usize(i32(needed) & i32(i32.load(best + (row << 2)) != component));
    }
    completed += completeRows(count, places, columns, stride, dimension, own, to, gathered, y, out, lower);
  }
  return completed;
}
