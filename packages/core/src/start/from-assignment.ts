import { type Block, type Dataset, largestBlock } from '../data/block.ts';
import { EStep } from '../model/e-step.ts';
import { MOST_RECENTRINGS } from '../model/estimable.ts';
import { Expectation } from '../model/expectation.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { Assignment } from './assignments.ts';

/** The share of every row that is spread evenly: no component is then fitted to a few equal rows, where its spread would vanish. */
export const SPREAD = 0.1;

/**
 * The M-step from an assignment of rows to components, softened: a start that suits any family and any law of the labels, because it only
 * asks for what they must offer anyway.
 *
 * @param spread the share of every row that is spread evenly
 * @throws EmkitError `COMPONENT_DEGENERATE` where even the softened component has no estimate (all data equal)
 */
export function parametersFromAssignment(
  model: Mixture,
  dataset: Dataset,
  assignment: Assignment,
  central: MixtureParameters,
  spread: number,
): MixtureParameters {
  const eStep = new EStep(model, largestBlock(dataset.blocks));
  const components = model.families.length;
  const expect = (about: MixtureParameters): Expectation => {
    const expectation = Expectation.zero(model);
    let firstRow = 0;
    for (const block of dataset.blocks) {
      eStep.assign(block, soften(block, assignment, firstRow, components, spread), about, expectation);
      firstRow += block.size;
    }
    return expectation;
  };
  let about = central;
  let expectation = expect(about);
  for (let again = 0; again < MOST_RECENTRINGS; again += 1) {
    const point = model.recentre(expectation.sums, about);
    if (point === undefined) break;
    about = point;
    expectation = expect(about);
  }
  return model.maximize(expectation.sums, about);
}

function soften({ labels }: Block, assignment: Assignment, firstRow: number, components: number, share: number) {
  return (row: number, out: readonly Float64Array[]): void => {
    const label = labels?.[row] ?? -1;
    const owner = label >= 0 ? label : assignment[firstRow + row]!;
    const spread = label >= 0 || components === 1 ? 0 : share;
    for (let component = 0; component < components; component += 1)
      out[component]![row] = (component === owner ? 1 - spread : 0) + spread / components;
  };
}
