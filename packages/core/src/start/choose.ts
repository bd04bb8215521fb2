import type { Dataset } from '../data/block.ts';
import type { Summary } from '../data/summary.ts';
import { drive, startState } from '../driver/drive.ts';
import type { Answer, DriverResult, Process } from '../driver/driver.ts';
import { expectAt } from '../driver/em-map.ts';
import { EmkitError, type ErrorCode } from '../errors.ts';
import { MOST_RECENTRINGS } from '../model/estimable.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { Random } from '../random.ts';
import { memorySource } from '../source/memory.ts';
import type { SynchronousSource } from '../source/source.ts';
import { type Assignment, kMeansAssignment, quantileAssignment, randomAssignment } from './assignments.ts';
import { locate } from './central.ts';
import { type Features, startFeatures } from './features.ts';
import { parametersFromAssignment, SPREAD } from './from-assignment.ts';
import { type Neighbour, splitAssignments } from './split.ts';

/** How a start is made: `auto` mixes the others. `quantile` is for one observed column. */
export type StartMethod = 'auto' | 'k-means++' | 'quantile' | 'random';

export const START_METHODS: readonly StartMethod[] = ['auto', 'k-means++', 'quantile', 'random'];

/** A start after its short run on (a sample of) the data. */
export interface StartCandidate {
  readonly method: Exclude<StartMethod, 'auto'> | 'split';
  readonly parameters: MixtureParameters;
  /** After the short run, on the sample; minus infinity where the run collapsed. */
  readonly logLikelihood: number;
  readonly collapsed: boolean;
}

/** Rows on which starts are tried: enough to tell good from bad, few enough to cost less than the fit itself. */
export const SAMPLE_ROWS = 20_000;

/** Iterations of a short run (Biernacki, Celeux and Govaert 2003 find few to be enough to rank starts). */
const SHORT_RUN = 25;

/** A point about which first sums of the whole data can be taken: all of them as one component. */
export function centralPoint(model: Mixture, summary: Summary): MixtureParameters {
  const width = model.families[0]!.columns.length;
  const own = { ...summary, columns: summary.columns.slice(0, width), columnNames: summary.columnNames.slice(0, width) };
  const law = model.latent.locate?.(summary.columns.slice(width)) ?? model.latent.start;
  return { ...law, components: model.families.map((family) => locate(family, own)) };
}

/**
 * Makes several starts, runs each for a few iterations on a sample, and returns them best first. The ranking is by log-likelihood, collapsed
 * runs last: an unbounded likelihood is no merit. A neighbour, with one component less, gives further starts by splitting one of its.
 */
