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
  if (block.inexact === undefined || family.observing === true) return;
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
  if (block.inexact === undefined || family.observing === true) {
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

/** The rows whose one observed cell is missing. */
function missingRows(family: Family, { inexact }: Block): Int32Array {
  const cells = inexact?.[observedColumn(family)];
  if (cells?.bounds?.lower.some((lower, place) => lower > -Infinity || cells.bounds!.upper[place]! < Infinity)) {
    throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} cannot take intervals.`, {
      family: family.id,
      capability: 'observing',
    });
  }
  return cells?.rows ?? NONE;
}

const observedColumns = new WeakMap<Family, number>();

function observedColumn(family: Family): number {
  let column = observedColumns.get(family);
  if (column === undefined) {
    column = family.columns.findIndex(({ given }) => given !== true);
    observedColumns.set(family, column);
  }
  return column;
}
