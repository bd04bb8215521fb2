import {
  createRandom,
  type Domain,
  domainViolation,
  type Family,
  type FamilyDefinition,
  fit,
  type MixtureParameters,
  type ParameterValue,
  type ParameterValues,
} from '@emkit/core';
import { createMixture, createReference, type NumericParameters, type Reference, ReferenceFailure, runEm } from '@emkit/reference';
import { type Decimal, estimateUlps } from './measure.ts';
import { drawRow, parametersIn } from './points.ts';

/** M-steps that every fit makes. */
export const ITERATIONS = 20;

const ROWS = 32;

/** What is done to the ordinary data. */
export const TREATMENTS = [
  'ordinary',
  'shifted by 1e8 deviations',
  'shifted by 1e12 deviations',
  'scaled by 1e-150',
  'scaled by 1e150',
  'scaled by 1e-300',
  'every row five times',
  'one row at 1e6 deviations',
] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** A fit to be repeated by anyone: the data, where EM starts, and the number of M-steps. */
export interface FitCase {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly treatment: Treatment;
  /** One list a row. */
  readonly rows: readonly (readonly number[])[];
  readonly start: MixtureParameters;
  readonly iterations: number;
}

/** What a program found. */
export interface FitAnswer {
  readonly weights: readonly number[];
  readonly components: readonly ParameterValues[];
  readonly logLikelihood: number;
}

/** The correct digits of an answer: at most 16, below 0 never; undefined where there is no answer. */
export interface Digits {
  readonly weights: number;
  /** The worst number of the parameters that are locations. */
  readonly locations: number | undefined;
  /** The worst number of the other parameters. */
  readonly others: number | undefined;
  readonly logLikelihood: number;
}

/** The cases of one variant of a family: those treatments that its units and its support allow. */
export function casesOf(definition: FamilyDefinition, variant: object, treatments: readonly Treatment[] = TREATMENTS): readonly FitCase[] {
  const family: Family = definition(variant);
  const ordinary = ordinaryCase(family);
  if (ordinary === undefined) return [];
  return treatments.flatMap((treatment) => {
    const treated = treat(family, ordinary, treatment);
    return treated === undefined ? [] : [treated];
  });
}

/** Two components well enough apart that neither collapses, and a start that is two M-steps from an automatic one. */
function ordinaryCase(family: Family): FitCase | undefined {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = createRandom(seed);
    const truths = [parametersIn(family, 'ordinary', random), parametersIn(family, 'ordinary', random)];
    const rows = Array.from({ length: ROWS }, (_, index) => drawRow(family, truths[index % 2]!, random));
    const { options } = family;
    try {
      const begun = fit(columnsOf(family, rows), { family, components: 2, iterations: 2, accelerate: false, starts: 4, seed });
      const start = { weights: begun.weights, components: begun.components };
      const ended = fit(columnsOf(family, rows), { family, components: 2, iterations: ITERATIONS, tolerance: 0, accelerate: false, start });
      if (ended.diagnosis.kind !== 'iteration-limit' || Math.min(...ended.weights) < 0.05) continue;
      return { family: family.id, options, treatment: 'ordinary', rows, start, iterations: ITERATIONS };
    } catch {
      // A start that collapsed: other data.
    }
  }
  return undefined;
}

function columnsOf(family: Family, rows: readonly (readonly number[])[]): Record<string, Float64Array> {
  return Object.fromEntries(family.columns.map(({ name }, column) => [name, Float64Array.from(rows, (row) => row[column]!)]));
}

function treat(family: Family, ordinary: FitCase, treatment: Treatment): FitCase | undefined {
  const { rows, start } = ordinary;
  const columns = family.columns.length;
  const spread = family.columns.map((_, column) => deviationOf(rows.map((row) => row[column]!)));
  const moved = (scale: number, shift: readonly number[]): FitCase => ({
    ...ordinary,
    treatment,
    rows: rows.map((row) => row.map((x, column) => x * scale + shift[column]!)),
    start: {
      ...start,
      components: start.components.map((values) => family.equivariance!.transform(values, new Array<number>(columns).fill(scale), shift)),
    },
  });
  const zeros = new Array<number>(columns).fill(0);
  const shifts = (deviations: number): FitCase | undefined =>
    family.equivariance?.shift === true
      ? moved(
          1,
          spread.map((deviation) => deviations * deviation),
        )
      : undefined;
  const scales = (scale: number): FitCase | undefined => {
    if (family.equivariance?.scale !== true) return undefined;
    const candidate = moved(scale, zeros);
    // A variance in these units may be no double.
    return candidate.start.components.every((values) => representable(values) && isInside(family, values)) ? candidate : undefined;
  };
  switch (treatment) {
    case 'ordinary':
      return ordinary;
    case 'shifted by 1e8 deviations':
      return shifts(1e8);
    case 'shifted by 1e12 deviations':
      return shifts(1e12);
    case 'scaled by 1e-150':
      return scales(1e-150);
    case 'scaled by 1e150':
      return scales(1e150);
    case 'scaled by 1e-300':
      return scales(1e-300);
    case 'every row five times':
      return { ...ordinary, treatment, rows: rows.flatMap((row) => [row, row, row, row, row]) };
    case 'one row at 1e6 deviations': {
      if (family.columns.some(({ support, given }) => given === true || (support.kind !== 'real' && support.maximum !== Infinity)))
        return undefined;
      const discrete = family.columns.some(({ support }) => support.kind === 'integer');
      const far = rows[0]!.map((x, column) => x + 1e6 * spread[column]!);
      return { ...ordinary, treatment, rows: [...rows.slice(1), discrete ? far.map(Math.round) : far] };
    }
  }
}

