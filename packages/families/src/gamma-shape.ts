import {
  digammaInverse,
  exp,
  log,
  log1p,
  log1pMinusLinear,
  logMinusDigamma,
  logQuotient,
  stirlingError,
  trigamma,
} from '@emkit/core/numerics';

/** Where log a - psi(a) is 1 / (2a) to the last digit, its derivative need not be had from a difference. */
const LARGE_SHAPE = 1e6;

/** The root a of log a - psi(a) = difference > 0. */
export function shapeOf(difference: number): number {
  const target = log(difference);
  const discriminant = Math.sqrt((difference - 3) * (difference - 3) + 24 * difference);
  let shape = difference < 3 ? (3 - difference + discriminant) / (12 * difference) : 2 / (discriminant + difference - 3);
  let lower = 0;
  let upper = Infinity;
  for (let step = 0; step < 60; step += 1) {
    const value = logMinusDigamma(shape);
    const excess = log(value) - target;
    if (excess === 0) return shape;
    if (excess > 0) lower = shape;
    else upper = shape;
    // d log(log a - psi(a)) / d log a lies between -2 and -1/2 everywhere.
    const slope = shape > LARGE_SHAPE ? -1 : Math.min(-0.5, Math.max(-2, (1 - shape * trigamma(shape)) / value));
    // Near the root the difference itself has more digits than that of the logarithms.
    const relative = (value - difference) / difference;
    let next = Math.abs(relative) < 0.1 ? shape * (1 - log1p(relative) / slope) : shape * exp(-excess / slope);
    if (!(next > lower && next < upper)) next = upper < Infinity ? Math.sqrt(lower * upper) : 2 * shape;
    if (Math.abs(next - shape) <= Number.EPSILON * shape) return next;
    shape = next;
  }
  return shape;
}

/** The root a of psi(a) = log(scale) + offset. */
export function shapeOfLogMean(scale: number, offset: number): number {
  const base = scale * exp(offset);
  if (!(base > 8)) return digammaInverse(log(scale) + offset);
  // Multiplied rather than added to, a large shape keeps its digits: a = e^psi(a) e^(log a - psi(a)).
  let shape = base + 0.5;
  for (let step = 0; step < 20; step += 1) {
    const next = base * exp(logMinusDigamma(shape));
    if (Math.abs(next - shape) <= Number.EPSILON * shape) return next;
    shape = next;
  }
  return shape;
}

/**
 * The change of count K(a) - spread a with the shape a, where K(a) = a log a - a - log Gamma(a) is log(a) / 2 less Stirling's correction and a
 * constant. Over a small step first orders are left out of it: K'(a) = log a - psi(a) stands beside the spread, and the rest is `curvature`.
 */
export function gainOfShape(count: number, spread: number, from: number, to: number): number {
  const step = to - from;
  if (Math.abs(step) <= 0.5 * from) return step * (count * logMinusDigamma(from) - spread) - count * curvature(from, to);
  return count * (0.5 * logQuotient(to, from) - (stirlingError(to) - stirlingError(from))) - step * spread;
}

/** From here on the terms of Stirling's series below give all digits. */
const LARGE_ENOUGH = 16;
const STIRLING_SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/**
 * K(a) + K'(a) (b - a) - K(b) >= 0 without cancellation: each unit by which a and b are raised is worth (b + 1) (u - log(1 + u)) with
 * u = (b - a) / (a (b + 1)), which follows from Gamma(a + 1) = a Gamma(a); and for large ones all but half of u - log(1 + u) with
 * u = (b - a) / a is Stirling's series.
 */
function curvature(a: number, b: number): number {
  const step = b - a;
  let sum = 0;
  let [from, to] = [a, b];
  for (; Math.min(from, to) < LARGE_ENOUGH; from += 1, to += 1) sum -= (to + 1) * log1pMinusLinear(step / from / (to + 1));
  const relative = step / from;
  const ratio = from / to;
  let correction = 0;
  let power = (relative * relative * ratio) / from;
  STIRLING_SERIES.forEach((coefficient, index) => {
    // What a^-m lacks to its tangent: sum_j (m - j) (a / b)^j times the power.
    let lack = 0;
    for (let j = 2 * index; j >= 0; j -= 1) lack = lack * ratio + (2 * index + 1 - j);
    correction += coefficient * lack * power;
    power /= from * from;
  });
  return sum - 0.5 * log1pMinusLinear(relative) + correction;
}
