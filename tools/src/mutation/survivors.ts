/** Why a change that no test notices may stay: the first three cannot be told from the program by what is promised of it. */
export type Kind =
  /** No input gives another result. */
  | 'same result'
  /** Another rounding, within the accuracy that is promised. */
  | 'rounding'
  /** The same result in another time. */
  | 'time only'
  /** It can be told apart, but no test does it, for the reason given. */
  | 'not tested';

/** Changes of one line that survive for one reason. */
export interface Reason {
  readonly kind: Kind;
  /** The line in which the change begins, without its indentation. */
  readonly source: string;
  /** As the run names them: what stood there and what was put in its place. */
  readonly changes: readonly string[];
  readonly why: string;
}

/** Reviewed by hand, by file: a run fails where a survivor has no reason here, and where a reason has no survivor. */
export const REVIEWED: Readonly<Record<string, readonly Reason[]>> = {
  'packages/core/src/numerics/elementary.ts': [
    {
      kind: 'same result',
      source: 'const HIGH_WORD = wordView[1] === 0 ? 0 : 1;',
      changes: ['wordView[1] === 0 → false'],
      why: 'Every machine that runs JavaScript engines today stores the low word first.',
    },
    {
      kind: 'same result',
      source: 'for (let exponent = 0; exponent >= SMALLEST_EXPONENT; exponent -= 1) {',
      changes: ['exponent >= SMALLEST_EXPONENT → exponent > SMALLEST_EXPONENT'],
      why: 'The smallest power is never asked for: `exp` scales by 2^64 first, and `inversePowerOfTwo` is asked about normal numbers only.',
    },
    {
      kind: 'same result',
      source: 'if (x > 709) {',
      changes: ['x > 709 → x >= 709'],
      why: '709 itself is dealt with in the line before.',
    },
    {
      kind: 'same result',
      source: 'if (x > 710) return Infinity;',
      changes: ['x > 710 → x >= 710'],
      why: 'e^710 overflows in the computation as well.',
    },
    {
      kind: 'same result',
      source: 'if (x < -708) {',
      changes: ['x < -708 → true', 'x < -708 → x <= -708', '-708 → +708'],
      why: 'Only smaller numbers and NaN come here, and NaN stays NaN.',
    },
    {
      kind: 'same result',
      source: 'if (x < -746) return 0;',
      changes: ['x < -746 → x <= -746'],
      why: 'e^-746 rounds to 0 in the computation as well.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= 40) return exp(x);',
      changes: ['x >= 40 → x > 40'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x <= -40) return -1;',
      changes: ['x <= -40 → x < -40'],
      why: 'e^-40 is less than half a unit in the last place of 1.',
    },
    {
      kind: 'same result',
      source: 'if (x < TWO_TO_MINUS_54 && x > -TWO_TO_MINUS_54) return x;',
      changes: ['x < TWO_TO_MINUS_54 → x <= TWO_TO_MINUS_54', 'x > -TWO_TO_MINUS_54 → x >= -TWO_TO_MINUS_54'],
      why: 'At 2^-54 the quadratic term is below half a unit in the last place, so that the computation returns x too.',
    },
    {
      kind: 'rounding',
      source: 'if (k === 0) return high + rest;',
      changes: ['k === 0 → false'],
      why: 'With k = 0 the general form adds the same terms in another order; the branch saves time.',
    },
    {
      kind: 'same result',
      source: 'if (!(k > -64)) return Number.NaN;',
      changes: ['!(k > -64) → false', 'k > -64 → true', 'k > -64 → k >= -64'],
      why: 'For x above -40, k is above -59, so that only NaN comes here, and NaN stays NaN.',
    },
    {
      kind: 'rounding',
      source: 'const error = k > 0 ? leading - difference - 1 : leading - (difference + 1);',
      changes: ['k > 0 → false'],
      why: 'Both forms are exact but for differences below a hundredth of a unit in the last place.',
    },
    {
      kind: 'same result',
      source: 'const error = k > 0 ? leading - difference - 1 : leading - (difference + 1);',
      changes: ['k > 0 → k >= 0'],
      why: 'k = 0 has returned above.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE) return logOrdinary(x);',
      changes: ['x >= 2.2250738585072014e-308 → x > 2.2250738585072014e-308'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE) {',
      changes: ['x >= 2.2250738585072014e-308 → x > 2.2250738585072014e-308'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x > 0 && x < 1) {',
      changes: ['x < 1 → x <= 1'],
      why: '1 is a normal number and has returned above.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= TWO_TO_54) return log(x);',
      changes: ['x >= TWO_TO_54 → x > TWO_TO_54'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (k !== 0) {',
      changes: ['k !== 0 → true'],
      why: 'With k = 0 the general form only adds the rounding of 1 + x back in another order; the branch saves time.',
    },
    {
      kind: 'rounding',
      source: 'correction = (x >= 1 ? 1 - (sum - x) : x - (sum - 1)) / sum;',
      changes: ['x >= 1 → false', 'x >= 1 → x > 1'],
      why: 'Where the difference is not exact, x is so large that the correction is far below a unit in the last place.',
    },
    {
      kind: 'rounding',
      source: 'if (!(x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE)) {',
      changes: ['x >= 2.2250738585072014e-308 → x > 2.2250738585072014e-308'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'const high = k + product;',
      changes: ['k + product → k - product'],
      why: 'What `high` rounds off is added back in the next line, whatever it is.',
    },
    {
      kind: 'rounding',
      source: 'return x > -LN2 ? log(-expm1(x)) : log1p(-exp(x));',
      changes: ['x > -LN2 → x >= -LN2'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x <= 0) return log1p(exp(x));',
      changes: ['x <= 0 → x < 0'],
      why: 'At 0 both forms are log 2.',
    },
    {
      kind: 'same result',
      source: 'return x > 40 ? x : x + log1p(exp(-x));',
      changes: ['x > 40 → false', 'x > 40 → x >= 40'],
      why: 'Above 40 the second term is below half a unit in the last place of x; the branch saves time.',
    },
    {
      kind: 'same result',
      source: 'if (x >= 0) return 1 / (1 + exp(-x));',
      changes: ['x >= 0 → x > 0'],
      why: 'At 0 both forms are 1/2.',
    },
    {
      kind: 'rounding',
      source: 'if (probability > 0.25 && probability < 0.75) return log1p((2 * probability - 1) / (1 - probability));',
      changes: ['probability > 0.25 → probability >= 0.25', 'probability < 0.75 → probability <= 0.75'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (probability > 0.25 && probability < 0.75) return log1p((2 * probability - 1) / (1 - probability));',
      changes: ['probability < 0.75 → true'],
      why: 'The form for the middle serves up to 1: 2p - 1 is exact there, and the odds are rounded once.',
    },
    {
      kind: 'rounding',
      source: 'if (x <= 0.34375 && x >= -0.34375) {',
      changes: ['x <= 0.34375 → x < 0.34375', 'x >= -0.34375 → x > -0.34375'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (x <= 0.375 && x >= -0.28125) {',
      changes: ['x <= 0.375 → x < 0.375', 'x >= -0.28125 → x > -0.28125'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
  ],
  'packages/core/src/numerics/error-function.ts': [
    {
      kind: 'rounding',
      source: 'if (x <= 1 && x >= -1) return x + x * evaluateRational(ERF_NUMERATOR, ERF_DENOMINATOR, x * x);',
      changes: ['x <= 1 → x < 1', 'x >= -1 → x > -1'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x > 1) return x > 6 ? 1 : 1 - erfc(x);',
      changes: ['x > 1 → x >= 1'],
      why: '1 has returned in the line before.',
    },
    {
      kind: 'same result',
      source: 'if (x > 1) return x > 6 ? 1 : 1 - erfc(x);',
      changes: ['x > 6 → false', 'x > 6 → x >= 6'],
      why: 'erfc(6) is below half a unit in the last place of 1; the branch saves time.',
    },
    {
      kind: 'same result',
      source: 'return x < -6 ? -1 : erfc(-x) - 1;',
      changes: ['x < -6 → false', 'x < -6 → x <= -6'],
      why: 'erfc(6) is below half a unit in the last place of 1; the branch saves time.',
    },
    {
      kind: 'rounding',
      source: 'if (x < 0.5) return x < -0.5 ? 2 - erfc(-x) : 1 - erf(x);',
      changes: ['x < 0.5 → x <= 0.5', 'x < -0.5 → x <= -0.5'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (x < 0.5) return x < -0.5 ? 2 - erfc(-x) : 1 - erf(x);',
      changes: ['x < -0.5 → false'],
      why: '1 - erf(x) serves for all negative x, with one rounding more below -1.',
    },
    {
      kind: 'same result',
      source: 'if (x > 28) return 0;',
      changes: ['x > 28 → x >= 28'],
      why: 'e^(-28^2) underflows to 0 in the computation as well.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= 3) {',
      changes: ['x >= 3 → x > 3'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (x >= 1) return evaluateRational(SCALED_TWO_NUMERATOR, SCALED_TWO_DENOMINATOR, x - 1);',
      changes: ['x >= 1 → x > 1'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (x > -0.7 && x < 0.7) return 0.5 + 0.5 * erf(x * SQRT_HALF);',
      changes: [
        'x > -0.7 && x < 0.7 → false',
        'x > -0.7 → x >= -0.7',
        '-0.7 → +0.7',
        'x < 0.7 → true',
        'x < 0.7 → x <= 0.7',
        'x < 0.7 → x >= 0.7',
      ],
      why: 'The form of the tails serves in the middle too, and that of the middle above it, both within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x > 0) return x > 9 ? 1 : 1 - normalTail(x);',
      changes: ['x > 0 → x >= 0'],
      why: '0 has returned in the line before.',
    },
    {
      kind: 'same result',
      source: 'if (x > 0) return x > 9 ? 1 : 1 - normalTail(x);',
      changes: ['x > 9 → x >= 9'],
      why: 'P(Z > 9) is below half a unit in the last place of 1.',
    },
    {
      kind: 'same result',
      source: 'return x < -39 ? 0 : normalTail(-x);',
      changes: ['x < -39 → x <= -39'],
      why: 'P(Z > 39) underflows to 0 in the computation as well.',
    },
    {
      kind: 'rounding',
      source: 'if (x > -1) return x > 0 ? log1p(x > 39 ? 0 : -normalUpper(x)) : log(normalCdf(x));',
      changes: ['x > -1 → x >= -1', '-1 → +1', 'x > 0 → true', 'x > 0 → x >= 0'],
      why: 'On [-1, 1] the forms for both sides are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (x > -1) return x > 0 ? log1p(x > 39 ? 0 : -normalUpper(x)) : log(normalCdf(x));',
      changes: ['x > 39 → x >= 39'],
      why: 'P(Z > 39) underflows to 0 in the computation as well.',
    },
    {
      kind: 'rounding',
      source: 'return x < 0.7 ? 0.5 - 0.5 * erf(x * SQRT_HALF) : normalTail(x);',
      changes: ['x < 0.7 → false', 'x < 0.7 → x <= 0.7'],
      why: 'The form of the tail serves in the middle too, within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (centred >= -0.425 && centred <= 0.425) {',
      changes: ['centred >= -0.425 → centred > -0.425', 'centred <= 0.425 → centred < 0.425'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'const logTail = log(centred < 0 ? probability : 1 - probability);',
      changes: ['centred < 0 → centred <= 0'],
      why: '0 has returned with the middle.',
    },
    {
      kind: 'rounding',
      source: 'r <= 5',
      changes: ['r <= 5 → r < 5'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'return centred < 0 ? -distance : distance;',
      changes: ['centred < 0 → centred <= 0'],
      why: '0 has returned with the middle.',
    },
  ],
  'packages/core/src/numerics/incomplete-gamma.ts': [
    {
      kind: 'rounding',
      source: '-0.0008618882757280548, 0.0007840393170234983, -0.00029907508563423873, -1.4686244768786642e-6, 6.648583893294373e-5,',
      changes: ['-1.4686244768786642e-6 → +1.4686244768786642e-6'],
      why: 'At shapes of 64 and more this high coefficient is multiplied by less than 1e-8: below the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: '[0.0005317218812082413, -0.000591508502101034, 0.00025464714391367155],',
      changes: ['-0.000591508502101034 → +0.000591508502101034'],
      why: 'At shapes of 64 and more this high coefficient is multiplied by less than 1e-11: below the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: '[0.0003162356545782431, 9.776919094545926e-5],',
      changes: ['[0.0003162356545782431, 9.776919094545926e-5] → []'],
      why: 'At shapes of 64 and more this row is multiplied by less than 1e-12: below the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (a >= 64 && x > 0.67 * a && x < 1.45 * a) return uniformTail(a, x);',
      changes: ['a >= 64 → a > 64', 'x > 0.67 * a → x >= 0.67 * a', 'x < 1.45 * a → x <= 1.45 * a'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (a < 1) tail[0] = logPoissonMass(a, x);',
      changes: ['a < 1 → true'],
      why: 'The form for small shapes serves for all, a few units of the last place worse.',
    },
    {
      kind: 'rounding',
      source: 'if (a < 1) tail[0] = logPoissonMass(a, x);',
      changes: ['a < 1 → false', 'a < 1 → a <= 1', 'a < 1 → a >= 1'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'const lower = x <= Math.max(1, a);',
      changes: ['x <= Math.max(1, a) → x < Math.max(1, a)'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'time only',
      source: 'for (let n = 1; term > NEGLIGIBLE * sum; n += 1) {',
      changes: ['term > NEGLIGIBLE * sum → term >= NEGLIGIBLE * sum', 'NEGLIGIBLE * sum → NEGLIGIBLE / sum'],
      why: 'One term more or less, below the rounding of the sum.',
    },
    {
      kind: 'rounding',
      source: 'let d = 1 / denominator;',
      changes: ['1 / denominator → 1 * denominator'],
      why: 'Only how many terms are taken comes from here; there are as many as before or a few more.',
    },
    {
      kind: 'same result',
      source: 'for (; terms < 10000; terms += 1) {',
      changes: ['terms < 10000 → terms <= 10000'],
      why: 'Where the fraction is used it ends long before.',
    },
    {
      kind: 'time only',
      source: 'if (Math.abs(c * d - 1) < 1e-16) break;',
      changes: ['Math.abs(c * d - 1) < 1e-16 → Math.abs(c * d - 1) <= 1e-16'],
      why: 'One term more or less, below the rounding of the sum.',
    },
    {
      kind: 'rounding',
      source: 'let value = first + 2 * terms;',
      changes: ['first + 2 * terms → first - 2 * terms', '2 * terms → 2 / terms'],
      why: 'The start of the backward recurrence, so far out that its influence is damped below rounding.',
    },
    {
      kind: 'rounding',
      source: 'const lower = x < a;',
      changes: ['x < a → x <= a'],
      why: 'At x = a both tails are equally near 1/2.',
    },
    {
      kind: 'same result',
      source: 'for (let n = 1; n < 40; n += 1) {',
      changes: ['n < 40 → n <= 40'],
      why: 'For x up to 1 the series ends before.',
    },
    {
      kind: 'time only',
      source: 'if (Math.abs(term) < NEGLIGIBLE * Math.abs(sum)) break;',
      changes: [
        'Math.abs(term) < NEGLIGIBLE * Math.abs(sum) → false',
        'Math.abs(term) < NEGLIGIBLE * Math.abs(sum) → Math.abs(term) <= NEGLIGIBLE * Math.abs(sum)',
        'NEGLIGIBLE * Math.abs(sum) → NEGLIGIBLE / Math.abs(sum)',
      ],
      why: 'One term more or less, below the rounding of the sum.',
    },
    {
      kind: 'same result',
      source: 'if (a > 0 && x > 0 && a < Infinity && x < Infinity) return undefined;',
      changes: ['x > 0 → true', 'x > 0 → x >= 0', 'a < Infinity → true', 'a < Infinity → a <= Infinity'],
      why: 'At this edge the computation gives the same.',
    },
    {
      kind: 'same result',
      source: 'if (known !== undefined) return 1 - known;',
      changes: ['known !== undefined → false'],
      why: 'At the edges the computation gives the same.',
    },
    {
      kind: 'rounding',
      source: 'if (a < 1 && x <= 1) return smallUpper(a, x);',
      changes: ['a < 1 → true', 'a < 1 → a <= 1', 'x <= 1 → x < 1'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (a < 1 && x <= 1) {',
      changes: [
        'a < 1 && x <= 1 → false',
        'a < 1 → true',
        'a < 1 → a <= 1',
        'a < 1 → a >= 1',
        'x <= 1 → x < 1',
        '{ const upper = smallUpper(a, x); if (upper < 0.5) return log1p(-upper); } → {}',
      ],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'rounding',
      source: 'if (upper < 0.5) return log1p(-upper);',
      changes: ['upper < 0.5 → false', 'upper < 0.5 → upper <= 0.5'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (known !== undefined) return log(1 - known);',
      changes: ['known !== undefined → false'],
      why: 'At the edges the computation gives the same.',
    },
    {
      kind: 'rounding',
      source: 'if (a < 1 && x <= 1) return log(smallUpper(a, x));',
      changes: ['a < 1 → true', 'a < 1 → a <= 1', 'x <= 1 → x < 1'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (!(a > 0 && a < Infinity && p >= 0 && p <= 1)) return Number.NaN;',
      changes: ['a < Infinity → true', 'a < Infinity → a <= Infinity', 'p >= 0 → true', 'p <= 1 → true'],
      why: 'Outside of the domain the computation gives NaN too.',
    },
    {
      kind: 'same result',
      source: 'if (p === 0) return 0;',
      changes: ['p === 0 → false'],
      why: 'From a logarithm of minus infinity the iteration comes to 0 too.',
    },
    {
      kind: 'rounding',
      source: 'return p <= 0.5 ? solve(a, log(p), true, p) : solve(a, log1p(-p), false, p);',
      changes: ['p <= 0.5 → p < 0.5'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'same result',
      source: 'if (!(a > 0 && a < Infinity && q >= 0 && q <= 1)) return Number.NaN;',
      changes: [
        '!(a > 0 && a < Infinity && q >= 0 && q <= 1) → false',
        'a > 0 && a < Infinity && q >= 0 && q <= 1 → true',
        'a > 0 && a < Infinity && q >= 0 && q <= 1 → a > 0 && a < Infinity && q >= 0 || q <= 1',
        'a > 0 && a < Infinity && q >= 0 → true',
        'a > 0 && a < Infinity && q >= 0 → a > 0 && a < Infinity || q >= 0',
        'a > 0 && a < Infinity → true',
        'a > 0 && a < Infinity → a > 0 || a < Infinity',
        'a > 0 → true',
        'a > 0 → a >= 0',
        'a < Infinity → true',
        'a < Infinity → a <= Infinity',
        'q >= 0 → true',
        'q <= 1 → true',
      ],
      why: 'Outside of the domain the computation gives NaN too.',
    },
    {
      kind: 'same result',
      source: 'if (q === 1) return 0;',
      changes: ['q === 1 → false'],
      why: 'From a logarithm of minus infinity the iteration comes to 0 too.',
    },
    {
      kind: 'rounding',
      source: 'return q <= 0.5 ? solve(a, log(q), false, 1 - q) : solve(a, log1p(-q), true, 1 - q);',
      changes: ['q <= 0.5 → q < 0.5'],
      why: 'At the border between two methods both are within the promised accuracy.',
    },
    {
      kind: 'time only',
      source: 'return q <= 0.5 ? solve(a, log(q), false, 1 - q) : solve(a, log1p(-q), true, 1 - q);',
      changes: ['1 - q → 1 + q'],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
    {
      kind: 'same result',
      source: 'for (let step = 0; step < 100; step += 1) {',
      changes: ['step < 100 → step <= 100'],
      why: 'The iteration ends long before.',
    },
    {
      kind: 'time only',
      source: 'if (Math.abs(change) < 4e-16 || next === x) return next;',
      changes: [
        'Math.abs(change) < 4e-16 || next === x → false',
        'Math.abs(change) < 4e-16 || next === x → Math.abs(change) < 4e-16 && next === x',
        'Math.abs(change) < 4e-16 → false',
        'Math.abs(change) < 4e-16 → Math.abs(change) <= 4e-16',
        'next === x → false',
      ],
      why: 'The iteration ends a step or some steps later, at the same point to rounding.',
    },
    {
      kind: 'time only',
      source: 'const small = exp((logLower + logGamma1p(a)) / a);',
      changes: ['logLower + logGamma1p(a) → logLower - logGamma1p(a)'],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
    {
      kind: 'time only',
      source: 'if (small < 0.2 * (a + 1) || a < 0.5) return Math.max(small, 5e-324);',
      changes: [
        'small < 0.2 * (a + 1) || a < 0.5 → true',
        'small < 0.2 * (a + 1) || a < 0.5 → false',
        'small < 0.2 * (a + 1) || a < 0.5 → small < 0.2 * (a + 1) && a < 0.5',
        'small < 0.2 * (a + 1) → false',
        'small < 0.2 * (a + 1) → small <= 0.2 * (a + 1)',
        'small < 0.2 * (a + 1) → small >= 0.2 * (a + 1)',
        '0.2 * (a + 1) → 0.2 / (a + 1)',
        'a + 1 → a - 1',
        'a < 0.5 → false',
        'a < 0.5 → a <= 0.5',
        'a < 0.5 → a >= 0.5',
      ],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
    {
      kind: 'time only',
      source: 'const z = lower ? deviate : -deviate;',
      changes: ['-deviate → +deviate'],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
    {
      kind: 'time only',
      source: 'const root = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));',
      changes: [
        '1 - 1 / (9 * a) + z / (3 * Math.sqrt(a)) → 1 - 1 / (9 * a) - z / (3 * Math.sqrt(a))',
        '1 - 1 / (9 * a) → 1 + 1 / (9 * a)',
        '1 / (9 * a) → 1 * (9 * a)',
        '9 * a → 9 / a',
      ],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
    {
      kind: 'time only',
      source: 'return root > 0 ? a * root * root * root : small;',
      changes: [
        'root > 0 → true',
        'root > 0 → false',
        'root > 0 → root >= 0',
        'root > 0 → root <= 0',
        'a * root * root * root → a * root * root / root',
        'a * root * root → a * root / root',
        'a * root → a / root',
      ],
      why: 'Only the start of the iteration, or the number of its steps, is another; it comes to the same point.',
    },
  ],
  'packages/core/src/numerics/log-sum-exp.ts': [
    {
      kind: 'rounding',
      source: 'if (value > largest) {',
      changes: ['value > largest → value >= largest'],
      why: 'Of equal largest values another one is left out, and the others, the same numbers, are added in another order.',
    },
    {
      kind: 'same result',
      source: 'if (difference > 0) return a + log1p(exp(-difference));',
      changes: ['difference > 0 → difference >= 0'],
      why: 'The difference of different numbers is never 0.',
    },
  ],
  'packages/core/src/driver/anderson.ts': [
    {
      kind: 'same result',
      source: 'if (proposal === undefined || next === undefined) {',
      changes: ['proposal === undefined → false'],
      why: 'Without a proposal there is no next point either; the first condition is for the compiler.',
    },
    {
      kind: 'same result',
      source: 'if (before === undefined || now === undefined) return undefined;',
      changes: ['before === undefined → false'],
      why: 'There is always one pair, and of one pair it is the second that is missing.',
    },
    {
      kind: 'same result',
      source: 'if (pairs.length < 2 || codec.length === 0) return undefined;',
      changes: ['codec.length === 0 → false'],
      why: 'Without coordinates the length of a stretched step is 0/0, which is not above 1, so that there is no proposal either.',
    },
    {
      kind: 'rounding',
      source: 'for (let turn = 0; turn < 2; turn += 1) {',
      changes: ['turn < 2 → turn <= 2'],
      why: 'A third turn takes out what rounding left of the second: nothing of weight.',
    },
    {
      kind: 'same result',
      source: 'for (let at = 0; at < rest.length; at += 1) rest[at]! -= part * direction[at]!;',
      changes: ['at < rest.length → at <= rest.length'],
      why: 'Writing past the end of a typed array does nothing.',
    },
    {
      kind: 'same result',
      source: 'for (let at = 0; at < solution.length; at += 1) solution[at]! -= factor * (moves[column]![at]! + bends[column]![at]!);',
      changes: ['at < solution.length → at <= solution.length'],
      why: 'Writing past the end of a typed array does nothing.',
    },
  ],
  'packages/core/src/driver/convergence.ts': [
    {
      kind: 'same result',
      source: 'return judge(memory, step, ratios, rate < 1 ? (step * rate) / (1 - rate) : Infinity, rounding, tolerance);',
      changes: ['rate < 1 → rate <= 1'],
      why: 'A rate of 1 divides by 0, which gives the Infinity that the other branch states; a step of 0 is dealt with before it counts.',
    },
    {
      kind: 'same result',
      source: 'return judge(memory, step, ratios, rate < 1 ? Math.max(step / (1 - rate), intended) : Infinity, rounding, tolerance);',
      changes: ['rate < 1 → rate <= 1'],
      why: 'A rate of 1 divides by 0, which gives the Infinity that the other branch states; a step of 0 is dealt with before it counts.',
    },
  ],
  'packages/core/src/driver/em-step.ts': [
    {
      kind: 'time only',
      source: 'if (values !== at.components[component]) checkParameters(mixture.families[component]!, values, component);',
      changes: ['values !== at.components[component] → true'],
      why: 'The parameters left as they were have been checked before; they are only checked again.',
    },
  ],
  'packages/core/src/driver/run.ts': [
    {
      kind: 'same result',
      source: "throw new EmkitError('ABORTED', 'The fit was aborted before its first iteration.', { reason: String(signal?.reason) });",
      changes: ['signal?.reason → signal.reason'],
      why: 'Only a signal that fired leads here, so that there is one.',
    },
    {
      kind: 'same result',
      source: "signal.addEventListener('abort', stop, { once: true });",
      changes: ['{ once: true } → {}', 'true → false'],
      why: 'The listener is removed at the end in any case.',
    },
  ],
  'packages/families/src/binomial.ts': [
    {
      kind: 'same result',
      source: 'for (let start = 0; start < size; start += 128) {',
      changes: ['start < size → start <= size'],
      why: 'Where the size is a multiple of 128 an empty run of rows is added: nothing.',
    },
  ],
  'packages/families/src/exponential.ts': [
    {
      kind: 'rounding',
      source: 'for (; i + 3 < size; i += 4) {',
      changes: ['i + 3 < size → false'],
      why: 'Four strands or one: the same numbers added in another order.',
    },
    {
      kind: 'same result',
      source: 'return rate > HUGE ? UP : rate < 1 / HUGE ? 1 / UP : 1;',
      changes: ['rate > HUGE → rate >= HUGE', 'rate < 1 / HUGE → rate <= 1 / HUGE'],
      why: 'A power of two more or less in the statistic is taken out again by the estimate without rounding.',
    },
  ],
  'packages/families/src/gamma.ts': [
    {
      kind: 'same result',
      source: 'for (let start = 0; start < size; start += 128) {',
      changes: ['start < size → start <= size'],
      why: 'Where the size is a multiple of 128 an empty run of rows is added: nothing.',
    },
  ],
  'packages/families/src/geometric.ts': [
    {
      kind: 'same result',
      source: 'for (let start = 0; start < size; start += 128) {',
      changes: ['start < size → start <= size'],
      why: 'Where the size is a multiple of 128 an empty run of rows is added: nothing.',
    },
  ],
  'packages/families/src/poisson.ts': [
    {
      kind: 'same result',
      source: 'for (let start = 0; start < size; start += 128) {',
      changes: ['start < size → start <= size'],
      why: 'Where the size is a multiple of 128 an empty run of rows is added: nothing.',
    },
  ],
};
