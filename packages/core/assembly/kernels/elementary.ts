// Exponentials and logarithms, two at a time. src/kernels/plain.ts has the same operations in the same order.

import { GROUP, POWERS } from '../../src/kernels/layout';

/** Bytes of one array's values of a group. */
// @ts-ignore: decorator
@inline export const GROUP_BYTES: usize = GROUP << 3;

/** The place of the index-th number from `place` on. */
// @ts-ignore: decorator
@inline export function at(place: usize, index: usize): usize {
  return place + (index << 3);
}

// @ts-ignore: decorator
@inline export function splat(value: f64): v128 {
  return f64x2.splat(value);
}

// @ts-ignore: decorator
@inline export function load(pointer: usize): v128 {
  return v128.load(pointer);
}

// @ts-ignore: decorator
@inline export function loadSplat(pointer: usize): v128 {
  return v128.load64_splat(pointer);
}

// @ts-ignore: decorator
@inline const TABLE: usize = memory.data<f64>([
  -261888, -261888,
  6755399441055744, 6755399441055744,
  0.0027076061740622863, 0.0027076061740622863,
  3.6655655969101062e-6, 3.6655655969101062e-6,
  3.3083029442992817e-9, 3.3083029442992817e-9,
  2.239395190875157e-12, 2.239395190875157e-12,
  0.0027076061740622863, 0.0027076061740622863,
  369.3299304675746, 369.3299304675746,
  1e-35, 1e-35,
  1, 1,
  4503599627371519, 4503599627371519,
  201326592, 201326592,
  2, 2,
  0.6666666666666698, 0.6666666666666698,
  0.3999999999961342, 0.3999999999961342,
  0.2857142870343643, 0.2857142870343643,
  0.2222220219136926, 0.2222220219136926,
  0.18183391111503974, 0.18183391111503974,
  0.15318183159793783, 0.15318183159793783,
  0.1475703817293325, 0.1475703817293325,
  0.5, 0.5,
  0.6931471805598903, 0.6931471805598903,
  5.497923018708371e-14, 5.497923018708371e-14,
  184.6649652337873, 184.6649652337873,
], 16);

// Loaded, not spelled out: V8 would build each from two integers.
// @ts-ignore: decorator
@inline function constant(index: usize): v128 {
  return v128.load(TABLE + (index << 4));
}

/** From here on down terms are 0. */
// @ts-ignore: decorator
@inline export function fewestSteps(): v128 {
  return constant(0);
}

/** Nats in a step. */
// @ts-ignore: decorator
@inline export function natsPerStep(): v128 {
  return constant(6);
}

// @ts-ignore: decorator
@inline export function stepsPerNat(): v128 {
  return constant(7);
}

// @ts-ignore: decorator
@inline export function halfStepsPerNat(): v128 {
  return constant(23);
}

/** Row sums of terms below this are taken again, relative to their largest term. */
// @ts-ignore: decorator
@inline export function leastTotal(): v128 {
  return constant(8);
}

// @ts-ignore: decorator
@inline export function one(): v128 {
  return constant(9);
}

/** Two numbers whose places in bytes from `x` on are listed one after the other. */
// @ts-ignore: decorator
@inline export function gather(x: usize, places: usize): v128 {
  return v128.load64_lane(x + usize(i32.load(places, 4)), v128.load64_zero(x + usize(i32.load(places))), 1);
}

// @ts-ignore: decorator
@inline export function addTo(place: usize, value: v128): void {
  v128.store(place, f64x2.add(v128.load(place), value));
}

/**
 * 2^(k/256) for the whole numbers k in the last bits of `shifted`. The host keeps 2^(j/256) for j from 0 to 255, less j in the bits from
 * the 44th on (src/kernels/powers.ts): adding k << 44 to the bits of a power leaves k / 256 in the exponent.
 */
// @ts-ignore: decorator
@inline function powers(shifted: v128): v128 {
  const first = usize(POWERS << 3) + (usize(i32x4.extract_lane(shifted, 0) & 255) << 3);
  const second = usize(POWERS << 3) + (usize(i32x4.extract_lane(shifted, 2) & 255) << 3);
  return i64x2.add(v128.load64_lane(second, v128.load64_zero(first), 1), i64x2.shl(shifted, 44));
}

