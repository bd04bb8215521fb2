import type { ColumnKernels } from '../family.ts';

export const columnKernels: ColumnKernels = { further: {} };
