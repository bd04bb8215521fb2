import { degenerate, EmkitError } from '../errors.ts';
import { componentRounding } from '../model/family-space.ts';
import type { Mixture } from '../model/latent-model.ts';

/** A component whose parameters, as they are shown, are no finer than this part of their scale stands on one value and its roundings. */
const LARGEST_ROUNDING = 0.25;

/**
 * The same model for data that were moved by an origin. Values are rounded to their own size, not to that of what is left of them: a
 * component whose spread is within that rounding has collapsed, though in the moved data it would look like any other.
 */
export function withOrigin(model: Mixture, origin: readonly number[]): Mixture {
  return {
    ...model,
    maximize(sums, about) {
      const point = model.maximize(sums, about);
      point.components.forEach((values, component) => {
        const family = model.families[component]!;
        if (values === about.components[component] || componentRounding(family, family.shift!(values, origin)) < LARGEST_ROUNDING) return;
        const { message, details } = degenerate(Object.keys(family.parameters).at(-1)!, 'its observations differ by their rounding only');
        throw new EmkitError('COMPONENT_DEGENERATE', `Component ${component + 1}: ${message}`, { ...details, component });
      });
      return point;
    },
  };
}
