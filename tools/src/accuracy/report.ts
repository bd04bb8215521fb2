import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Domain, FamilyDefinition } from '@emkit/core';
import { families, familyById } from '@emkit/families';
import { root } from '../run.ts';
import { type ElementaryMeasurement, measureElementary } from './elementary.ts';
import { casesOf, compareFit, type Digits, exactFit, type FitCase, ITERATIONS, ourAnswer, TREATMENTS, type Treatment } from './fits.ts';
import { FULL_GRID, type GridSize, type Measurement, measureFamily, type Point } from './functions.ts';
import { asFitAnswer, readPeerFigures } from './peers.ts';

/** One fit of ours or of a peer, held against 50 digits. */
export interface FitRow {
  readonly family: string;
  readonly options: string;
  readonly treatment: Treatment;
  readonly digits: Digits | undefined;
  /** What is to be said where there are no digits. */
  readonly remark: string;
  /** True where EM has no estimate after so many steps: a component collapses. */
  readonly exactCollapses: boolean;
}

/** One function of one variant of a family: the errors over the grid, and where the largest is. */
export interface FunctionFigures extends Omit<Measurement, 'points'> {
  readonly points: number;
  readonly median: number;
  readonly largest: number;
  readonly reach: string;
  readonly where: string;
}

/** What is kept of one family, so that the page can be written again without measuring the others. */
export interface FamilyFigures {
  readonly functions: readonly FunctionFigures[];
  readonly fits: readonly FitRow[];
}

/** Everything the page and its plot show. */
export interface AccuracyReport extends FamilyFigures {
  readonly elementary: readonly ElementaryMeasurement[];
  /** By program; the first is ours. */
  readonly peers: readonly (readonly [program: string, rows: readonly FitRow[]])[];
}

/**
 * The digits that a fit must have: those of a double, less two and a half for the roundings of 25 M-steps, less what the treatment costs by itself. Data
 * far from zero cost nothing, because they are worked on about an origin of their own; a log-density of size 345 or 690 (data scaled by
 * 1e150 or 1e-300) has an ulp that many times 2^-52.
 */
export const LEAST_DIGITS: Readonly<Record<Treatment, number>> = {
  ordinary: 13.5,
  'shifted by 1e8 deviations': 14,
  'shifted by 1e12 deviations': 14,
  'scaled by 1e-150': 12,
  'scaled by 1e150': 12,
  'scaled by 1e-300': 12,
  'every row five times': 14,
  // The far row leaves covariances with a condition number of 1e12.
  'one row at 1e6 deviations': 12,
};

/** Measures one family: its functions over the grid, and the fits of the given treatments of the data. */
export function figuresOf(
  definition: FamilyDefinition,
  size: GridSize = FULL_GRID,
  treatments: readonly Treatment[] = TREATMENTS,
): FamilyFigures {
  return {
    functions: measureFamily(definition, size).map(summarise),
    fits: definition.variants.flatMap((variant) =>
      casesOf(definition, variant, treatments).map((fitCase) => ownFit(fitCase, optionsOf(variant))),
    ),
  };
}

function summarise({ points, ...measurement }: Measurement): FunctionFigures {
  const { ulps, reach, where } = worstOf(points);
  return { ...measurement, points: points.length, median: medianOf(points), largest: ulps, reach, where };
}

/** The report of what was measured of each family, by the stored figures, beside the elementary functions and the peers. */
export async function makeReport(figures: readonly FamilyFigures[] = storedFigures()): Promise<AccuracyReport> {
  return {
    elementary: await measureElementary(),
    functions: figures.flatMap(({ functions }) => functions),
    fits: figures.flatMap(({ fits }) => fits),
    peers: peerFits(),
  };
}

/** Families whose parameters are their own: a product is measured by its parts. */
export const measuredFamilies: readonly FamilyDefinition[] = families.filter((definition) => {
  const domains = Object.values(definition(definition.variants[0]).parameters) as readonly Domain[];
  return domains.every(({ kind }) => kind !== 'record');
});

