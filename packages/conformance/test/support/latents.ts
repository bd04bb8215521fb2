import type { CheckedLatent } from '@emkit/conformance';
import { independent, type Weights } from '@emkit/core';

/** The labels of a mixture, for the laws. */
export const independentRows: CheckedLatent = {
  id: 'independent',
  create: (components, { held }) => independent(components, { held: held === true }),
  variants: [{ components: 1 }, { components: 2 }, { components: 4 }, { components: 3, options: { held: true } }],
  permuted: (at, order) => ({ weights: order.map((label) => (at as Weights).weights[label]!) }),
};
