import type { Block } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { type Law, part, seedArbitrary, show, violate } from '../law.ts';
import { blockOf } from '../likelihood.ts';
import { sumAllowance } from '../tolerance.ts';
import { responsibilityArbitrary, shuffled } from './statistics.ts';

/** The rows of a long block: past the sizes of buffers that a family may have in mind. */
const LONG = 5000;

/** Parts of the law "statistics" about blocks as an engine makes them: long ones, in arrays that are longer still. */
export const blockParts: Law['parts'] = [
  part({
    name: 'long blocks, in longer columns',
    share: 0.1,
    shrinks: 20,
    arbitrary: (subject) =>
      fc.record({
        parameters: subject.parameters('ordinary'),
        entries: fc.array(fc.tuple(subject.row('ordinary'), responsibilityArbitrary), { minLength: 1, maxLength: 20 }),
        size: fc.constantFrom(1, 2, 3, 7, 250, 1025, LONG),
        seed: seedArbitrary,
      }),
    check({ parameters, entries, size, seed }, { subject: { family } }) {
      const order = Array.from(
        { length: size },
        (_, index) => shuffled(entries.length, seed + Math.floor(index / entries.length))[index % entries.length]!,
      );
      const rows = order.map((index) => entries[index]![0]);
      const responsibilities = Float64Array.from([...order.map((index) => entries[index]![1]), Number.NaN, 7, -1]);
      const block = longer(blockOf(family, rows));
      const out = new Float64Array(size + 3).fill(55);
      family.logDensity(block, parameters, out);
      const statistics = new Float64Array(family.statisticsLength);
      family.accumulate(block, responsibilities, parameters, statistics);

      const singles = entries.map(([row]) => alone(family.statisticsLength, row));
      function alone(length: number, row: Row): { readonly density: number; readonly statistics: Float64Array } {
        const density = new Float64Array(1);
        family.logDensity(blockOf(family, [row]), parameters, density);
        const own = new Float64Array(length);
        family.accumulate(blockOf(family, [row]), Float64Array.of(1), parameters, own);
        return { density: density[0]!, statistics: own };
      }
      order.forEach((entry, row) => {
        if (!Object.is(out[row], singles[entry]!.density) && !near(out[row]!, singles[entry]!.density))
          violate(`log f(${show(rows[row])}) is ${singles[entry]!.density}, and as row ${row + 1} of a block of ${size} it is ${out[row]}`);
      });
      if (out.subarray(size).some((value) => value !== 55))
        violate('logDensity wrote beyond the rows of the block, which are fewer than its columns are long');
      statistics.forEach((value, place) => {
        let sum = 0;
        let magnitude = 0;
        order.forEach((entry, row) => {
          const term = responsibilities[row]! * singles[entry]!.statistics[place]!;
          sum += term;
          magnitude += Math.abs(term);
        });
        if (!(Math.abs(value - sum) <= sumAllowance(size, magnitude)))
          violate(`over a block of ${size} rows statistic ${place + 1} is ${value}, and ${sum} row by row`);
      });
    },
  }),
];

/** The same rows in columns that go on: a block's size, not its columns' length, says where it ends. */
function longer({ size, columns }: Block): Block {
  return { size, columns: columns.map((column) => Float64Array.from([...column, column[0]!, column[0]!, Number.NaN])) };
}

/** A vectorised sum may round otherwise than a single one. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 64 * Number.EPSILON * (1 + Math.abs(b));
}
