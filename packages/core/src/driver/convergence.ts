/** What the stopping rule remembers, as JSON. */
export interface ConvergenceMemory {
  /** The size of the last EM step; null before the first. */
  readonly step: number | null;
  /** The last factors by which the EM map brought points nearer to each other, newest last. */
  readonly ratios: readonly number[];
  /** For how many iterations in a row the estimated distance still to go has been within the tolerance, or the steps mere noise. */
  readonly quiet: number;
  /** The estimated distance still to go; null while it is not known. */
  readonly remaining: number | null;
  /** What is estimated to be left of the log-likelihood, in nats; null while it is not known. */
  readonly left: number | null;
  /** For how many iterations in a row that has been little enough. */
  readonly settled: number;
  /** The smallest EM step so far, and for how many iterations there was no smaller one. */
  readonly smallest: number | null;
  readonly restless: number;
  /** How the run ended, and to which tolerance, where a last step took the place of the point that was judged. */
  readonly end?: Ending & { readonly tolerance: number };
}

export const FRESH_MEMORY: ConvergenceMemory = {
  step: null,
  ratios: [],
  quiet: 0,
  remaining: null,
  left: null,
  settled: 0,
  smallest: null,
  restless: 0,
};

/** How many ratios are remembered: the slowest of them counts, so that one quick step among slow ones does not deceive. */
const REMEMBERED_RATIOS = 4;

/** In how many successive iterations an estimate must be within its tolerance. */
const QUIET_ITERATIONS = 3;

/** Steps within this many units of the parameters' rounding are noise. */
const ROUNDING_STEPS = 4;

/** With so many iterations without a smaller step, and nothing left of the log-likelihood beside its rounding, a run only shakes. */
const RESTLESS_ITERATIONS = 20;

/** What was seen in one iteration. */
export interface Observation {
  /** The dimensionless size of the EM step from the point. */
  readonly step: number;
  /** By what factor the EM map brought the last two points nearer to each other; undefined where there are no two. */
  readonly ratio: number | undefined;
  /** How far an accelerated driver means to go, 0 where it does not know. */
  readonly intended: number;
  /** The distance that one unit in the last place makes. */
  readonly rounding: number;
  /** What an accelerated driver expects to gain up to the optimum, in nats; undefined where it does not know. */
  readonly expected: number | undefined;
  /** The change of Q by the EM step, in nats; NaN where it is not known. */
  readonly gain: number;
  /** What rounds of the log-likelihood, in nats. */
  readonly noise: number;
}

export interface StoppingRule {
  /** The largest distance still to go; 0 never stops. */
  readonly tolerance: number;
  /** What may be left of the log-likelihood, in nats; 0 leaves it to the distance. */
  readonly nats: number;
  /** Whether nats count already. */
  readonly settling: boolean;
}

/** The verdict at a point. `remaining` is Infinity while the steps do not shrink. */
export interface ConvergenceVerdict {
  readonly memory: ConvergenceMemory;
  readonly end: Ending | undefined;
}

export type Ending = ({ readonly kind: 'converged'; readonly rule: 'distance' | 'nats' } | { readonly kind: 'stalled' }) & {
  /** Judged from steps that gain nothing beside the rounding of the log-likelihood: whoever knows how it bends knows better. */
  readonly doubtful?: true;
};

/**
 * The stopping rule. EM converges linearly, so at a point whose EM step has size s, where steps shrink by the rate r, the distance still
 * to go is about s / (1 - r) (Aitken's extrapolation of the parameters). The last step alone says nothing: at a rate of 0.9999 the answer
 * is ten thousand steps away.
 *
 * By the same rate the log-likelihood that is left is about g / (1 - r), where g is the gain of Q by the step: near an optimum both are
 * quadratic in the step, in the metrics of the complete and the observed information, which differ by the factor 1 - r. It ends what
 * the distance would not, a ridge of the likelihood: with 1e-6 nats left no parameter that the data determine is further from the
 * optimum than 0.0014 of its standard errors.
 */
export function judge(memory: ConvergenceMemory, seen: Observation, rule: StoppingRule): ConvergenceVerdict {
  const { step, rounding, gain, noise } = seen;
  const ratios = seen.ratio === undefined ? memory.ratios : [...memory.ratios, seen.ratio].slice(-REMEMBERED_RATIOS);
  const rate = ratios.length === 0 ? 1 : Math.max(...ratios);
  const smaller = memory.smallest === null || step < memory.smallest;
  const smallest = smaller ? finite(step) : memory.smallest;
  if (step === 0) {
    const rest = { ...memory, step, ratios: [], quiet: memory.quiet + 1, remaining: 0, left: 0, smallest };
    return { memory: rest, end: rule.tolerance > 0 ? { kind: 'converged', rule: 'distance' } : undefined };
  }
  const estimate = rate < 1 ? Math.max(step / (1 - rate), seen.intended) : Infinity;
  const remaining = Number.isNaN(estimate) ? Infinity : estimate;
  const left = seen.expected ?? (rate < 1 ? gain / (1 - rate) : Infinity);
  const shaking = step <= ROUNDING_STEPS * rounding;
  const within = remaining <= rule.tolerance || (shaking && rounding <= rule.tolerance);
  const next: ConvergenceMemory = {
    step: finite(step),
    ratios,
    quiet: within || shaking ? memory.quiet + 1 : 0,
    remaining: within ? Math.min(remaining, rule.tolerance) : finite(remaining),
    left: finite(Math.max(left, gain)),
    settled: Math.max(left, gain) <= rule.nats ? memory.settled + 1 : 0,
    smallest,
    restless: smaller || !(gain <= noise) ? 0 : memory.restless + 1,
  };
  return { memory: next, end: rule.tolerance === 0 ? undefined : ending(next, within, shaking, step, rule) };
}

function ending(memory: ConvergenceMemory, within: boolean, shaking: boolean, step: number, rule: StoppingRule): Ending | undefined {
  if (memory.quiet >= QUIET_ITERATIONS && within) return { kind: 'converged', rule: 'distance' };
  if (memory.quiet >= QUIET_ITERATIONS && shaking) return { kind: 'stalled' };
  if (rule.settling && memory.settled >= QUIET_ITERATIONS) return { kind: 'converged', rule: 'nats' };
  if (memory.restless < RESTLESS_ITERATIONS) return undefined;
  // Twenty steps that gain nothing beside the rounding of the log-likelihood: a ridge, or noise finer than what was asked for.
  const doubtful = true;
  if (step <= rule.tolerance) return { kind: 'converged', rule: 'distance', doubtful };
  return rule.nats > 0 ? { kind: 'converged', rule: 'nats', doubtful } : { kind: 'stalled', doubtful };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
