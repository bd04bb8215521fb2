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

/**
 * The largest logarithm of evidence that a correct implementation exceeds with a probability of at most `falseAlarm`, exactly and for every
 * number of draws: a product of non-negative factors whose expectations are at most 1 is above 1/falseAlarm with at most that probability
 * (J. Ville 1939), and so is an average of such products.
 */
export function evidenceThreshold(falseAlarm: number): number {
  return -Math.log(falseAlarm);
}

/** Shares of the capital that are staked on each draw: large ones see a few draws that are far out, small ones many that are a little off. */
const STAKES = [0.01, 0.03, 0.1, 0.3, 0.9];

/**
 * The logarithm of the evidence that numbers of at least -1, whose expectation should be at most 0, have a larger one: the average over
 * stakes of the product of 1 + stake x number, the capital of somebody who bets on it (I. Waudby-Smith and A. Ramdas, Estimating means of
 * bounded random variables by betting, 2024). Nothing is asked of their distribution: rare, skewed and constant ones will do.
 */
export function logEvidence(excesses: ArrayLike<number>): number {
  return logAverage(
    STAKES.map((stake) => {
      let capital = 0;
      for (let index = 0; index < excesses.length; index += 1) capital += Math.log1p(stake * excesses[index]!);
      return capital;
    }),
  );
}

/** log of the average of numbers given by their logarithms. */
export function logAverage(logarithms: readonly number[]): number {
  const largest = Math.max(...logarithms);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logarithms.reduce((sum, value) => sum + Math.exp(value - largest), 0) / logarithms.length);
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