/** power * 2^(r/256) for |r| <= 1/2. */
// @ts-ignore: decorator
@inline function scaled(power: v128, r: v128, c1: v128, c2: v128, c3: v128, c4: v128): v128 {
  const r2 = f64x2.mul(r, r);
  const upper = f64x2.add(f64x2.add(c2, f64x2.mul(r, c3)), f64x2.mul(r2, c4));
  return f64x2.add(power, f64x2.mul(power, f64x2.add(f64x2.mul(r, c1), f64x2.mul(r2, upper))));
}

/**
 * Stores 2^(x/256) for four pairs x <= 0 (or NaN): exponentials of numbers given in steps of log(2)/256 nats, which need no multiplication
 * to be reduced. Right to one unit in the last place down to -261,632 steps (-708.4 nats), where terms become subnormal; from there it
 * falls on a straight line to 0 at -261,888, whose power of two is the number with no bit set, and stays there.
 */
// @ts-ignore: decorator
@inline export function exponentialsOfSteps(x0: v128, x1: v128, x2: v128, x3: v128, to: usize): void {
  const fewest = fewestSteps();
  exponentialsInRange(f64x2.pmax(x0, fewest), f64x2.pmax(x1, fewest), f64x2.pmax(x2, fewest), f64x2.pmax(x3, fewest), to);
}

/** The same where none is below the fewest steps. Four at a time, because one waits for its own intermediate results. */
// @ts-ignore: decorator
@inline export function exponentialsInRange(y0: v128, y1: v128, y2: v128, y3: v128, to: usize): void {
  const shift = constant(1);
  const shifted0 = f64x2.add(y0, shift);
  const shifted1 = f64x2.add(y1, shift);
  const shifted2 = f64x2.add(y2, shift);
  const shifted3 = f64x2.add(y3, shift);
  const r0 = f64x2.sub(y0, f64x2.sub(shifted0, shift));
  const r1 = f64x2.sub(y1, f64x2.sub(shifted1, shift));
  const r2 = f64x2.sub(y2, f64x2.sub(shifted2, shift));
  const r3 = f64x2.sub(y3, f64x2.sub(shifted3, shift));
  const power0 = powers(shifted0);
  const power1 = powers(shifted1);
  const power2 = powers(shifted2);
  const power3 = powers(shifted3);
  const c1 = constant(2);
  const c2 = constant(3);
  const c3 = constant(4);
  const c4 = constant(5);
  v128.store(to, scaled(power0, r0, c1, c2, c3, c4));
  v128.store(to, scaled(power1, r1, c1, c2, c3, c4), 16);
  v128.store(to, scaled(power2, r2, c1, c2, c3, c4), 32);
  v128.store(to, scaled(power3, r3, c1, c2, c3, c4), 48);
}

/** log x for x from 2^-1000 to 2^1000. */
// @ts-ignore: decorator
@inline export function logarithm(x: v128): v128 {
  const biased = i64x2.shr_u(i64x2.add(x, i64x2.splat(0x95f6200000000)), 52);
  const k = f64x2.sub(v128.or(biased, i64x2.splat(0x4330000000000000)), constant(10));
  const scale = i64x2.shl(i64x2.sub(i64x2.splat(2046), biased), 52);
  const f = f64x2.sub(f64x2.mul(x, scale), constant(9));
  const head = f64x2.sub(f64x2.add(f, constant(11)), constant(11));
  const halfSquareHigh = f64x2.mul(f64x2.mul(constant(20), head), head);
  const halfSquareLow = f64x2.mul(f64x2.mul(constant(20), f64x2.sub(f, head)), f64x2.add(f, head));
  const s = f64x2.div(f, f64x2.add(constant(12), f));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const a = f64x2.add(constant(13), f64x2.mul(z, constant(14)));
  const b = f64x2.add(constant(15), f64x2.mul(z, constant(16)));
  const c = f64x2.add(constant(17), f64x2.mul(z, constant(18)));
  const d = f64x2.add(c, f64x2.mul(z2, constant(19)));
  const series = f64x2.mul(z, f64x2.add(a, f64x2.mul(z2, f64x2.add(b, f64x2.mul(z2, d)))));
  const tail = f64x2.sub(f64x2.mul(s, f64x2.add(f64x2.add(halfSquareHigh, halfSquareLow), series)), halfSquareLow);
  const leading = f64x2.sub(f, halfSquareHigh);
  const exponentPart = f64x2.mul(k, constant(21));
  const high = f64x2.add(exponentPart, leading);
  const low = f64x2.add(f64x2.sub(leading, f64x2.sub(high, exponentPart)), f64x2.add(tail, f64x2.mul(k, constant(22))));
  return f64x2.add(high, low);
}
