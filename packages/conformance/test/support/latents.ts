import type { CheckedLatent } from '@emkit/conformance';
import { independent, leftToRight, type Markov, type MarkovOptions, markov, type Weights } from '@emkit/core';

/** The labels of a mixture, for the laws. */
export const independentRows: CheckedLatent = {
  id: 'independent',
  create: (components, { held }) => independent(components, { held: held === true }),
  variants: [{ components: 1 }, { components: 2 }, { components: 4 }, { components: 3, options: { held: true } }],
  permuted: (at, order) => ({ weights: order.map((label) => (at as Weights).weights[label]!) }),
};

const variant = (components: number, options: MarkovOptions = {}) => ({ components, options: { ...options } });

/** Chains under every option, for the laws. */
export const chains: CheckedLatent = {
  id: 'hidden-markov',
  create: (components, options) => markov(components, options),
  variants: [
    variant(1),
    variant(2),
    variant(3),
    variant(3, leftToRight(3)),
    variant(2, { initial: [0.25, 0.75] }),
    variant(2, {
      transitions: [
        [0.75, 0.25],
        [0, 1],
      ],
    }),
    variant(2, { initial: 'stationary' }),
    variant(3, {
      initial: 'stationary',
      allowed: [
        [1, 1, 0],
        [0, 1, 1],
        [1, 1, 1],
      ],
    }),
  ],
};

/** The same without restrictions, whose states may be exchanged. */
export const freeChains: CheckedLatent = {
  ...chains,
  variants: [variant(2), variant(3), variant(3, { initial: 'stationary' })],
  permuted(at, order) {
    const { initial, transitions } = at as Markov;
    return { initial: order.map((from) => initial[from]!), transitions: order.map((from) => order.map((to) => transitions[from]![to]!)) };
  },
};
