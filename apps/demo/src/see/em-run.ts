import {
  createDataset,
  createMixture,
  type DataInput,
  type Diagnosis,
  EmkitError,
  type Expectation,
  type Family,
  fitSteps,
  type Held,
  type MixtureParameters,
  Model,
  memorySource,
} from '@emkit/core';

/** What is fitted: a family, a number of components and data. */
export interface Problem {
  readonly family: Family;
  readonly components: number;
  readonly data: DataInput;
  readonly rows: number;
  readonly held?: Held;
}

export interface RunPoint {
  readonly parameters: MixtureParameters;
  readonly logLikelihood: number;
}

/** A whole run of textbook EM from a start: every point it passes. */
export interface EmRun {
  readonly problem: Problem;
  readonly points: readonly RunPoint[];
  readonly diagnosis: Diagnosis;
}

/** More would not be watched, and every example converges before. */
const ITERATIONS = 600;

/** The distance to the optimum at which a run ends: closer, nothing on the page would move. */
const TOLERANCE = 1e-7;

export function runEm(problem: Problem, start: MixtureParameters): EmRun {
  const { family, components, data, held } = problem;
  const steps = fitSteps(data, {
    family,
    components,
    start,
    accelerate: false,
    iterations: ITERATIONS,
    tolerance: TOLERANCE,
    ...(held && { held }),
  });
  const points: RunPoint[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done) return { problem, points, diagnosis: step.value.diagnosis };
    points.push({ parameters: step.value.parameters, logLikelihood: step.value.logLikelihood });
  }
}

function modelOf({ family, components }: Problem, parameters: MixtureParameters): Model {
  return new Model(createMixture({ family, components }), parameters);
}

export type Responsibilities = readonly Float64Array[];

const responsibilitiesOfPoint = new WeakMap<RunPoint, Responsibilities>();

/** P(component | row) at a point: one array a component. */
export function responsibilitiesAt({ problem }: EmRun, point: RunPoint): Responsibilities {
  let known = responsibilitiesOfPoint.get(point);
  if (known === undefined) {
    known = modelOf(problem, point.parameters).responsibilities(problem.data);
    responsibilitiesOfPoint.set(point, known);
  }
  return known;
}

/** The expectation at a point, as the engine takes it: expected counts and expected sufficient statistics. */
export function expectationAt({ problem }: EmRun, { parameters: at }: RunPoint): Expectation {
  const mixture = createMixture(problem);
  const dataset = createDataset(problem.data, mixture.families, problem.components);
  return memorySource(dataset).expect({ model: mixture, at, about: at });
}

const boundOfPoint = new WeakMap<RunPoint, number>();

/** Jensen's bound after the M-step that led to point `index`: at its parameters, with the responsibilities of the point before. */
export function boundAfterMStep(run: EmRun, index: number): number {
  const point = run.points[index]!;
  let known = boundOfPoint.get(point);
  if (known === undefined) {
    known = boundAt(run.problem, point.parameters, responsibilitiesAt(run, run.points[index - 1]!));
    boundOfPoint.set(point, known);
  }
  return known;
}

function boundAt(problem: Problem, parameters: MixtureParameters, responsibilities?: Responsibilities): number {
  return modelOf(problem, parameters).bound(problem.data, responsibilities).freeEnergy;
}

/** The log-likelihood and the bound along the straight line through two points of a run. */
export interface BoundSlice {
  /** Position: 0 at the point where the bound was made, 1 where the M-step leads. */
  readonly position: readonly number[];
  readonly logLikelihood: readonly number[];
  readonly bound: readonly number[];
}

/** Samples along the line: from 0.8 of the step before its beginning to 0.8 after its end, both of which are sampled exactly. */
const SAMPLES_IN_STEP = 25;
const SAMPLES_BEYOND = 20;

export function boundSlice(run: EmRun, index: number): BoundSlice | undefined {
  const from = run.points[index];
  const to = run.points[index + 1];
  if (from === undefined || to === undefined) return undefined;
  const responsibilities = responsibilitiesAt(run, from);
  const slice = { position: [] as number[], logLikelihood: [] as number[], bound: [] as number[] };
  for (let sample = -SAMPLES_BEYOND; sample <= SAMPLES_IN_STEP + SAMPLES_BEYOND; sample += 1) {
    const position = sample / SAMPLES_IN_STEP;
    try {
      const parameters = between(from.parameters, to.parameters, position);
      const logLikelihood = boundAt(run.problem, parameters);
      const bound = boundAt(run.problem, parameters, responsibilities);
      if (!Number.isFinite(logLikelihood) || !Number.isFinite(bound)) continue;
      slice.position.push(position);
      slice.logLikelihood.push(logLikelihood);
      slice.bound.push(bound);
    } catch (error) {
      // Beyond the two points the line may leave the domain of the parameters: the curves end there.
      if (!(error instanceof EmkitError)) throw error;
    }
  }
  return slice;
}

function between(from: MixtureParameters, to: MixtureParameters, position: number): MixtureParameters {
  const weights = from.weights.map((weight, component) => mix(weight, to.weights[component]!, position) as number);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    weights: weights.map((weight) => weight / total),
    components: from.components.map((values, component) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mix(value, to.components[component]![name]!, position)])),
    ) as MixtureParameters['components'],
  };
}

function mix(from: unknown, to: unknown, position: number): unknown {
  if (Array.isArray(from)) return from.map((entry, index) => mix(entry, (to as unknown[])[index], position));
  return (from as number) + position * ((to as number) - (from as number));
}

/** Whether two runs ended at the same optimum, whichever component is called first. */
export function sameOptimum(a: EmRun, b: EmRun): boolean {
  const [x, y] = [a.points.at(-1)!.logLikelihood, b.points.at(-1)!.logLikelihood];
  return Math.abs(x - y) <= 1e-5 * Math.max(1, Math.abs(x));
}
