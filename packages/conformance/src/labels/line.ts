/** Points of the interpolation: a function that is analytic well beyond the stretch is then known to rounding. */
const POINTS = 16;

/** The changes of a function along a line, known to rounding of the change itself and not of the function. */
export interface Line {
  /** The value at the middle. */
  readonly value: number;
  /** f(step) - f(0), for |step| up to the half length. */
  change(step: number): number;
  readonly slope: number;
  /** Minus the second derivative. */
  readonly curvature: number;
}

/**
 * Interpolates a function on a stretch about 0 at Chebyshev's points. Its sum of Chebyshev polynomials gives a small change as a sum of changes
 * of the polynomials, each computed from the step: nothing cancels, where f(step) - f(0) would lose every digit.
 */
export function lineOf(f: (step: number) => number, halfLength: number): Line {
  const angles = Array.from({ length: POINTS }, (_, index) => (Math.PI * (index + 0.5)) / POINTS);
  const values = angles.map((angle) => f(halfLength * Math.cos(angle)));
  const coefficients = angles.map((_, degree) => {
    const sum = values.reduce((total, value, index) => total + value * Math.cos(degree * angles[index]!), 0);
    return ((degree === 0 ? 1 : 2) * sum) / POINTS;
  });
  // T_n at 0 is 1, 0, -1, 0, ..., its slope n, with signs that alternate, for odd n, its second derivative -n^2 T_n for even n.
  const atZero = (degree: number): number => [1, 0, -1, 0][degree % 4]!;
  const sum = (weigh: (degree: number) => number): number =>
    coefficients.reduce((total, value, degree) => total + value * weigh(degree), 0);
  return {
    value: sum(atZero),
    slope: sum((degree) => degree * atZero(degree + 3)) / halfLength,
    curvature: sum((degree) => degree * degree * atZero(degree)) / (halfLength * halfLength),
    change(step) {
      const x = step / halfLength;
      let [polynomial, before] = [x, 1];
      // By T_{n+1}(x) - T_{n+1}(0) = 2 x T_n(x) - (T_{n-1}(x) - T_{n-1}(0)).
      let [changed, changedBefore] = [x, 0];
      let total = coefficients[1]! * x;
      for (let degree = 2; degree < POINTS; degree += 1) {
        [changed, changedBefore] = [2 * x * polynomial - changedBefore, changed];
        [polynomial, before] = [2 * x * polynomial - before, polynomial];
        total += coefficients[degree]! * changed;
      }
      return total;
    },
  };
}
