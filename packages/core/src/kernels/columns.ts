import type { ColumnKernels } from './capability.ts';
import { createPlainColumnKernels } from './columns-plain.ts';
import { type FusedShape, prepareFused } from './fused.ts';
import type { FurtherKernels, FusedPass } from './kernels.ts';
import {
  PLANE_ABOUT0,
  PLANE_ABOUT1,
  PLANE_CONSTANT,
  PLANE_FACTOR,
  PLANE_INVERSE0,
  PLANE_INVERSE1,
  PLANE_MEAN0,
  PLANE_MEAN1,
  PLANE_RECORD,
} from './layout.ts';
import { COLUMNS_MODULE } from './module.generated.ts';
import { prepareMultivariate } from './multivariate.ts';
import type { MixtureConstants, ShortcutPass, ShortcutShape } from './shortcut.ts';

/** The functions of the kernels for several columns. */
export interface ColumnFunctions {
  plane: FusedPass;
  independentDensities(rows: number, components: number, dimension: number, columns: number, constants: number, joint: number): void;
  independentStatistics(
    rows: number,
    components: number,
    dimension: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
  correlatedDensities(
    rows: number,
    components: number,
    dimension: number,
    prefix: number,
    columns: number,
    constants: number,
    joint: number,
    scratch: number,
  ): number;
  whitenedColumns(rows: number, dimension: number, columns: number, constants: number, whitened: number, scratch: number): void;
  correlatedStatistics(
    rows: number,
    dimension: number,
    chunk: number,
    packing: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
}

/** What `ColumnKernels` hides. */
export interface ColumnPasses extends ColumnKernels {
  readonly further: FurtherKernels<ColumnFunctions>;
  /** The way to do one request's blocks. */
  prepare(shape: ShortcutShape, constants: MixtureConstants): ShortcutPass;
}

const FURTHER: FurtherKernels<ColumnFunctions> = { module: COLUMNS_MODULE, createPlain: createPlainColumnKernels };

/** Two correlated columns at once. */
const PLANE: FusedShape = {
  run: (engine) => engine.further(FURTHER).plane,
  record: PLANE_RECORD,
  write(out, at, constant, { location, scale }, there) {
    out[at + PLANE_CONSTANT] = constant;
    out[at + PLANE_MEAN0] = location[0]!;
    out[at + PLANE_MEAN1] = location[1]!;
    out[at + PLANE_FACTOR] = scale[2]!;
    out[at + PLANE_INVERSE0] = 1 / scale[0]!;
    out[at + PLANE_INVERSE1] = 1 / scale[3]!;
    out[at + PLANE_ABOUT0] = there.location[0]!;
    out[at + PLANE_ABOUT1] = there.location[1]!;
  },
  first: 2,
  second: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
  energy(statistics, { scale }) {
    const slope = scale[2]! / scale[0]!;
    const residual = statistics[4]! - 2 * slope * statistics[3]! + slope * slope * statistics[2]!;
    return 0.5 * (statistics[2]! / (scale[0]! * scale[0]!) + residual / (scale[3]! * scale[3]!));
  },
};

/**
 * A column's variance in parts of what another leaves of it, above which `energy` loses too many digits: the entropy is then taken row by
 * row.
 */
const MOST_COLLINEAR = 1024;

function fitsPlane({ kernel, dimension }: ShortcutShape, { here, there }: MixtureConstants): boolean {
  const isOpen = ({ scale }: { scale: Float64Array }): boolean => scale[2]! * scale[2]! < MOST_COLLINEAR * scale[3]! * scale[3]!;
  return kernel.density === 'correlated-gaussian' && dimension === 2 && here.every(isOpen) && !there.some(({ whitened }) => whitened);
}

const passes: ColumnPasses = {
  further: FURTHER,
  prepare: (shape, constants) =>
    fitsPlane(shape, constants) ? prepareFused(shape, PLANE, constants) : prepareMultivariate(shape, constants, FURTHER),
};

/** The engine's kernels for Gaussians of several columns, for the capability `kernel` of a family: programs without such a family need not load them. */
export const columnKernels: ColumnKernels = passes;
