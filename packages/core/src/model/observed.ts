import type { Block } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { stridedSum } from '../numerics/sum.ts';

/**
 * The log-density of what was observed of each row. A missing cell has density 1: the integral over it.
 *
 * @throws EmkitError `CAPABILITY_MISSING` for an interval
 */
export function observedLogDensity(family: Family, block: Block, parameters: ParameterValues, out: Float64Array): void {
  family.logDensity(block, parameters, out);
  if (block.inexact === undefined) return;
  for (const row of missingRows(family, block)) out[row] = 0;
}

/**
 * Adds the statistics of what was observed to `statistics`, and returns its count: the sum of the responsibilities of the rows that are
 * not missing.
 */
export function accumulateObserved(
  family: Family,
  block: Block,
  responsibilities: Float64Array,
  about: ParameterValues,
  statistics: Float64Array,
  at: ParameterValues,
): number {
  if (block.inexact === undefined) {
    family.accumulate(block, responsibilities, about, statistics, at);
    return stridedSum(responsibilities, block.size);
  }
  const rows = missingRows(family, block);
  // Without a copy of all of them: only those of the missing rows are put aside, and back.
  const aside = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    aside[index] = responsibilities[rows[index]!]!;
    responsibilities[rows[index]!] = 0;
  }
  family.accumulate(block, responsibilities, about, statistics, at);
  const count = stridedSum(responsibilities, block.size);
  for (let index = 0; index < rows.length; index += 1) responsibilities[rows[index]!] = aside[index]!;
  return count;
}

const NONE = new Int32Array(0);

/** Rows of which nothing was observed. */
function missingRows(family: Family, { inexact = [] }: Block): Int32Array {
  const observed = observedColumns(family);
  const [first, ...others] = observed.map((column) => inexact[column]);
  if (family.observing !== true && first?.bounds !== undefined) {
    throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} cannot take intervals.`, {
      family: family.id,
      capability: 'observing',
    });
  }
  if (first === undefined) return NONE;
  let rows = first.rows;
  for (const cells of others) {
    if (cells === undefined) return NONE;
    const also = new Set(cells.rows);
    rows = rows.filter((row) => also.has(row));
  }
  return first.bounds === undefined && others.every((cells) => cells?.bounds === undefined) ? rows : NONE;
}

const known = new WeakMap<Family, readonly number[]>();

function observedColumns(family: Family): readonly number[] {
  let columns = known.get(family);
  if (columns === undefined) {
    columns = family.columns.flatMap(({ given }, column) => (given === true ? [] : [column]));
    known.set(family, columns);
  }
  return columns;
}
