import type { TextbookData, TextbookModel } from './engine.ts';
import { defineFigure, type FigureParts, type TextbookFigure } from './figure.ts';

/** Heads in ten tosses, for twenty sequences (section 6.3). */
export const threeCoinsData: TextbookData = { values: [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3] };

/** The start (6.6). */
export const threeCoinsStart: TextbookModel = {
  family: 'binomial',
  options: { trials: 10 },
  weights: [0.25, 0.5, 0.25],
  components: [{ probability: 0.4 }, { probability: 0.5 }, { probability: 0.65 }],
};

/** Iterations after which nothing changes in the first ten decimals. */
const untilConverged = 100;

const first: TextbookData = { values: [6] };

function only(outcome: number): TextbookData {
  return { values: threeCoinsData.values.filter((value) => value === outcome) };
}

/** One figure for each component, with `read` choosing the component's entry. */
function perComponent(
  id: string,
  title: string,
  source: string,
  printed: readonly string[],
  read: (component: number) => FigureParts['read'],
  notes: readonly (string | undefined)[] = [],
): readonly TextbookFigure[] {
  return printed.map((text, j) =>
    defineFigure({
      id: `${id}/c${j + 1}`,
      title: `${title}, coin ${j + 1}`,
      printed: text,
      source,
      read: read(j),
      ...(notes[j] === undefined ? {} : { note: notes[j] }),
    }),
  );
}

const posteriors: Readonly<Record<number, readonly string[]>> = {
  2: ['0.5674795', '0.4124300', '0.0200905'],
  3: ['0.4568744', '0.4980674', '0.0450583'],
  4: ['0.3436451', '0.5619435', '0.0944114'],
  5: ['0.2370680', '0.5814960', '0.1814361'],
  6: ['0.1468149', '0.5401758', '0.3130094'],
};

const posteriorExpectations: Readonly<Record<number, readonly string[]>> = {
  2: ['2.2699180', '1.6497199', '0.0803621'],
  3: ['0.9137487', '0.9961348', '0.0901165'],
  4: ['1.7182254', '2.8097177', '0.4720569'],
  5: ['1.1853398', '2.9074798', '0.9071804'],
  6: ['0.5872594', '2.1607030', '1.2520376'],
};

/** The numbers of section 6.3, and what follows from its data. */
export const threeCoinsFigures: readonly TextbookFigure[] = [
  ...perComponent(
    '6.7',
    'likelihood of 6 heads',
    '(6.7)',
    ['0.1114767', '0.2050781', '0.2376685'],
    (j) => (engine) => engine.densities(threeCoinsStart, 6)[j]!,
  ),
  ...perComponent(
    '6.8',
    'joint probability of 6 heads',
    '(6.8)',
    ['0.0278692', '0.1025391', '0.0594171'],
    (j) => (engine) => engine.jointDensities(threeCoinsStart, 6)[j]!,
  ),
  ...perComponent(
    '6.9',
    'posterior for 6 heads',
    '(6.9)',
    ['0.1468149', '0.5401758', '0.3130094'],
    (j) => (engine) => engine.responsibilities(threeCoinsStart, first)[0]![j]!,
  ),
  ...Object.entries(posteriors).flatMap(([outcome, printed]) =>
    perComponent(
      `table-6.1/${outcome}`,
      `posterior for ${outcome} heads`,
      'table 6.1',
      printed,
      (j) => (engine) => engine.responsibilities(threeCoinsStart, { values: [Number(outcome)] })[0]![j]!,
    ),
  ),
  ...perComponent(
    '6.10',
    'expected count',
    '(6.10)',
    ['6.6744913', '10.5237552', '2.8017535'],
    (j) => (engine) => engine.expectedCounts(threeCoinsStart, threeCoinsData)[j]!,
  ),
  ...Object.entries(posteriorExpectations).flatMap(([outcome, printed]) =>
    perComponent(
      `table-6.2/${outcome}`,
      `expected number of sequences with ${outcome} heads`,
      'table 6.2',
      printed,
      (j) => (engine) => engine.expectedCounts(threeCoinsStart, only(Number(outcome)))[j]!,
    ),
  ),
  ...perComponent(
    'table-6.3',
    'expected number of heads',
    'table 6.3',
    ['23.60424', '45.02833', '14.36743'],
    (j) => (engine) => engine.statistics(threeCoinsStart, threeCoinsData)[j]!,
  ),
  defineFigure({
    id: '6.13/c1',
    title: 'expected number of heads, coin 1',
    printed: '23.6042391',
    source: '(6.13)',
    read: (engine) => engine.statistics(threeCoinsStart, threeCoinsData)[0]!,
  }),
  ...perComponent(
    '6.14',
    'weight after one iteration',
    '(6.14)',
    ['0.3337246', '0.5261878', '0.1400877'],
    (j) => (engine) => engine.mStep(threeCoinsStart, threeCoinsData).weights[j]!,
  ),
  ...perComponent(
    'table-6.4',
    'probability of heads after one iteration',
    'table 6.4, (6.16)',
    ['0.3536485', '0.4278732', '0.5128013'],
    (j) => (engine) => engine.mStep(threeCoinsStart, threeCoinsData).components[j]!['probability']!,
  ),
  defineFigure({
    id: 'three-coins/log-likelihood/0',
    title: 'log-likelihood at the start',
    printed: '-38.9268693086375',
    source: 'section 6.3, its data and start',
    provenance: 'computed',
    read: (engine) => engine.logLikelihood(threeCoinsStart, threeCoinsData),
  }),
  defineFigure({
    id: 'three-coins/log-likelihood/1',
    title: 'log-likelihood after one iteration',
    printed: '-35.4164641316243',
    source: 'section 6.3, its data and start',
    provenance: 'computed',
    read: (engine) => engine.logLikelihoodAfter(threeCoinsStart, threeCoinsData, 1),
  }),
  defineFigure({
    id: 'three-coins/log-likelihood/converged',
    title: `log-likelihood when EM has converged (${untilConverged} iterations)`,
    printed: '-35.1526058324925',
    source: 'section 6.3, its data and start',
    provenance: 'computed',
    note: 'The three coins have become one: the data hold no evidence for more.',
    read: (engine) => engine.logLikelihoodAfter(threeCoinsStart, threeCoinsData, untilConverged),
  }),
  ...[0, 1, 2].map((j) =>
    defineFigure({
      id: `three-coins/converged/c${j + 1}`,
      title: `probability of heads when EM has converged (${untilConverged} iterations), coin ${j + 1}`,
      printed: '0.4150000',
      source: 'section 6.3, its data and start',
      provenance: 'computed',
      read: (engine) => engine.run(threeCoinsStart, threeCoinsData, untilConverged).components[j]!['probability']!,
    }),
  ),
];
