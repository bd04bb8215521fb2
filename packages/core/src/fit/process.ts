import type { Summary } from '../data/summary.ts';
import { drive, startState } from '../driver/drive.ts';
import type { DriverOptions, DriverResult, Process } from '../driver/driver.ts';
import { EmkitError } from '../errors.ts';
import type { MixtureParameters } from '../model/latent-model.ts';
import { createRandom } from '../random.ts';
import { centralPoint, chooseStarts, type StartCandidate, type StartMethod } from '../start/choose.ts';
import { grow } from '../start/grow.ts';
import { runSoftened } from '../start/soften.ts';
import { DEFAULT_ITERATIONS, DEFAULT_NATS, DEFAULT_STARTS, DEFAULT_TOLERANCE, type FitOptions } from './options.ts';
import { moveFrom, type Plan } from './plan.ts';
import type { StartEvidence } from './result.ts';

export interface Outcome {
  readonly result: DriverResult;
  readonly starts: readonly StartEvidence[];
  readonly summary: Summary;
}

/** The whole of a fit: starts, short runs, and the run to convergence. */
export function* fitProcess(plan: Plan): Process<Outcome> {
  const { model, options, origin, resumed } = plan;
  const summary = (yield { kind: 'summary' }) as Summary;
  if (resumed !== undefined) return { result: yield* drive(model, resumed, ruleOf(options)), starts: [], summary };
  const { start = 'auto' } = options;
  if (typeof start === 'string') return yield* fromOwnStarts(plan, start, summary);
  const result = yield* driveFrom(plan, moveFrom(model, model.space.check(start), origin));
  if (result.diagnosis.kind !== 'collapsed' || options.onCollapse !== 'restart') return { result, starts: [], summary };
  return yield* fromOwnStarts(plan, 'auto', summary);
}

function ruleOf({ tolerance, iterations = DEFAULT_ITERATIONS }: FitOptions): DriverOptions {
  return { iterations, tolerance: tolerance ?? DEFAULT_TOLERANCE, ...(tolerance === undefined && { nats: DEFAULT_NATS }) };
}

function driveFrom({ model, options, origin }: Plan, from: MixtureParameters): Process<DriverResult> {
  return drive(model, startState(options.accelerate === false ? 'em' : 'anderson', from, origin), ruleOf(options));
}

/** Runs from the best start that does not collapse; from the last if all do. */
function* fromOwnStarts(plan: Plan, method: StartMethod, summary: Summary): Process<Outcome> {
  const { model, options, seed, neighbour } = plan;
  const random = createRandom(seed);
  const central = centralPoint(model, summary);
  const candidates = yield* chooseStarts(model, central, method, options.starts ?? DEFAULT_STARTS, random, neighbour);
  const collapsed = new Set<StartCandidate>();
  let impossible: EmkitError | undefined;
  for (const candidate of candidates) {
    const grows = options.accelerate !== false && !candidate.collapsed && model.families.length > 1;
    try {
      const parameters = grows ? yield* grow(model, candidate.parameters, summary, random) : candidate.parameters;
      const result = yield* runSoftened(model, central, parameters, (from) => driveFrom(plan, from));
      const fell = result.diagnosis.kind === 'collapsed';
      if (fell) collapsed.add(candidate);
      if (!fell || candidate === candidates.at(-1)) return { result, starts: evidence(candidates, candidate, collapsed), summary };
    } catch (error) {
      // A start that nobody gave is no more than a try.
      if (!(error instanceof EmkitError) || error.code !== 'MODEL_IMPOSSIBLE_DATA') throw error;
      impossible ??= error;
      collapsed.add(candidate);
    }
  }
  throw new EmkitError('COMPONENT_DEGENERATE', 'No automatic start leads to a model under which every row is possible.', {
    reason: impossible?.message ?? 'no start was tried',
    remedy: 'Use fewer components, or give a start.',
  });
}

function evidence(
  candidates: readonly StartCandidate[],
  chosen: StartCandidate,
  collapsed: ReadonlySet<StartCandidate>,
): readonly StartEvidence[] {
  return candidates.map((candidate) => ({
    method: candidate.method,
    logLikelihood: candidate.logLikelihood,
    outcome: candidate === chosen ? 'chosen' : collapsed.has(candidate) || candidate.collapsed ? 'collapsed' : 'passed over',
  }));
}
