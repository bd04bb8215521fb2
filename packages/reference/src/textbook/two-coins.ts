import type { TextbookData, TextbookModel } from './engine.ts';
import { defineFigure, type TextbookFigure } from './figure.ts';

/** Heads in ten flips, for five samples. */
export const twoCoinsData: TextbookData = { values: [5, 9, 8, 4, 7] };

/** The start: the two coins are equally likely, and their weights are not estimated. */
export const twoCoinsStart: TextbookModel = {
  family: 'binomial',
  options: { trials: 10 },
  weights: [0.5, 0.5],
  components: [{ probability: 0.6 }, { probability: 0.5 }],
};

const source = 'the two-coin note';
const first: TextbookData = { values: [5] };
const fixed = { weights: true };
const coins = ['A', 'B'];

/** The numbers of the two-coin note. */
export const twoCoinsFigures: readonly TextbookFigure[] = [
  ...['0.0007962624', '0.0009765625'].map((printed, j) =>
    defineFigure({
      id: `two-coins/sequence/${coins[j]}`,
      title: `probability of the first sequence of flips, coin ${coins[j]}`,
      printed,
      source,
      note: 'The probability of one sequence with 5 heads: the binomial mass without its coefficient, 252.',
      read: (engine) => engine.densities(twoCoinsStart, 5)[j]!,
      times: { numerator: 1, denominator: 252 },
    }),
  ),
  ...['0.45', '0.55'].map((printed, j) =>
    defineFigure({
      id: `two-coins/posterior/${coins[j]}`,
      title: `posterior for the first sample, coin ${coins[j]}`,
      printed,
      source,
      read: (engine) => engine.responsibilities(twoCoinsStart, first)[0]![j]!,
    }),
  ),
  ...['2.2', '2.8'].flatMap((printed, j) => [
    defineFigure({
      id: `two-coins/heads/${coins[j]}`,
      title: `expected heads in the first sample, coin ${coins[j]}`,
      printed,
      source,
      read: (engine) => engine.statistics(twoCoinsStart, first)[j]!,
    }),
    defineFigure({
      id: `two-coins/tails/${coins[j]}`,
      title: `expected tails in the first sample, coin ${coins[j]}`,
      printed,
      source,
      read: (engine) => engine.expectedCounts(twoCoinsStart, first)[j]!,
      times: { numerator: 5, denominator: 1 },
    }),
  ]),
  ...(
    [
      [1, '0.71', '0.58', 'printed'],
      [10, '0.80', '0.52', 'printed'],
      [10, '0.796744', '0.519659', 'computed'],
    ] as const
  ).flatMap(([iterations, a, b, provenance]) =>
    [a, b].map((printed, j) =>
      defineFigure({
        id: `two-coins/${provenance === 'printed' ? 'after' : 'six-digits-after'}-${iterations}/${coins[j]}`,
        title: `probability of heads after ${iterations === 1 ? 'one iteration' : `${iterations} iterations`}, coin ${coins[j]}`,
        printed,
        source,
        provenance,
        read: (engine) => engine.run(twoCoinsStart, twoCoinsData, iterations, fixed).components[j]!['probability']!,
      }),
    ),
  ),
];
