import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** A component has no parameters. */
export type UniformParameters = Readonly<Record<never, never>>;

/** The uniform distribution: density 1 / (b - a) for a <= x <= b. Options `minimum` a and `maximum` b > a, by default 0 and 1. Nothing is estimated. */
export const uniform: ReferenceFamilyDefinition<UniformParameters> = {
  id: 'uniform',
  parameters: {},
  create: (reference, { minimum: from = 0, maximum: to = 1 }) => {
    if (!(typeof from === 'number' && typeof to === 'number' && from < to && to - from < Infinity))
      throw new ReferenceFailure(
        'invalid-option',
        `The range is from ${String(from)} to ${String(to)}: give two numbers in rising order.`,
        {
          family: 'uniform',
        },
      );
    const [minimum, maximum] = [reference.decimal(from), reference.decimal(to)];
    const width = maximum.minus(minimum);
    const clamp = (share: typeof width): typeof width => reference.Decimal.min(1, reference.Decimal.max(0, share));
    return {
      columns: 1,
      invalid: () => undefined,
      logDensityAt: () => {
        const height = reference.ln(width).negated();
        return (row) => (row[0]!.gte(minimum) && row[0]!.lte(maximum) ? height : reference.negativeInfinity);
      },
      maximize: (_rows, _responsibilities, previous) => previous,
      cdf: (x) => clamp(x.minus(minimum).div(width)),
      survival: (x) => clamp(maximum.minus(x).div(width)),
      quantile: (probability) => minimum.plus(probability.times(width)),
    };
  },
};