const fileOf = (id: string): string => join(root, 'tools/accuracy', `${id}.json`);

export function storeFigures(id: string, figures: FamilyFigures): void {
  writeFileSync(fileOf(id), `${JSON.stringify(figures, undefined, 2)}\n`);
}

/** The stored figures of every family. */
function storedFigures(): readonly FamilyFigures[] {
  return measuredFamilies.map(({ id }) => {
    if (!existsSync(fileOf(id))) throw new Error(`The accuracy of ${id} was never measured: run \`pnpm accuracy --family ${id}\`.`);
    // JSON has no Infinity, the error of a function that has no number where there is one.
    const infinite = (name: string, value: unknown): unknown => (name === 'largest' && value === null ? Infinity : value);
    return JSON.parse(readFileSync(fileOf(id), 'utf8'), infinite) as FamilyFigures;
  });
}

function ownFit(fitCase: FitCase, options: string): FitRow {
  const definition = familyById(fitCase.family);
  const answer = ourAnswer(definition, fitCase);
  const exact = exactFit(fitCase);
  const digits = 'failure' in answer || exact === undefined ? undefined : compareFit(definition, fitCase, answer, exact);
  const remark = 'failure' in answer ? answer.failure : exact === undefined ? 'an answer, though a component collapses' : '';
  return { family: fitCase.family, options, treatment: fitCase.treatment, digits, remark, exactCollapses: exact === undefined };
}

function peerFits(): AccuracyReport['peers'] {
  const figures = readPeerFigures();
  const exact = figures.cases.map(exactFit);
  const rowsOf = (
    answerOf: (fitCase: FitCase, index: number) => { readonly answer: ReturnType<typeof asFitAnswer>; readonly failure: string },
  ): readonly FitRow[] =>
    figures.cases.map((fitCase, index): FitRow => {
      const { answer, failure } = answerOf(fitCase, index);
      const truth = exact[index];
      const digits =
        answer === undefined || truth === undefined ? undefined : compareFit(familyById(fitCase.family), fitCase, answer, truth);
      const remark = answer === undefined ? failure : truth === undefined ? 'an answer, though none exists' : '';
      return { family: fitCase.family, options: '', treatment: fitCase.treatment, digits, remark, exactCollapses: truth === undefined };
    });
  return [
    [
      'emkit',
      rowsOf((fitCase) => {
        const answer = ourAnswer(familyById(fitCase.family), fitCase);
        return 'failure' in answer ? { answer: undefined, failure: answer.failure } : { answer, failure: '' };
      }),
    ],
    ...Object.entries(figures.answers).map(
      ([program, answers]) =>
        [
          program,
          rowsOf((fitCase, index) => {
            const answer = answers[index]!;
            return { answer: asFitAnswer(fitCase, answer), failure: 'failure' in answer ? `no answer (${answer.failure})` : '' };
          }),
        ] as const,
    ),
  ];
}

function optionsOf(variant: object): string {
  return Object.entries(variant)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');
}

/** The worst point of a measurement. */
function worstOf<Measured extends Pick<Point, 'ulps'>>(points: readonly Measured[]): Measured {
  return points.reduce((worst, point) => (point.ulps > worst.ulps ? point : worst));
}

