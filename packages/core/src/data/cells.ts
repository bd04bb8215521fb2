import type { Block, Inexact } from './block.ts';

/** The cells of each column that are not exact. */
export type Cells = readonly (Inexact | undefined)[];

/** The cells of the rows from `first` to below `end`, counted from there; undefined where all are exact. */
export function sliceCells(cells: Cells | undefined, first: number, end: number): Cells | undefined {
  return someCells(
    cells?.map((own) => {
      if (own === undefined) return undefined;
      const [from, to] = [firstAtLeast(own.rows, first), firstAtLeast(own.rows, end)];
      return take(
        own,
        own.rows.subarray(from, to).map((row) => row - first),
        // A copy: a view would be sent to a worker with all that it is a part of.
        (bound) => bound.slice(from, to),
      );
    }),
  );
}

/** The cells of some rows, in a new order: row i was row `order[i]`. */
export function pickCells(cells: Cells | undefined, order: ArrayLike<number>): Cells | undefined {
  return someCells(
    cells?.map((own) => {
      if (own === undefined) return undefined;
      const places = new Map<number, number>();
      own.rows.forEach((row, place) => {
        places.set(row, place);
      });
      const rows: number[] = [];
      const from: number[] = [];
      for (let row = 0; row < order.length; row += 1) {
        const place = places.get(order[row]!);
        if (place === undefined) continue;
        rows.push(row);
        from.push(place);
      }
      return take(own, Int32Array.from(rows), (bound) => Float64Array.from(from, (place) => bound[place]!));
    }),
  );
}

/** The cells of rows that are picked one by one from several blocks, in ascending order of their new places. */
export class PickedCells {
  private readonly columns: { rows: number[]; lower: number[]; upper: number[] }[];
  private bounded = false;

  constructor(columns: number) {
    this.columns = Array.from({ length: columns }, () => ({ rows: [], lower: [], upper: [] }));
  }

  /** Row `from` of a block becomes row `to`. */
  pick({ inexact }: Pick<Block, 'inexact'>, from: number, to: number): void {
    inexact?.forEach((own, column) => {
      if (own === undefined) return;
      const place = firstAtLeast(own.rows, from);
      if (own.rows[place] !== from) return;
      const out = this.columns[column]!;
      out.rows.push(to);
      out.lower.push(own.bounds?.lower[place] ?? -Infinity);
      out.upper.push(own.bounds?.upper[place] ?? Infinity);
      this.bounded ||= own.bounds !== undefined;
    });
  }

  picked(): Cells | undefined {
    return someCells(
      this.columns.map(({ rows, lower, upper }) =>
        rows.length === 0
          ? undefined
          : {
              rows: Int32Array.from(rows),
              ...(this.bounded && { bounds: { lower: Float64Array.from(lower), upper: Float64Array.from(upper) } }),
            },
      ),
    );
  }
}

/** A number for each row by which equal cells are equal: 0 for exact ones. */
export function cellKeys({ rows, bounds }: Inexact, size: number): Int32Array {
  const keys = new Int32Array(size);
  const known = new Map<string, number>();
  rows.forEach((row, place) => {
    const text = bounds === undefined ? '' : `${bounds.lower[place]},${bounds.upper[place]}`;
    let key = known.get(text);
    if (key === undefined) {
      key = known.size + 1;
      known.set(text, key);
    }
    keys[row] = key;
  });
  return keys;
}

/** The cells with a number taken off what they lie between. */
export function shiftCells(cells: Cells, origin: readonly number[]): Cells {
  return cells.map((own, column) => {
    const by = origin[column]!;
    return own?.bounds === undefined || by === 0 ? own : take(own, own.rows, (bound) => bound.map((value) => value - by));
  });
}

function take({ bounds }: Inexact, rows: Int32Array, pick: (bound: Float64Array) => Float64Array): Inexact | undefined {
  if (rows.length === 0) return undefined;
  return { rows, ...(bounds && { bounds: { lower: pick(bounds.lower), upper: pick(bounds.upper) } }) };
}

function someCells(cells: Cells | undefined): Cells | undefined {
  return cells?.some((own) => own !== undefined) ? cells : undefined;
}

/** The place of the first entry of an ascending list that is not below a value. */
function firstAtLeast(values: Int32Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