export function* chooseStarts(
  model: Mixture,
  central: MixtureParameters,
  method: StartMethod,
  starts: number,
  random: Random,
  neighbour?: Neighbour,
): Process<readonly StartCandidate[]> {
  const components = model.families.length;
  if (components === 1) {
    const parameters = yield* wholeEstimate(model, central);
    return [{ method: 'quantile', parameters, logLikelihood: Number.NaN, collapsed: false }];
  }
  const sample = (yield { kind: 'sample', rows: SAMPLE_ROWS, random }) as Dataset;
  const features = startFeatures(sample, model.families[0]!);
  const source = memorySource(sample);
  const candidates: StartCandidate[] = [];
  const tried: Trial[] = [];
  let failure: unknown;
  function* attempt(chosen: StartCandidate['method'], assignment: Assignment): Process<void> {
    // Where clusters stand apart, most starts find the same ones, and the run from the same assignment is the same run.
    const known = tried.find((trial) => equalAssignments(trial.assignment, assignment));
    if (known !== undefined) {
      candidates.push({ ...known.candidate, method: chosen });
      return;
    }
    const candidate = yield* shortRun(chosen, assignment, SPREAD);
    // Where sizes differ by orders, a share of the largest rows swamps the others' components: then without it.
    const swamped = candidate === undefined || hasVanished(candidate) || (tried.length === 0 && isSkewed(features));
    const harder = swamped ? yield* shortRun(chosen, assignment, 0) : undefined;
    const better = harder !== undefined && !harder.collapsed && !(harder.logLikelihood <= (candidate?.logLikelihood ?? -Infinity));
    const found = better ? harder : candidate;
    if (found === undefined) return;
    candidates.push(found);
    tried.push({ assignment, candidate: found });
  }
  function* shortRun(chosen: StartCandidate['method'], assignment: Assignment, spread: number): Process<StartCandidate | undefined> {
    try {
      const parameters = parametersFromAssignment(model, sample, assignment, central, spread);
      const rule = { iterations: SHORT_RUN, tolerance: 1e-6, sampled: true };
      const result = yield* runHere(drive(model, startState('em', parameters), rule), source);
      const collapsed = result.diagnosis.kind === 'collapsed';
      return {
        method: chosen,
        parameters: collapsed ? parameters : result.state.parameters,
        logLikelihood: result.expectation.logLikelihood,
        collapsed,
      };
    } catch (error) {
      if (!(error instanceof EmkitError) || !NO_START.includes(error.code)) throw error;
      failure ??= error;
      return undefined;
    }
  }
  for (let index = 0; index < starts; index += 1) {
    yield { kind: 'pause' };
    const chosen = methodOf(method, index, features.columns.length);
    yield* attempt(chosen, relabel(model, makeAssignment(chosen, index, features, components, random), index, random));
  }
  if (neighbour !== undefined) {
    for (const assignment of splitAssignments(neighbour, sample, features, random)) yield* attempt('split', assignment);
  }
  if (candidates.length === 0) throw failure;
  return candidates.sort((a, b) => Number(a.collapsed) - Number(b.collapsed) || b.logLikelihood - a.logLikelihood);
}

/** Without softening a component may have no estimate, or make some row impossible. */
const NO_START: readonly ErrorCode[] = ['COMPONENT_DEGENERATE', 'MODEL_IMPOSSIBLE_DATA'];

/** A component with so small a weight after a short run found no rows of its own. */
const VANISHED = 1e-6;

function hasVanished({ parameters, collapsed }: StartCandidate): boolean {
  return !collapsed && (parameters.weights?.some((weight) => weight < VANISHED) ?? false);
}

/** Whether half of the rows of a single column are nearer to its least value than what a start spreads of all. */
function isSkewed({ columns: [column, ...others], rows }: Features): boolean {
  if (column === undefined || others.length > 0) return false;
  const sorted = column.toSorted();
  const mean = sorted.reduce((sum, value) => sum + value / rows, 0);
  return SPREAD * (mean - sorted[0]!) > sorted[rows >> 1]! - sorted[0]!;
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
function relabel(model: Mixture, assignment: Assignment, index: number, random: Random): Assignment {
  if (index === 0 || model.families.every((family) => family === model.families[0])) return assignment;
  const order = model.families.map((_, component) => component);
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return assignment.map((component) => order[component]!);
}

/** The estimate of one component from all data: a sample might not hold what makes it possible. */
function* wholeEstimate(model: Mixture, central: MixtureParameters): Process<MixtureParameters> {
  let about = central;
  let { sums } = yield* expectAt(model, central);
  for (let again = 0; again < MOST_RECENTRINGS; again += 1) {
    const point = model.recentre(sums, about);
    if (point === undefined) break;
    about = point;
    ({ sums } = yield* expectAt(model, central, about));
  }
  return model.maximize(sums, about);
}

/** Answers a process from a source at hand, offering a pause for every slice of work. */
export function* runHere(process: Process<DriverResult>, source: SynchronousSource): Process<DriverResult> {
  let answer: Answer;
  for (;;) {
    const turn = process.next(answer);
    if (turn.done) return turn.value;
    answer = undefined;
    if (turn.value.kind !== 'expect') continue;
    const slices = source.expectInSlices(turn.value.request);
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