function medianOf(points: readonly Pick<Point, 'ulps'>[]): number {
  const sorted = points.map((point) => point.ulps).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Measurements that are beyond their budget, as sentences. */
export function excesses(report: AccuracyReport): readonly string[] {
  const elementary = report.elementary.flatMap(({ name, budget, points }) => {
    const worst = worstOf(points);
    return worst.ulps <= budget ? [] : [`${name} is off by ${shown(worst.ulps)} ulps at ${worst.x}; its budget is ${budget}.`];
  });
  return [...elementary, ...excessesOf(report)];
}

/** What exceeds its budget in the figures of one family, or of all. */
export function excessesOf(figures: FamilyFigures): readonly string[] {
  const functions = figures.functions.flatMap(({ family, options, budget, largest, where, function: measured }) => {
    const name = `${family}${options === '' ? '' : ` (${options})`}: ${measured}`;
    if (budget === undefined) return [`${name} has no budget: state it in the family's \`accuracy\`; measured ${shown(largest)}.`];
    return largest <= budget ? [] : [`${name} is off by ${shown(largest)} ulps at ${where}; its budget is ${budget}.`];
  });
  const fits = figures.fits.flatMap(({ family, options, treatment, digits, remark, exactCollapses }) => {
    if (digits === undefined) {
      const truth = exactCollapses ? 'no estimate' : 'an estimate';
      return remark === truth ? [] : [`${family} ${options} ${treatment}: ${remark}, and the 50 digits find ${truth}.`];
    }
    const least = LEAST_DIGITS[treatment];
    const found = Math.min(...fourOf(digits).filter((value): value is number => value !== undefined));
    return found >= least
      ? []
      : [`${family} ${options} ${treatment}: the fit has ${found.toFixed(1)} correct digits, and at least ${least} are asked for.`];
  });
  return [...functions, ...fits];
}

function fourOf({ weights, locations, others, logLikelihood }: Digits): readonly (number | undefined)[] {
  return [weights, locations, others, logLikelihood];
}

function shown(ulps: number): string {
  return ulps === 0 ? '0' : ulps < 10 ? ulps.toFixed(1) : ulps < 1000 ? ulps.toFixed(0) : ulps.toExponential(1);
}

function cells(digits: Digits | undefined, remark: string): string {
  if (digits === undefined) return `${remark} | | |`;
  return fourOf(digits)
    .map((value) => (value === undefined ? '' : value.toFixed(1)))
    .join(' | ');
}

const TITLES: Readonly<Record<Measurement['function'], string>> = {
  logDensity: 'log-density',
  maximize: 'M-step',
  cdf: 'distribution function',
  quantile: 'quantile',
};

/** The page `docs/accuracy.md`. */
export function formatReport(report: AccuracyReport): string {
  const figures = readPeerFigures();
  const versions = Object.entries(figures.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  const functionRows = report.functions.map((figures) => {
    const { family, options, points, median, largest, budget, reach, where } = figures;
    const name = options === '' ? family : `${family}, ${options}`;
    return `| ${name} | ${TITLES[figures.function]} | ${points} | ${shown(median)} | ${shown(largest)} | ${budget ?? ''} | ${largest === 0 ? '' : `${reach}: ${shorten(where)}`} |`;
  });
  const elementaryRows = report.elementary.map(({ name, budget, points }) => {
    const worst = worstOf(points);
    return `| ${name} | ${points.length} | ${shown(medianOf(points))} | ${shown(worst.ulps)} | ${budget} | ${worst.ulps === 0 ? '' : worst.x.toPrecision(6)} |`;
  });
  const fitRows = report.fits.map(
    ({ family, options, treatment, digits, remark }) =>
      `| ${options === '' ? family : `${family}, ${options}`} | ${treatment} | ${cells(digits, remark)} |`,
  );
  const [own, ...others] = report.peers;
  const peerRows = own![1].map((row, index) => {
    const columns = [own!, ...others].map(([, rows]) => worstDigits(rows[index]!));
    return `| ${row.family} | ${row.treatment} | ${columns.join(' | ')} |`;
  });
  return `<!-- Written by \`pnpm accuracy\`. Do not edit: a test compares it with what the sources give. -->

# Accuracy

How far every function of every family lies from the exact value, held against arithmetic of 30 to 65 digits that shares no code with it, and how
many digits of a whole fit are correct. \`pnpm accuracy\` measures again; a test fails when a budget is exceeded, or when this page no longer says what
the sources give.

![Errors of every function in ulps, with the budgets](accuracy.svg)

Ring: median. Dot: largest error. Bar: budget.

## Functions

One unit in the last place (ulp) is here 2<sup>-52</sup> of a scale:

- **log-density**: the larger of 1, the value, and what one ulp of the parameters does to it;
- **M-step**: each number of the estimate itself; for a covariance the product of the two standard deviations; for a location the family's unit of
  distance (a standard deviation), or the location's own rounding where that is coarser;
- **distribution function**: the value times its logarithm (a probability is an exponential), and what one ulp of the arguments does;
- **quantile**: the value, and what one ulp of the arguments does; for whole numbers, the difference itself.

The grid: parameters *ordinary* (sizes from 0.1 to 10), *wide* (from 1e-3 to 1e3) and *extreme* (from 1e-300 to 1e300, probabilities to within
1e-300 of 0, matrices with condition numbers to 1e12); points drawn from the distribution and points anywhere in the support; probabilities down to
1e-300 and up to the last double below 1. M-steps start from ordinary and from far parameters, on data as they are, shifted by 1e8, scaled by 1e-150, 1e150 and
1e-300, with repeated rows, with an outlier a million times too large, with responsibilities down to 1e-290, and on 200 rows. Distribution functions and quantiles are taken to
the ends of the doubles by a change of unit. Everything is drawn from fixed seeds (\`tools/src/accuracy/points.ts\`).

| family | function | points | median | largest | budget | where it is largest |
|---|---|--:|--:|--:|--:|---|
${functionRows.join('\n')}

A budget belongs to the family (\`accuracy\` in its source), and the conformance kit holds it against other points.

## Elementary functions

What densities rest on, in units in the last place of the exact value. A kernel's exponential takes its argument in steps of log(2)/256 nats. Densities reach it
as logarithms: an argument of x nats is the result of two roundings, which can be up to x units in the last place of e<sup>-x</sup>, but never more than half a unit in
the last place of a responsibility of 1.

| function | points | median | largest | budget | where it is largest |
|---|--:|--:|--:|--:|---|
${elementaryRows.join('\n')}

## Fits

Two components, plain EM for exactly ${ITERATIONS} M-steps from a stated start, against the same M-steps in 50 digits: correct decimal digits of the worst weight, the
worst location, the worst other parameter and the log-likelihood. 16 is all that a double holds.

Two kinds of rows have fewer digits for a reason outside of the program. A mean at 10<sup>8</sup> or 10<sup>12</sup> standard deviations from 0 is, as a double, only known to
10<sup>-8</sup> or 10<sup>-4</sup> of them; whatever is computed from it, responsibilities and so weights and variances, inherits that, in any program that hands
parameters on as doubles. And a log-density of data in units of 1e-150 is a number near 345, whose ulp is 345 times as large as that of 1.

| family | data | weights | locations | others | log-likelihood |
|---|---|--:|--:|--:|--:|
${fitRows.join('\n')}

"No estimate" is the right answer there: a component shrinks onto the one far row, so that the likelihood has no maximum, and the 50 digits say so too.
The far row leaves covariances with a condition number of 1e12, which their entries as doubles cannot hold: the fit keeps their factors.

## Beside others

The same on Gaussian mixtures, with the fewest correct digits of weights, means, (co)variances and log-likelihood, each program making the same ${figures.cases[0]!.iterations}
M-steps from the same start.

| family | data | ${[own!, ...others].map(([program]) => program).join(' | ')} |
|---|---|${[own!, ...others].map(() => '--:').join('|')}|
${peerRows.join('\n')}

Stored figures of ${figures.date}: ${versions}; data, starts and answers are in \`tools/peers/accuracy.json\`, made by ${figures.scripts.map((script) => `\`${script}\``).join(' and ')} (\`pnpm accuracy --peers\`, where
those programs are installed). scikit-learn adds 1e-6 to every variance unless it is told not to; the column \`reg_covar=0\` tells it.
`;
}

function worstDigits({ digits, remark }: FitRow): string {
  if (digits === undefined) return remark;
  return Math.min(...fourOf(digits).filter((value): value is number => value !== undefined)).toFixed(1);
}

function shorten(text: string): string {
  const plain = text.replaceAll('|', ' ');
  return plain.length > 110 ? `${plain.slice(0, 107)}...` : plain;
}
