import type { CheckedLatent, Engine } from '@emkit/conformance';
import type { Block, Family, ParameterValues } from '@emkit/core';

/** Something that is broken on purpose, and the law that must find out. */
interface Broken {
  readonly name: string;
  /** What is wrong, in a few words. */
  readonly defect: string;
  /** The law that must kill it. */
  readonly law: string;
  /** Broken where the rest is right. */
  readonly engine?: Engine;
}

export interface Mutant extends Broken {
  readonly family: Family;
}

/** The same for the laws of latent structures: the last of the definition's variants is checked. */
export interface LatentMutant extends Broken {
  readonly definition: CheckedLatent;
}

type Numbers = Readonly<Record<string, number>>;

/** The same family with some of its parts exchanged. A fast path that bypasses them is taken away. */
export function broken(family: Family, changes: Partial<Family>): Family {
  const { kernel: _kernel, ...rest } = family;
  return { ...rest, ...changes };
}

/** A log-density of one column, row by row. */
export function byRow(logDensity: (x: number, parameters: Numbers, row: readonly number[]) => number): Family['logDensity'] {
  return (block: Block, parameters: ParameterValues, out: Float64Array) => {
    for (let index = 0; index < block.size; index += 1) {
      out[index] = logDensity(
        block.columns[0]![index]!,
        parameters as Numbers,
        block.columns.map((column) => column[index]!),
      );
    }
  };
}

/** The original's log-densities, changed one by one. */
export function changedLogDensity(family: Family, change: (value: number) => number): Family['logDensity'] {
  return (block, parameters, out) => {
    family.logDensity(block, parameters, out);
    for (let index = 0; index < block.size; index += 1) out[index] = change(out[index]!);
  };
}
