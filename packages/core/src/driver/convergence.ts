/** What the stopping rule remembers, as JSON. */
export interface ConvergenceMemory {
  /** The size of the last step; null before the first. */
  readonly step: number | null;
  /** The last ratios of successive steps, newest last. */
  readonly ratios: readonly number[];
  /** For how many iterations in a row the estimate has been within the tolerance. */
  readonly quiet: number;
}

export const FRESH_MEMORY: ConvergenceMemory = { step: null, ratios: [], quiet: 0 };

/** How many ratios are remembered: the slowest of them counts, so that one quick step among slow ones does not deceive. */
const REMEMBERED_RATIOS = 4;

/** In how many successive iterations the estimate must be within the tolerance. */
const QUIET_ITERATIONS = 3;

/** Steps within this many units of the parameters' rounding are noise. */
const ROUNDING_STEPS = 4;

/** The verdict after one step. `remaining` is Infinity while the steps do not shrink. */
export interface ConvergenceVerdict {
  readonly memory: ConvergenceMemory;
  readonly remaining: number;
  readonly end: 'converged' | 'stalled' | undefined;
}

/**
 * The stopping rule: EM converges linearly, so after a step of size s that shrank by the rate r the distance still to go is about
 * s r / (1 - r) (Aitken's extrapolation of the parameters). The last step alone says nothing: at a rate of 0.9999 the answer is ten
 * thousand steps away.
 *
 * @param step the dimensionless size of the last EM step
 * @param rounding the distance that one unit in the last place makes
 * @param tolerance the largest distance still to go; 0 never stops
 */
export function judgeStep(memory: ConvergenceMemory, step: number, rounding: number, tolerance: number): ConvergenceVerdict {
  const ratios = remember(memory, memory.step === null || memory.step === 0 ? undefined : step / memory.step);
  const rate = slowest(ratios);
  return judge(memory, step, ratios, rate < 1 ? (step * rate) / (1 - rate) : Infinity, rounding, tolerance);
}

/**
 * The same rule for a driver whose points are not each other's images. The rate is the factor by which the EM map brought the last two
 * points nearer to each other; the distance is that from the point itself, before its EM step, and at least that to where
 * the driver means to go.
 *
 * @param contraction that factor; undefined at the first point
 * @param intended how far the driver means to go, 0 where it does not know
 */
export function judgeAccelerated(
  memory: ConvergenceMemory,
  step: number,
  contraction: number | undefined,
  intended: number,
  rounding: number,
  tolerance: number,
): ConvergenceVerdict {
  const ratios = remember(memory, contraction);
  const rate = slowest(ratios);
  return judge(memory, step, ratios, rate < 1 ? Math.max(step / (1 - rate), intended) : Infinity, rounding, tolerance);
}

function remember(memory: ConvergenceMemory, ratio: number | undefined): readonly number[] {
  return ratio === undefined ? memory.ratios : [...memory.ratios, ratio].slice(-REMEMBERED_RATIOS);
}

function slowest(ratios: readonly number[]): number {
  return ratios.length === 0 ? 1 : Math.max(...ratios);
}

function judge(
  memory: ConvergenceMemory,
  step: number,
  ratios: readonly number[],
  remaining: number,
  rounding: number,
  tolerance: number,
): ConvergenceVerdict {
  if (step === 0) {
    return { memory: { step, ratios: [], quiet: memory.quiet + 1 }, remaining: 0, end: tolerance > 0 ? 'converged' : undefined };
  }
  const noise = step <= ROUNDING_STEPS * rounding;
  const within = remaining <= tolerance || (noise && rounding <= tolerance);
  const quiet = within || noise ? memory.quiet + 1 : 0;
  const next = { step, ratios, quiet };
  if (tolerance === 0 || quiet < QUIET_ITERATIONS) return { memory: next, remaining, end: undefined };
  return { memory: next, remaining: within ? Math.min(remaining, tolerance) : remaining, end: within ? 'converged' : 'stalled' };
}
