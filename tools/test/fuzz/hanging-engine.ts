import { type Engine, workspace } from '../../src/fuzz/case.ts';

/** Never answers for seven rows, and dies of memory for eight. */
export const engine: Engine = {
  ...workspace,
  fit(data, options) {
    const { length } = data as { readonly length: number };
    while (length === 7);
    const heap: number[][] = [];
    while (length === 8) heap.push(new Array<number>(1e6).fill(length));
    return workspace.fit(data, options);
  },
};
