import { accumulateBlock } from '../backend/expect-block.ts';
import type { Dataset } from '../data/block.ts';
import { mStep, recentrePoints } from '../driver/m-step.ts';
import { Expectation } from '../expectation.ts';
import type { ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import type { Assignment } from './assignments.ts';

/** The share of every row that is spread evenly: no component is then fitted to a few equal rows, where its spread would vanish. */
const SPREAD = 0.1;

const MOST_RECENTRINGS = 3;

/**
 * The M-step from an assignment of rows to components, softened: a start that suits any family, because it only asks for what a
 * family must offer anyway.
 *
 * @throws EmkitError `COMPONENT_DEGENERATE` where even the softened component has no estimate (all data equal)
 */
export function parametersFromAssignment(
  mixture: Mixture,
  dataset: Dataset,
  assignment: Assignment,
  central: readonly ParameterValues[],
): MixtureParameters {
  const components = mixture.families.length;
  const responsibilities = mixture.families.map(() => new Float64Array(dataset.blocks[0]!.size));
  const expect = (about: readonly ParameterValues[]): Expectation => {
    const expectation = Expectation.zero(mixture);
    let firstRow = 0;
    for (const block of dataset.blocks) {
      for (let row = 0; row < block.size; row += 1) {
        const label = block.labels?.[row] ?? -1;
        const owner = label >= 0 ? label : assignment[firstRow + row]!;
        const spread = label >= 0 || components === 1 ? 0 : SPREAD;
        for (let component = 0; component < components; component += 1) {
          responsibilities[component]![row] = (component === owner ? 1 - spread : 0) + spread / components;
        }
      }
      accumulateBlock(block, mixture, about, responsibilities, undefined, expectation);
      firstRow += block.size;
    }
    return expectation;
  };
  let about = central;
  let expectation = expect(about);
  for (let again = 0; again < MOST_RECENTRINGS; again += 1) {
    const points = recentrePoints(mixture, expectation, about);
    if (points === undefined) break;
    about = points;
    expectation = expect(about);
  }
  return mStep(mixture, expectation, { weights: mixture.families.map(() => 1 / components), components: central }, about);
}
