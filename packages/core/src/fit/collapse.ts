import { describeDiagnosis } from '../driver/diagnosis.ts';
import { EmkitError } from '../errors.ts';
import type { MixtureParameters } from '../model/latent-model.ts';
import { withOrigin } from './origin.ts';
import { type Plan, shownPoint, structureOf } from './plan.ts';
import type { Outcome } from './process.ts';

/** The plan to go on with after a collapse; undefined when the outcome stands. */
export function afterCollapse(plan: Plan, { result, summary }: Outcome): Plan | undefined {
  const { diagnosis } = result;
  if (diagnosis.kind !== 'collapsed') return undefined;
  const { model, options } = plan;
  if (options.onCollapse === 'throw') {
    throw new EmkitError('COMPONENT_DEGENERATE', `The ${describeDiagnosis(diagnosis)}.`, {
      component: diagnosis.component,
      reason: diagnosis.reason,
    });
  }
  if (options.onCollapse !== 'drop' || model.families.length === 1) return undefined;
  if (summary.labelled) {
    throw new EmkitError('OPTION_INVALID', `Component ${diagnosis.component + 1} collapsed and cannot be dropped: labels are known.`, {
      remedy: 'Use another start or fewer components.',
    });
  }
  if (options.latent !== undefined) {
    throw new EmkitError(
      'OPTION_INVALID',
      `Component ${diagnosis.component + 1} collapsed and cannot be dropped from ${options.latent.id}.`,
      {
        remedy: 'Use another start, or fewer components.',
      },
    );
  }
  const without = <T>(values: readonly T[]): readonly T[] => values.filter((_, component) => component !== diagnosis.component);
  const { weights, components } = shownPoint(plan, result.state.parameters) as MixtureParameters;
  const kept = without(weights);
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  const families = without(model.families);
  const { family: _family, components: _components, ...rest } = options;
  const held = options.held && {
    ...options.held,
    ...(options.held.components && { components: without(model.emissions.held.map((names) => [...names])) }),
  };
  const start = { weights: kept.map((weight) => weight / total), components: without(components) };
  const structure = structureOf({ families, ...(held && { held }), ...(options.shared && { shared: options.shared }) });
  return {
    ...plan,
    model: plan.origin === undefined ? structure : withOrigin(structure, plan.origin),
    options: { ...rest, families, start },
  };
}
