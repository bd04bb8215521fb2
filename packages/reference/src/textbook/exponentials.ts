import type { TextbookData, TextbookModel } from './engine.ts';
import { defineFigure, type TextbookFigure } from './figure.ts';

const source = 'the derivation for exponentials';

const waits: TextbookData = { values: [1, 2, 3, 4] };

const single: TextbookModel = { family: 'exponential', options: {}, weights: [1], components: [{ rate: 3 }] };

/** Equal components have equal posteriors, so each of the two takes half of everything and both rates are 1 / mean. */
const twins: TextbookModel = { family: 'exponential', options: {}, weights: [0.25, 0.75], components: [{ rate: 3 }, { rate: 3 }] };

/**
 * The derivation prints formulas and no numbers: its updates in cases where the answer is a number anyone can check. The mean of 1, 2, 3, 4 is 2.5.
 */
export const exponentialFigures: readonly TextbookFigure[] = [
  defineFigure({
    id: 'exponentials/one-component/rate',
    title: 'rate of a single component after one iteration: 1 / mean',
    printed: '0.4000000',
    source,
    provenance: 'computed',
    read: (engine) => engine.mStep(single, waits).components[0]!['rate']!,
  }),
  ...['0.2500000', '0.7500000'].map((printed, j) =>
    defineFigure({
      id: `exponentials/equal-components/weight/${j + 1}`,
      title: `weight of component ${j + 1} of two equal ones: what it was`,
      printed,
      source,
      provenance: 'computed',
      read: (engine) => engine.mStep(twins, waits).weights[j]!,
    }),
  ),
  ...[0, 1].map((j) =>
    defineFigure({
      id: `exponentials/equal-components/rate/${j + 1}`,
      title: `rate of component ${j + 1} of two equal ones after one iteration: 1 / mean`,
      printed: '0.4000000',
      source,
      provenance: 'computed',
      read: (engine) => engine.mStep(twins, waits).components[j]!['rate']!,
    }),
  ),
];
