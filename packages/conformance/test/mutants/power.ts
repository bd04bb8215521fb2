import { checkLaw, LAWS } from '@emkit/conformance';
import type { Family } from '@emkit/core';
import { binomial, categorical, exponential, gamma, gaussian, geometric, multivariateGaussian, poisson } from '@emkit/families';
import { isEquivalent, randomMutant } from './random.ts';
import { heightAndWait, logNormal, stretched, twoCounts } from './strangers.ts';

/** Right families whose random mutants were looked at while the laws were written. */
export const TUNED: readonly Family[] = [
  gaussian(),
  exponential(),
  binomial({ trials: 10 }),
  stretched(2),
  twoCounts,
  heightAndWait,
  multivariateGaussian({ dimension: 2 }),
];

/** Right families whose mutants nobody looked at meanwhile: the rate that counts is theirs. */
export const HELD_OUT: readonly Family[] = [
  gamma(),
  poisson(),
  geometric(),
  categorical({ categories: 3 }),
  binomial({ trials: 'column' }),
  logNormal,
  stretched(0.8),
  multivariateGaussian({ dimension: 3, covariance: 'diagonal' }),
];

/** Laws that are asked first of a mutant of a function: the others may be spared. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  logDensity: ['normalisation', 'statistics', 'm-step'],
  accumulate: ['statistics', 'm-step'],
  maximize: ['m-step', 'equivariance-and-purity'],
  sample: ['cdf-quantile-sampler', 'recovery'],
  cdf: ['cdf-quantile-sampler'],
  quantile: ['cdf-quantile-sampler'],
  mean: ['cdf-quantile-sampler'],
  codec: ['codec-and-json'],
  scores: ['exponential-family'],
  exponentialForm: ['exponential-family'],
};

/** What became of one mutant. */
export interface Outcome {
  readonly family: string;
  readonly seed: number;
  readonly touched: string;
  readonly defect: string;
  readonly without: readonly string[];
  readonly fate: 'killed' | 'survived' | 'equivalent';
  readonly killedBy: string | undefined;
}

/** Puts the mutant of a seed to the laws, at the defaults and without a reference, until one of them notices. */
export function fateOf(family: Family, seed: number): Outcome {
  const { family: mutant, touched, defect, without } = randomMutant(family, seed);
  const about = { family: family.id, seed, touched, defect, without };
  if (isEquivalent(family, seed)) return { ...about, fate: 'equivalent', killedBy: undefined };
  const first = FIRST[touched] ?? ['equivariance-and-purity', 'm-step'];
  const order = [...LAWS].sort((a, b) => rank(first, a.name) - rank(first, b.name));
  // The laws' own seed is the mutant's, so that luck with one set of cases is not taken for power.
  const law = order.find(({ name }) => checkLaw(mutant, name, { seed, shrink: false }).status === 'failed');
  return { ...about, fate: law === undefined ? 'survived' : 'killed', killedBy: law?.name };
}

function rank(first: readonly string[], name: string): number {
  const place = first.indexOf(name);
  return place < 0 ? first.length : place;
}

/** The share of defects that were noticed, with the lower end of its 95 % interval (Wilson 1927). */
export function killRate(outcomes: readonly Outcome[]): {
  readonly killed: number;
  readonly defects: number;
  readonly rate: number;
  readonly least: number;
} {
  const killed = outcomes.filter(({ fate }) => fate === 'killed').length;
  const defects = outcomes.filter(({ fate }) => fate !== 'equivalent').length;
  const z = 1.6448536269514722;
  const rate = killed / defects;
  const centre = rate + (z * z) / (2 * defects);
  const half = z * Math.sqrt((rate * (1 - rate)) / defects + (z * z) / (4 * defects * defects));
  return { killed, defects, rate, least: (centre - half) / (1 + (z * z) / defects) };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The table of a page: by the function that is wrong, and the mutants that nobody noticed, one by one. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const functions = [...new Set(outcomes.map(({ touched }) => touched))].sort();
  const line = (name: string, own: readonly Outcome[]): string => {
    const { killed, defects, rate } = killRate(own);
    return `| ${name} | ${own.length} | ${own.length - defects} | ${killed} | ${defects - killed} | ${defects === 0 ? '' : percent(rate)} |`;
  };
  const survivors = outcomes.filter(({ fate }) => fate === 'survived');
  return [
    '| what is wrong | mutants | equivalent | killed | survived | killed of defects |',
    '|---|---:|---:|---:|---:|---:|',
    ...functions.map((name) =>
      line(
        `\`${name}\``,
        outcomes.filter(({ touched }) => touched === name),
      ),
    ),
    line('together', outcomes),
    '',
    survivors.length === 0 ? 'None survived.' : 'The survivors:',
    '',
    ...survivors.map(
      ({ family, seed, touched, defect, without }) =>
        `- \`${family}\`, seed ${seed}, \`${touched}\`: ${defect}${without.length === 0 ? '' : ` (without ${without.join(', ')})`}`,
    ),
  ]
    .join('\n')
    .trimEnd();
}
