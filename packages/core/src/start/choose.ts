import type { SynchronousBackend } from '../backend/backend.ts';
import { createMemoryBackend } from '../backend/memory.ts';
import type { Dataset } from '../data/block.ts';
import { summarize } from '../data/summary.ts';
import type { DriverResult, Process } from '../driver/driver.ts';
import { emDriver, startState } from '../driver/em.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import type { Random } from '../random.ts';
import { type Assignment, kMeansAssignment, quantileAssignment, randomAssignment } from './assignments.ts';
import { locate } from './central.ts';
import { type Features, startFeatures } from './features.ts';
import { parametersFromAssignment } from './from-assignment.ts';
import { sampleRows } from './sample.ts';

/** How a start is made: `auto` mixes the others. `quantile` is for one observed column. */
export type StartMethod = 'auto' | 'k-means++' | 'quantile' | 'random';

export const START_METHODS: readonly StartMethod[] = ['auto', 'k-means++', 'quantile', 'random'];

/** A start after its short run on (a sample of) the data. */
export interface StartCandidate {
  readonly method: Exclude<StartMethod, 'auto'>;
  readonly parameters: MixtureParameters;
  /** After the short run, on the sample; minus infinity where the run collapsed. */
  readonly logLikelihood: number;
  readonly collapsed: boolean;
}

/** Rows on which starts are tried: enough to tell good from bad, few enough to cost less than the fit itself. */
const SAMPLE_ROWS = 20_000;

/** Iterations of a short run (Biernacki, Celeux and Govaert 2003 find few to be enough to rank starts). */
const SHORT_RUN = 25;

/**
 * Makes several starts, runs each for a few iterations, and returns them best first. The ranking is by log-likelihood, collapsed
 * runs last: an unbounded likelihood is no merit.
 */
export function* chooseStarts(
  mixture: Mixture,
  dataset: Dataset,
  method: StartMethod,
  starts: number,
  random: Random,
): Process<readonly StartCandidate[]> {
  const components = mixture.families.length;
  const sample = sampleRows(dataset, SAMPLE_ROWS, random);
  const summary = summarize(sample);
  const central = mixture.families.map((family) => locate(family, summary));
  if (components === 1) {
    const parameters = parametersFromAssignment(mixture, sample, new Int32Array(sample.distinctRows), central);
    return [{ method: 'quantile', parameters, logLikelihood: Number.NaN, collapsed: false }];
  }
  const features = startFeatures(sample, mixture.families[0]!);
  const backend = createMemoryBackend(mixture, sample);
  const candidates: StartCandidate[] = [];
  const tried: Trial[] = [];
  let failure: unknown;
  for (let index = 0; index < starts; index += 1) {
    const chosen = methodOf(method, index, features.columns.length);
    const assignment = relabel(mixture, makeAssignment(chosen, index, features, components, random), index, random);
    // Where clusters stand apart, most starts find the same ones, and the run from the same assignment is the same run.
    const known = tried.find((trial) => equalAssignments(trial.assignment, assignment));
    if (known !== undefined) {
      candidates.push({ ...known.candidate, method: chosen });
      continue;
    }
    try {
      const parameters = parametersFromAssignment(mixture, sample, assignment, central);
      const result = yield* runHere(emDriver(mixture, startState('em', parameters), { iterations: SHORT_RUN, tolerance: 1e-6 }), backend);
      const collapsed = result.diagnosis.kind === 'collapsed';
      const candidate: StartCandidate = {
        method: chosen,
        parameters: collapsed ? parameters : result.state.parameters,
        logLikelihood: result.expectation.logLikelihood,
        collapsed,
      };
      candidates.push(candidate);
      tried.push({ assignment, candidate });
    } catch (error) {
      if (!(error instanceof EmkitError) || error.code !== 'COMPONENT_DEGENERATE') throw error;
      failure = error;
    }
  }
  if (candidates.length === 0) throw failure;
  return candidates.sort((a, b) => Number(a.collapsed) - Number(b.collapsed) || b.logLikelihood - a.logLikelihood);
}

/** A start whose short run is done. */
interface Trial {
  readonly assignment: Assignment;
  readonly candidate: StartCandidate;
}

function equalAssignments(a: Assignment, b: Assignment): boolean {
  return a.every((component, row) => component === b[row]);
}

function methodOf(method: StartMethod, index: number, features: number): Exclude<StartMethod, 'auto'> {
  if (method !== 'auto') return method;
  if (index === 0 && features === 1) return 'quantile';
  return index % 4 === 3 ? 'random' : 'k-means++';
}

function makeAssignment(
  method: Exclude<StartMethod, 'auto'>,
  index: number,
  features: Features,
  components: number,
  random: Random,
): Assignment {
  if (method === 'quantile') return quantileAssignment(features, components);
  if (method === 'random') return randomAssignment(features, components, random);
  // Some starts keep the drawn centres, which scatter more widely than where Lloyd's iterations lead.
  return kMeansAssignment(features, components, random, index % 2 === 0 ? 20 : 0);
}

/** Where components are of different families, which of them gets which cluster matters: all but the first start shuffle. */
function relabel(mixture: Mixture, assignment: Assignment, index: number, random: Random): Assignment {
  if (index === 0 || mixture.families.every((family) => family === mixture.families[0])) return assignment;
  const order = mixture.families.map((_, component) => component);
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return assignment.map((component) => order[component]!);
}

/** Answers a driver's questions from a backend at hand, offering a pause for every slice of work. */
function* runHere(driver: Process<DriverResult>, backend: SynchronousBackend): Process<DriverResult> {
  let answer: Expectation | undefined;
  for (;;) {
    const turn = driver.next(answer);
    if (turn.done) return turn.value;
    answer = undefined;
    if (turn.value.kind !== 'expect') continue;
    const slices = backend.expectInSlices(turn.value.request);
    for (;;) {
      yield { kind: 'pause' };
      const slice = slices.next();
      if (slice.done) {
        answer = slice.value;
        break;
      }
    }
  }
}