function representable(value: ParameterValues | ParameterValue): boolean {
  if (typeof value === 'number') return value === 0 || (Math.abs(value) > 1e-307 && Math.abs(value) < 1e307);
  return Object.values(value).every(representable);
}

function isInside(family: Family, values: ParameterValues): boolean {
  return Object.entries(family.parameters).every(([name, domain]) => domainViolation(domain as Domain, values[name]) === undefined);
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Our own answer: plain EM for the stated number of M-steps; where the run ends before, the diagnosis. */
export function ourAnswer(definition: FamilyDefinition, fitCase: FitCase): FitAnswer | { readonly failure: string } {
  const family: Family = definition(fitCase.options);
  const found = fit(columnsOf(family, fitCase.rows), {
    family,
    components: fitCase.start.weights.length,
    start: fitCase.start,
    iterations: fitCase.iterations,
    tolerance: 0,
    accelerate: false,
  });
  if (found.iterations === fitCase.iterations)
    return { weights: found.weights, components: found.components, logLikelihood: found.logLikelihood };
  const { diagnosis } = found;
  return { failure: diagnosis.kind === 'collapsed' ? 'no estimate' : `${diagnosis.kind} after ${found.iterations}` };
}

/** The exact answer, to be compared with. */
export interface ExactFit {
  readonly reference: Reference;
  readonly run: ReturnType<typeof runEm>;
}

/** The same M-steps in 50 digits; undefined where a component collapses. */
export function exactFit(fitCase: FitCase): ExactFit | undefined {
  const reference = createReference({ precision: 50 });
  const mixture = createMixture(reference, {
    family: fitCase.family,
    options: fitCase.options,
    weights: fitCase.start.weights,
    components: fitCase.start.components as readonly NumericParameters[],
  });
  try {
    return { reference, run: runEm(mixture, { rows: fitCase.rows }, { iterations: fitCase.iterations }) };
  } catch (error) {
    if (error instanceof ReferenceFailure) return undefined;
    throw error;
  }
}

const MOST_DIGITS = 16;

function digitsOf(relativeError: number): number {
  if (!(relativeError > 0)) return relativeError === 0 ? MOST_DIGITS : 0;
  return Math.min(MOST_DIGITS, Math.max(0, -Math.log10(relativeError)));
}

/** How many digits of an answer are correct. */
export function compareFit(definition: FamilyDefinition, fitCase: FitCase, answer: FitAnswer, exact: ExactFit): Digits {
  const { reference, run } = exact;
  const family: Family = definition(fitCase.options);
  const relative = (actual: number, expected: Decimal): number =>
    Number.isFinite(actual) ? reference.decimal(actual).minus(expected).abs().div(expected.abs()).toNumber() : Number.NaN;
  const isLocation = (name: string): boolean => ['real', 'real-vector'].includes(family.parameters[name]!.kind);
  const worst = (location: boolean): number | undefined => {
    const names = Object.keys(family.parameters).filter((name) => isLocation(name) === location);
    if (names.length === 0) return undefined;
    let largest = 0;
    answer.components.forEach((values, component) => {
      const { family: exactFamily, parameters } = run.mixture.components[component]!;
      const rounded = exactFamily.toNumbers(parameters) as ParameterValues;
      const others = Object.fromEntries(
        Object.keys(family.parameters)
          .filter((name) => !names.includes(name))
          .map((name) => [name, rounded[name]!]),
      );
      const found = { ...others, ...Object.fromEntries(names.map((name) => [name, values[name]!])) };
      const finite = names.every((name) => allFinite(values[name]!));
      // Half an ulp is what rounding the exact answer costs: nobody has more digits than that.
      largest = Math.max(
        largest,
        finite ? Math.max(0, estimateUlps(family, exactFamily, found, parameters).ulps - 0.5) * Number.EPSILON : Infinity,
      );
    });
    return digitsOf(largest === Infinity ? Number.NaN : largest);
  };
  return {
    weights: digitsOf(Math.max(...answer.weights.map((weight, component) => relative(weight, run.mixture.weights[component]!)))),
    locations: worst(true),
    others: worst(false),
    logLikelihood: digitsOf(relative(answer.logLikelihood, run.logLikelihood)),
  };
}

function allFinite(value: ParameterValue): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : (value as readonly ParameterValue[]).every(allFinite);
}
