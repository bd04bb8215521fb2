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
};
