import type { Summary } from '../data/summary.ts';
import type { Diagnosis } from '../driver/diagnosis.ts';
import { describeDiagnosis, isConverged } from '../driver/diagnosis.ts';
import type { DriverState } from '../driver/driver.ts';
import { componentDistance, componentRounding } from '../model/family-space.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';

/** Components nearer to each other than this are one component to any reader. */
const SAME = 1e-5;

/** Parameters coarser than this leave fewer digits than people expect. */
const COARSE = 1e-9;

/** Parameters that are still on the way by this much of their scale when nothing is left of the log-likelihood are not determined. */
const UNDETERMINED = 1e-3;

/** Probabilities below this are 0 to any reader. */
const CORNER = 1e-8;

/** What a reader should know before believing a fit; sentences, components counted from 1. */
export function makeWarnings(
  model: Mixture,
  state: DriverState,
  diagnosis: Diagnosis,
  { totalWeight, columnNames, missing, rows }: Summary,
): readonly string[] {
  const warnings: string[] = [];
  const kept = rows - (missing?.dropped ?? 0);
  const unseen = columnNames.filter((_, column) => missing?.cells[column] === kept);
  for (const name of unseen)
    warnings.push(`Column ${name} holds no value: nothing is known of its parameters, which are counted all the same.`);
  if (!isConverged(diagnosis)) warnings.push(`${capital(describeDiagnosis(diagnosis))}.`);
  const same = equalComponents(model, state.parameters);
  for (const group of same) {
    warnings.push(
      `Components ${group.map((component) => component + 1).join(', ')} are the same: the data hold no evidence for that many, and their weights are not determined.`,
    );
  }
  const loose = same.length > 0 ? [] : undetermined(model, state, diagnosis);
  if (loose.length > 0) {
    warnings.push(
      `The log-likelihood hardly changes along a ridge on which the parameters of component${loose.length === 1 ? '' : 's'} ${loose.join(', ')} move: the data may hold no evidence for that many components.`,
    );
  }
  const corners = isConverged(diagnosis) ? (model.latent.corners?.(state.parameters, CORNER) ?? []) : [];
  if (corners.length > 0) {
    warnings.push(
      `Estimated at 0: ${corners.join(', ')}. A single sequence says with which state it began, and no more; a few say little.`,
    );
  }
  const { length } = model.space.free;
  if (length >= totalWeight) warnings.push(`There are ${length} free parameters for a total weight of ${totalWeight}.`);
  const rounding = Math.max(
    ...model.families.map((family, component) => componentRounding(family, state.parameters.components[component]!)),
  );
  if (rounding > COARSE && state.origin === undefined) {
    warnings.push(
      `The data lie so far from zero that double precision resolves the parameters only to ${rounding.toExponential(1)} of their scale: subtract a constant first.`,
    );
  }
  return warnings;
}

/** Components that the accelerated driver would still move when the run ended because nothing was left to be gained. */
function undetermined(model: Mixture, { parameters, acceleration }: DriverState, diagnosis: Diagnosis): readonly number[] {
  if (!isConverged(diagnosis) || !('rule' in diagnosis) || diagnosis.rule !== 'nats') return [];
  if (diagnosis.remaining < UNDETERMINED) return [];
  const before = acceleration?.history[0]?.at;
  const moved = model.families.map((family, component) =>
    before === undefined ? 0 : componentDistance(family, before.components[component]!, parameters.components[component]!),
  );
  const most = Math.max(...moved);
  return moved.flatMap((distance, component) => (most > 0 && distance >= most / 10 ? [component + 1] : []));
}

function equalComponents({ families }: Mixture, { components }: MixtureParameters): readonly (readonly number[])[] {
  const groups: number[][] = [];
  components.forEach((values, component) => {
    const family = families[component]!;
    const group = groups.find(([first]) => families[first!] === family && componentDistance(family, components[first!]!, values) <= SAME);
    if (group === undefined) groups.push([component]);
    else group.push(component);
  });
  return groups.filter((group) => group.length > 1);
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
