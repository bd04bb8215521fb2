import type { Block, Dataset } from '../data/block.ts';

/** The columns of consecutive blocks, each as one array. */
export interface WholeColumns {
  readonly columns: readonly Float64Array[];
  /** One a unit. */
  readonly weights?: Float64Array;
  readonly labels?: Int32Array;
  readonly allowed?: Int32Array;
}

/** The whole data in shared memory; undefined where the engine has none (a page without the isolation headers). */
export function shareColumns(dataset: Dataset): WholeColumns | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) return undefined;
  return gatherColumns(dataset.blocks, dataset.columnNames.length, (bytes) => new SharedArrayBuffer(bytes), true);
}

/**
 * Joins the blocks' columns.
 *
 * @param reuse takes an array that lies in shared memory already, and of which all parts are views, as it is
 */
export function gatherColumns(
  blocks: readonly Block[],
  width: number,
  allocate: (bytes: number) => ArrayBufferLike,
  reuse = false,
): WholeColumns {
  const rowsOf = ({ size }: Block): number => size;
  const unitsOf = ({ size, units }: Block): number => units?.length ?? size;
  const join = <A extends Numbers>(
    part: (block: Block) => A | undefined,
    lengthOf: (block: Block) => number,
    create: (length: number) => A,
  ): A | undefined => {
    const parts = blocks.map(part);
    if (parts.every((values) => values === undefined)) return undefined;
    const lengths = blocks.map(lengthOf);
    const found = reuse ? sharedWhole(parts, lengths) : undefined;
    if (found !== undefined) return found;
    const out = create(lengths.reduce((sum, length) => sum + length, 0));
    let place = 0;
    parts.forEach((values, index) => {
      if (values !== undefined) out.set(values.subarray(0, lengths[index]), place);
      place += lengths[index]!;
    });
    return out;
  };
  const numbers = (length: number): Float64Array => new Float64Array(allocate(length * 8));
  const integers = (length: number): Int32Array => new Int32Array(allocate(length * 4));
  const columns = Array.from({ length: width }, (_, column) => join((block) => block.columns[column]!, rowsOf, numbers) ?? numbers(0));
  const weights = join(
    (block) => block.weights,
    unitsOf,
    (length) => numbers(length).fill(1),
  );
  const labels = join(
    (block) => block.labels,
    rowsOf,
    (length) => integers(length).fill(-1),
  );
  const allowed = join((block) => block.allowed, rowsOf, integers);
  return { columns, ...(weights && { weights }), ...(labels && { labels }), ...(allowed && { allowed }) };
}

type Numbers = Float64Array | Int32Array;

/** The array of which all parts are views one after the other, where it lies in shared memory already. */
function sharedWhole<A extends Numbers>(parts: readonly (A | undefined)[], lengths: readonly number[]): A | undefined {
  const first = parts[0];
  if (first === undefined || !(first.buffer instanceof SharedArrayBuffer)) return undefined;
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = first;
  let length = 0;
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    if (part?.buffer !== buffer || part.byteOffset !== byteOffset + length * BYTES_PER_ELEMENT) return undefined;
    length += lengths[index]!;
  }
  const View = first.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A;
  return new View(buffer, byteOffset, length);
}
