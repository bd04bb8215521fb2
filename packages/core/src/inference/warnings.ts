import type { Dataset } from '../data/block.ts';
import type { Diagnosis } from '../driver/diagnosis.ts';
import { describeDiagnosis, isConverged } from '../driver/diagnosis.ts';
import { mixtureDistance, roundingDistance } from '../driver/distance.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';

/** Components nearer to each other than this are one component to any reader. */
const SAME = 1e-5;

/** Parameters coarser than this leave fewer digits than people expect. */
const COARSE = 1e-9;

/** What a reader should know before believing a fit; sentences, components counted from 1. */
export function makeWarnings(
  mixture: Mixture,
  parameters: MixtureParameters,
  diagnosis: Diagnosis,
  freeParameters: number,
  dataset: Dataset,
): readonly string[] {
  const warnings: string[] = [];
  if (!isConverged(diagnosis)) warnings.push(`${capital(describeDiagnosis(diagnosis))}.`);
  const same = equalComponents(mixture, parameters);
  for (const group of same) {
    warnings.push(
      `Components ${group.map((component) => component + 1).join(', ')} are the same: the data hold no evidence for that many, and their weights are not determined.`,
    );
  }
  if (freeParameters >= dataset.totalWeight)
    warnings.push(`There are ${freeParameters} free parameters for a total weight of ${dataset.totalWeight}.`);
  const rounding = roundingDistance(mixture, parameters);
  if (rounding > COARSE) {
    warnings.push(
      `The data lie so far from zero that double precision resolves the parameters only to ${rounding.toExponential(1)} of their scale: subtract a constant first.`,
    );
  }
  return warnings;
}

function equalComponents(mixture: Mixture, { components }: MixtureParameters): readonly (readonly number[])[] {
  const groups: number[][] = [];
  components.forEach((values, component) => {
    const family = mixture.families[component]!;
    const alone: Mixture = { families: [family], heldWeights: true, held: [new Set()], sharedGroups: [] };
    const group = groups.find(
      ([first]) =>
        mixture.families[first!] === family &&
        mixtureDistance(alone, { weights: [1], components: [components[first!]!] }, { weights: [1], components: [values] }) <= SAME,
    );
    if (group === undefined) groups.push([component]);
    else group.push(component);
  });
  return groups.filter((group) => group.length > 1);
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
