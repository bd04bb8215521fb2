import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import type { Numeric } from './decimal-number.ts';
import { ReferenceFailure } from './failure.ts';
import { referenceFamily } from './families/index.ts';
import type { NumericParameters, ReferenceFamily, ReferenceOptions, ReferenceParameters } from './family.ts';

/** One component: its family and its parameters. */
export interface ReferenceComponent {
  readonly family: ReferenceFamily;
  readonly parameters: ReferenceParameters;
}

/** A finite mixture, p(x) = sum over j of weights[j] f(x; components[j]). Immutable. */
export interface ReferenceMixture {
  readonly reference: Reference;
  /** Mixture weights, >= 0, summing to 1 to the rounding of doubles. */
  readonly weights: readonly Decimal[];
  readonly components: readonly ReferenceComponent[];
}

/** A family by its id, by its id and options as model files have it, or made by the caller for the same reference. */
export type FamilyChoice = string | { readonly family: string; readonly options?: ReferenceOptions } | ReferenceFamily;

/** A mixture as plain numbers or decimal strings: what model files hold. Give `family` or `families`. */
export interface MixtureDescription {
  /** The family of all components. */
  readonly family?: FamilyChoice;
  /** Or the family of each component. */
  readonly families?: readonly FamilyChoice[];
  /** Options of the families given by id alone. */
  readonly options?: ReferenceOptions;
  readonly weights: readonly Numeric[];
  readonly components: readonly NumericParameters[];
}

/** Weights may miss 1 by the rounding of a file with few digits, not by more. */
const weightTolerance = '1e-6';

/**
 * Makes a mixture from its description, taking doubles and strings exactly.
 *
 * @throws ReferenceFailure `invalid-mixture` (counts that differ, a negative weight, weights that do not sum to 1), `invalid-parameter`,
 *   `invalid-option`, `unknown-family`.
 */
export function createMixture(reference: Reference, description: MixtureDescription): ReferenceMixture {
  const { family, options, weights, components } = description;
  if (components.length === 0) throw new ReferenceFailure('invalid-mixture', 'The mixture has no components: give at least one.');
  if (weights.length !== components.length) {
    throw new ReferenceFailure(
      'invalid-mixture',
      `The mixture has ${weights.length} weights and ${components.length} components: give one weight for each.`,
    );
  }
  const choices = description.families ?? (family === undefined ? [] : components.map(() => family));
  if (choices.length !== components.length) {
    throw new ReferenceFailure(
      'invalid-mixture',
      `The mixture names ${choices.length} families for ${components.length} components: name one for all as family, or one for each as families.`,
    );
  }
  // Components of the same family and options share one instance: their constants are then kept once.
  const instances = new Map<string, ReferenceFamily>();
  const resolve = (choice: FamilyChoice): ReferenceFamily => {
    if (typeof choice !== 'string' && 'logDensityAt' in choice) return choice;
    const id = typeof choice === 'string' ? choice : choice.family;
    const chosen = (typeof choice === 'string' ? undefined : choice.options) ?? options ?? {};
    const key = JSON.stringify([id, chosen]);
    const instance = instances.get(key) ?? referenceFamily(reference, id, chosen);
    instances.set(key, instance);
    return instance;
  };

  const exactWeights = weights.map((weight, component) => {
    const exact = reference.decimal(weight);
    if (exact.gte(0) && exact.isFinite()) return exact;
    throw new ReferenceFailure('invalid-mixture', `The weight of component ${component} is ${exact}: weights are numbers >= 0.`, {
      component,
    });
  });
  const sum = reference.sum(exactWeights);
  if (sum.minus(1).abs().gt(weightTolerance)) {
    throw new ReferenceFailure('invalid-mixture', `The weights sum to ${sum.toPrecision(17)}: they must sum to 1.`);
  }
  return {
    reference,
    weights: exactWeights,
    components: components.map((parameters, component) => {
      const instance = resolve(choices[component]!);
      return { family: instance, parameters: instance.fromNumbers(parameters, component) };
    }),
  };
}

/** ln p(row) of the whole mixture, in nats; -Infinity where every component's density is zero. */
export function logMixtureDensity(mixture: ReferenceMixture, row: readonly Decimal[]): Decimal {
  const { reference } = mixture;
  const joint = mixture.components.map(({ family, parameters }, j) =>
    reference.ln(mixture.weights[j]!).plus(family.logDensity(row, parameters)),
  );
  const greatest = reference.Decimal.max(...joint);
  if (!greatest.isFinite()) return greatest;
  return greatest.plus(reference.ln(reference.sum(joint.map((value) => reference.exp(value.minus(greatest))))));
}
