// The two-lane twins of `expOrdinary` and `logOrdinary` in src/numerics/elementary.ts: the same operations in the same order.

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
  -708, -708,
  1.4426950408889634, 1.4426950408889634,
  6755399441055744, 6755399441055744,
  0.6931471805598903, 0.6931471805598903,
  5.497923018708371e-14, 5.497923018708371e-14,
  0.5, 0.5,
  0.16666666666666666, 0.16666666666666666,
  0.041666666666666685, 0.041666666666666685,
  0.008333333333327758, 0.008333333333327758,
  0.0013888888888871672, 0.0013888888888871672,
  0.00019841269874111247, 0.00019841269874111247,
  2.480158735362761e-5, 2.480158735362761e-5,
  2.7557254099433146e-6, 2.7557254099433146e-6,
  2.7557247327554685e-7, 2.7557247327554685e-7,
  2.5106114092052463e-8, 2.5106114092052463e-8,
  2.092330744961272e-9, 2.092330744961272e-9,
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
], 16);

// @ts-ignore: decorator
@inline function constant(index: usize): v128 {
  return v128.load(TABLE + (index << 4));
}

// @ts-ignore: decorator
@inline export function addTo(place: usize, value: v128): void {
  v128.store(place, f64x2.add(v128.load(place), value));
}

/** e^x for x <= 0 (or NaN); 0 below -708, where a term would be subnormal. */
// @ts-ignore: decorator
@inline export function expNonPositive(x: v128): v128 {
  const clamped = f64x2.pmax(x, constant(0));
  const shifted = f64x2.add(f64x2.mul(clamped, constant(1)), constant(2));
  const k = f64x2.sub(shifted, constant(2));
  const high = f64x2.sub(clamped, f64x2.mul(k, constant(3)));
  const low = f64x2.mul(k, constant(4));
  const r = f64x2.sub(high, low);
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const a = f64x2.add(constant(5), f64x2.mul(constant(6), r));
  const b = f64x2.add(constant(7), f64x2.mul(constant(8), r));
  const c = f64x2.add(constant(9), f64x2.mul(constant(10), r));
  const d = f64x2.add(constant(11), f64x2.mul(constant(12), r));
  const e = f64x2.add(constant(13), f64x2.mul(constant(14), r));
  const f = f64x2.add(e, f64x2.mul(r2, constant(15)));
  const upper = f64x2.add(f64x2.add(c, f64x2.mul(r2, d)), f64x2.mul(r4, f));
  const remainder = f64x2.add(f64x2.add(a, f64x2.mul(r2, b)), f64x2.mul(r4, upper));
  const one = f64x2.add(constant(16), high);
  const correction = f64x2.add(f64x2.sub(high, f64x2.sub(one, constant(16))), f64x2.sub(f64x2.mul(r2, remainder), low));
  // The product with 2^k is normal, so adding k to the exponent is the same.
  const scaled = i64x2.add(f64x2.add(one, correction), i64x2.shl(shifted, 52));
  return v128.andnot(scaled, f64x2.lt(x, constant(0)));
}

/** log x for x from 1 to 2^1022. */
// @ts-ignore: decorator
@inline export function logAboveOne(x: v128): v128 {
  const biased = i64x2.shr_u(i64x2.add(x, i64x2.splat(0x95f6200000000)), 52);
  const k = f64x2.sub(v128.or(biased, i64x2.splat(0x4330000000000000)), constant(17));
  const scale = i64x2.shl(i64x2.sub(i64x2.splat(2046), biased), 52);
  const f = f64x2.sub(f64x2.mul(x, scale), constant(16));
  const head = f64x2.sub(f64x2.add(f, constant(18)), constant(18));
  const halfSquareHigh = f64x2.mul(f64x2.mul(constant(5), head), head);
  const halfSquareLow = f64x2.mul(f64x2.mul(constant(5), f64x2.sub(f, head)), f64x2.add(f, head));
  const s = f64x2.div(f, f64x2.add(constant(19), f));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const a = f64x2.add(constant(20), f64x2.mul(z, constant(21)));
  const b = f64x2.add(constant(22), f64x2.mul(z, constant(23)));
  const c = f64x2.add(constant(24), f64x2.mul(z, constant(25)));
  const d = f64x2.add(c, f64x2.mul(z2, constant(26)));
  const series = f64x2.mul(z, f64x2.add(a, f64x2.mul(z2, f64x2.add(b, f64x2.mul(z2, d)))));
  const tail = f64x2.sub(f64x2.mul(s, f64x2.add(f64x2.add(halfSquareHigh, halfSquareLow), series)), halfSquareLow);
  const leading = f64x2.sub(f, halfSquareHigh);
  const exponentPart = f64x2.mul(k, constant(3));
  const high = f64x2.add(exponentPart, leading);
  const low = f64x2.add(f64x2.sub(leading, f64x2.sub(high, exponentPart)), f64x2.add(tail, f64x2.mul(k, constant(4))));
  return f64x2.add(high, low);
}
