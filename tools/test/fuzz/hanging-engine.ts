import { type Engine, workspace } from '../../src/fuzz/case.ts';

/** Never answers for one number of rows, and dies of memory for another. */
export const engine: Engine = {
  ...workspace,
  fit(data, options) {
    const { length } = data as { readonly length: number };
    while (length === 12);
    const heap: number[][] = [];
    while (length === 13) heap.push(new Array<number>(1e6).fill(length));
    return workspace.fit(data, options);
  },
};
