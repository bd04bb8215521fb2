/**
 * Statistical tests with a stated false-alarm rate: each function gives the threshold that a correct implementation exceeds with at
 * most that probability.
 */

/**
 * The Dvoretzky-Kiefer-Wolfowitz bound with Massart's constant (1990): for n independent draws from any distribution F,
 * P(sup |F_n - F| > threshold) <= 2 exp(-2 n threshold^2) = falseAlarm, exactly and for every n. It is also, to first order, the
 * critical value of the Kolmogorov-Smirnov test, so that nothing is given away.
 */
export function distributionThreshold(draws: number, falseAlarm: number): number {
  return Math.sqrt(Math.log(2 / falseAlarm) / (2 * draws));
}

/**
 * The Chernoff bound: for n independent trials of probability p, P(n KL(share, p) > threshold) <= 2 exp(-threshold) = falseAlarm,
 * exactly and for every n, where KL(a, b) = a log(a/b) + (1 - a) log((1 - a)/(1 - b)).
 */
export function countThreshold(falseAlarm: number): number {
  return Math.log(2 / falseAlarm);
}

/** KL(a, b) of two probabilities, in nats: 0 when they are equal, Infinity when b excludes what a has. */
export function bernoulliDivergence(a: number, b: number): number {
  const term = (x: number, y: number): number => (x === 0 ? 0 : y <= 0 ? Infinity : x * Math.log(x / y));
  return Math.max(0, term(a, b) + term(1 - a, 1 - b));
}

/** The z with P(|Z| > z) = falseAlarm for a standard normal Z. */
export function normalThreshold(falseAlarm: number): number {
  return Math.sqrt(chiSquareThreshold(1, falseAlarm));
}

/** The value that a chi-square variable of so many degrees of freedom exceeds with probability `falseAlarm`, by bisection. */
export function chiSquareThreshold(degreesOfFreedom: number, falseAlarm: number): number {
  let low = 0;
  let high = 10;
  while (chiSquareTail(degreesOfFreedom, high) > falseAlarm) high *= 2;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (chiSquareTail(degreesOfFreedom, middle) > falseAlarm) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X > x) for a chi-square variable: the regularised upper incomplete gamma function Q(degrees / 2, x / 2). */
export function chiSquareTail(degreesOfFreedom: number, x: number): number {
  if (!(x > 0)) return 1;
  const shape = degreesOfFreedom / 2;
  const half = x / 2;
  const front = Math.exp(shape * Math.log(half) - half - logGammaOfHalf(degreesOfFreedom));
  if (half < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 1000 && term > sum * EPSILON_OF_SERIES; n += 1) {
      term *= half / (shape + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  // Lentz's evaluation of the continued fraction (Press et al., Numerical Recipes, section 6.2).
  let b = half + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1000; n += 1) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const factor = c * d;
    fraction *= factor;
    if (Math.abs(factor - 1) < EPSILON_OF_SERIES) break;
  }
  return front * fraction;
}

const EPSILON_OF_SERIES = 1e-15;

/** log Gamma(n / 2) for a whole n >= 1, by its recursion. */
function logGammaOfHalf(n: number): number {
  let value = n % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI);
  for (let at = n % 2 === 0 ? 2 : 1; at < n; at += 2) value += Math.log(at / 2);
  return value;
}

/** Mean and standard error of the mean of a sample. */
export function sampleMean(values: ArrayLike<number>): { readonly mean: number; readonly standardError: number } {
  const n = values.length;
  let mean = 0;
  let squares = 0;
  for (let index = 0; index < n; index += 1) {
    const difference = values[index]! - mean;
    mean += difference / (index + 1);
    squares += difference * (values[index]! - mean);
  }
  return { mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}
