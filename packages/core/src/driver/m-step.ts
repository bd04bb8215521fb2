import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { maximizeShared } from '../model/sharing.ts';

/**
 * M-step: the weighted maximum-likelihood estimates given expected sufficient statistics about `about` (equation 6.5).
 * Weights are normalised by the sum of the expected counts, never by n: otherwise rounding would grow with each iteration.
 *
 * @param previous the parameters whose held values are kept
 * @throws EmkitError `COMPONENT_DEGENERATE`, naming the component
 */
export function mStep(
  mixture: Mixture,
  expectation: Expectation,
  previous: MixtureParameters,
  about: readonly ParameterValues[],
): MixtureParameters {
  const { counts } = expectation;
  const components: ParameterValues[] = mixture.families.map((_, component) => previous.components[component]!);
  const grouped = new Set<number>();
  for (const group of mixture.sharedGroups) {
    const members = group.components;
    for (const component of members) grouped.add(component);
    if (members.every((component) => isWhollyHeld(mixture, component))) continue;
    for (const component of members) refuseEmpty(mixture, component, counts[component]!);
    const estimates = atComponent(members[0]!, () =>
      maximizeShared(
        mixture.families[members[0]!]!,
        members.map((component) => expectation.statistics(component)),
        members.map((component) => counts[component]!),
        members.map((component) => about[component]!),
        group.names,
        members.map((component) => mixture.held[component]!),
      ),
    );
    members.forEach((component, index) => {
      components[component] = estimates[index]!;
    });
  }
  mixture.families.forEach((family, component) => {
    if (grouped.has(component) || isWhollyHeld(mixture, component)) return;
    refuseEmpty(mixture, component, counts[component]!);
    components[component] = atComponent(component, () =>
      family.maximize(expectation.statistics(component), counts[component]!, about[component]!, mixture.held[component]!),
    );
  });
  return { weights: mixture.heldWeights ? previous.weights : normaliseCounts(counts), components };
}

/**
 * The points about which the same statistics should be taken again because digits would cancel; undefined when all are good.
 */
export function recentrePoints(
  mixture: Mixture,
  expectation: Expectation,
  about: readonly ParameterValues[],
): readonly ParameterValues[] | undefined {
  let points: ParameterValues[] | undefined;
  mixture.families.forEach((family, component) => {
    const count = expectation.counts[component]!;
    if (family.recentre === undefined || !(count > 0) || isWhollyHeld(mixture, component)) return;
    const point = family.recentre(expectation.statistics(component), count, about[component]!, mixture.held[component]!);
    if (point === undefined) return;
    points ??= [...about];
    points[component] = point;
  });
  return points;
}

function isWhollyHeld(mixture: Mixture, component: number): boolean {
  return mixture.held[component]!.size === Object.keys(mixture.families[component]!.parameters).length;
}

function normaliseCounts(counts: Float64Array): readonly number[] {
  let total = 0;
  for (const count of counts) total += count;
  return Array.from(counts, (count) => count / total);
}

function refuseEmpty(mixture: Mixture, component: number, count: number): void {
  if (count > 0) return;
  throw new EmkitError(
    'COMPONENT_DEGENERATE',
    `Component ${component + 1} (${mixture.families[component]!.id}) is empty: no row has any responsibility in it.`,
    {
      component,
      reason: 'it is empty',
    },
  );
}

/** Names the component in an error that only a family's own knowledge raised. */
function atComponent<T>(component: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'COMPONENT_DEGENERATE') throw error;
    throw new EmkitError(
      'COMPONENT_DEGENERATE',
      `Component ${component + 1}: ${error.message}`,
      { ...error.details, component: error.details.component ?? component },
      { cause: error },
    );
  }
}
