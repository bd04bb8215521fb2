import { type Dataset, largestBlock } from '../data/block.ts';
import { EStep } from '../model/e-step.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { Random } from '../random.ts';
import { type Assignment, kMeansAssignment } from './assignments.ts';
import type { Features } from './features.ts';

/** A fit with one component less: its structure and where it ended. */
export interface Neighbour {
  readonly model: Mixture;
  readonly parameters: MixtureParameters;
}

/** Lloyd's iterations in the component that is split. */
const LLOYD = 20;

/**
 * Assignments to one component more than a neighbour has: each row goes to its most probable component, and one of them is split in two, the
 * largest and the one that fits its rows worst.
 */
export function splitAssignments(
  { model, parameters }: Neighbour,
  dataset: Dataset,
  features: Features,
  random: Random,
): readonly Assignment[] {
  const components = model.families.length;
  const labels = new Int32Array(features.rows);
  const counts = new Float64Array(components);
  const fits = new Float64Array(components);
  const eStep = new EStep(model, largestBlock(dataset.blocks));
  let firstRow = 0;
  for (const block of dataset.blocks) {
    const { responsibilities, logDensities } = eStep.posterior(block, parameters, { firstRow, source: {} });
    for (let row = 0; row < block.size; row += 1) {
      let best = 0;
      for (let component = 1; component < components; component += 1)
        if (responsibilities[component]![row]! > responsibilities[best]![row]!) best = component;
      labels[firstRow + row] = best;
      const weight = features.weights[firstRow + row]!;
      counts[best]! += weight;
      fits[best]! += weight * (logDensities[row] ?? 0);
    }
    firstRow += block.size;
  }
  const order = Array.from(counts, (_, component) => component).filter((component) => counts[component]! > 0);
  const largest = order.reduce((a, b) => (counts[b]! > counts[a]! ? b : a));
  const worst = order.reduce((a, b) => (fits[b]! / counts[b]! < fits[a]! / counts[a]! ? b : a));
  return [...new Set([largest, worst])].map((component) => split(labels, component, components, features, random));
}

function split(labels: Int32Array, component: number, added: number, features: Features, random: Random): Assignment {
  const rows = Uint32Array.from(labels.keys()).filter((row) => labels[row] === component);
  const own: Features = {
    rows: rows.length,
    columns: features.columns.map((column) => Float64Array.from(rows, (row) => column[row]!)),
    weights: Float64Array.from(rows, (row) => features.weights[row]!),
  };
  const assignment = labels.slice();
  kMeansAssignment(own, 2, random, LLOYD).forEach((half, index) => {
    if (half === 1) assignment[rows[index]!] = added;
  });
  return assignment;
}
