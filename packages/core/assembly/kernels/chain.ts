// The recursions of forward-backward over consecutive rows of a sequence, two states in a lane each. States are filled up to an even number
// by such as are never reached. The order of every rounding operation is part of the contract with the plain twin in src/kernels/chain.ts. Nothing is imported, because
// elementary.ts brings constants, and there is no room kept for those of a third module.

// @ts-ignore: decorator
@inline function load(pointer: usize): v128 {
  return v128.load(pointer);
}

// @ts-ignore: decorator
@inline function loadSplat(pointer: usize): v128 {
  return v128.load64_splat(pointer);
}

/** `states` numbers: a row vector times a matrix, whose rows stand one after the other. Each sum is taken in the order of the vector. */
// @ts-ignore: decorator
@inline function product(states: usize, vector: usize, matrix: usize, to: usize): void {
  const width = states << 3;
  let column: usize = 0;
  for (; column + 64 <= width; column += 64) {
    let place = matrix + column;
    const first = loadSplat(vector);
    let sum0 = f64x2.mul(first, load(place));
    let sum1 = f64x2.mul(first, load(place + 16));
    let sum2 = f64x2.mul(first, load(place + 32));
    let sum3 = f64x2.mul(first, load(place + 48));
    for (let j: usize = 8; j < width; j += 8) {
      place += width;
      const factor = loadSplat(vector + j);
      sum0 = f64x2.add(sum0, f64x2.mul(factor, load(place)));
      sum1 = f64x2.add(sum1, f64x2.mul(factor, load(place + 16)));
      sum2 = f64x2.add(sum2, f64x2.mul(factor, load(place + 32)));
      sum3 = f64x2.add(sum3, f64x2.mul(factor, load(place + 48)));
    }
    v128.store(to + column, sum0);
    v128.store(to + column + 16, sum1);
    v128.store(to + column + 32, sum2);
    v128.store(to + column + 48, sum3);
  }
  for (; column < width; column += 16) {
    let place = matrix + column;
    let sum = f64x2.mul(loadSplat(vector), load(place));
    for (let j: usize = 8; j < width; j += 8) {
      place += width;
      sum = f64x2.add(sum, f64x2.mul(loadSplat(vector + j), load(place)));
    }
    v128.store(to + column, sum);
  }
}

/** Stores the products of two vectors and returns their sum. */
// @ts-ignore: decorator
@inline function multiply(width: usize, a: usize, b: usize, to: usize): f64 {
  let total = f64x2.mul(load(a), load(b));
  v128.store(to, total);
  for (let place: usize = 16; place < width; place += 16) {
    const term = f64x2.mul(load(a + place), load(b + place));
    v128.store(to + place, term);
    total = f64x2.add(total, term);
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/**
 * From the joint densities of a row, at `filtered`, those of the `rows` rows after it, which follow there: the predicted ones times
 * `factors`. Where a row's sum falls below `small` they are divided by it. `totals` tells by what each row was divided, or where its sum is
 * no number above 0, that sum.
 */
export function chainForward(rows: i32, states: usize, small: f64, factors: usize, matrix: usize, filtered: usize, totals: usize): void {
  const width = states << 3;
  for (let row = 0; row < rows; row += 1, factors += width, totals += 8) {
    const here = filtered + width;
    product(states, filtered, matrix, here);
    const total = multiply(width, here, factors, here);
    const divided = !(total >= small);
    f64.store(totals, divided ? total : 1);
    if (divided) for (let place: usize = 0; place < width; place += 16) v128.store(here + place, f64x2.div(load(here + place), f64x2.splat(total)));
    filtered = here;
  }
}

/**
 * From the last of `rows` rows to the first: their factors are replaced by probabilities given all rows, `backward` is taken on from the row
 * after to the row before the first, and for each row the pairs of states in the row before and in this one are added to `pairs`, but for the
 * transitions. `filtered` begins with the row before the first; `matrix` is the transposed one.
 */
export function chainBackward(
  rows: i32,
  states: usize,
  factors: usize,
  matrix: usize,
  filtered: usize,
  backward: usize,
  weighed: usize,
  pairs: usize,
): void {
  const width = states << 3;
  factors += usize(rows) * width;
  filtered += usize(rows) * width;
  for (let row = 0; row < rows; row += 1) {
    factors -= width;
    const before = filtered - width;
    multiply(width, factors, backward, weighed);
    const total = f64x2.splat(multiply(width, filtered, backward, factors));
    for (let place: usize = 0; place < width; place += 16) v128.store(factors + place, f64x2.div(load(factors + place), total));
    product(states, weighed, matrix, backward);
    // The products with the row before are not needed: the place of this row's is free.
    const scale = f64x2.splat(1 / multiply(width, before, backward, filtered));
    for (let place: usize = 0; place < width; place += 16) v128.store(backward + place, f64x2.mul(load(backward + place), scale));
    let pair = pairs;
    for (let j: usize = 0; j < width; j += 8) {
      const share = f64x2.mul(loadSplat(before + j), scale);
      for (let place: usize = 0; place < width; place += 16, pair += 16)
        v128.store(pair, f64x2.add(load(pair), f64x2.mul(share, load(weighed + place))));
    }
    filtered = before;
  }
}
