import type { FurtherKernels } from './kernels.ts';
import { CHAIN_MODULE } from './module.generated.ts';

/** The recursions of forward-backward. Places are in bytes; what each does is said in assembly/. */
export interface ChainFunctions {
  chainForward(rows: number, states: number, small: number, factors: number, matrix: number, filtered: number, totals: number): void;
  chainBackward(
    rows: number,
    states: number,
    factors: number,
    matrix: number,
    filtered: number,
    backward: number,
    weighed: number,
    pairs: number,
  ): void;
}

/** The engine's kernels for chains of labels: programs without one need not load them. */
export const CHAIN_KERNELS: FurtherKernels<ChainFunctions> = { module: CHAIN_MODULE, createPlain: createPlainChainKernels };

/** The plain twins, as those of plain.ts. */
function createPlainChainKernels(memory: () => Float64Array): ChainFunctions {
  /** In the order of the vector. */
  const product = (m: Float64Array, states: number, vector: number, matrix: number, to: number): void => {
    for (let column = 0; column < states; column += 1) {
      let sum = m[vector]! * m[matrix + column]!;
      for (let j = 1; j < states; j += 1) sum += m[vector + j]! * m[matrix + j * states + column]!;
      m[to + column] = sum;
    }
  };
  /** The sum is that of the even ones, and that of the odd ones. */
  const multiply = (m: Float64Array, states: number, a: number, b: number, to: number): number => {
    let even = m[a]! * m[b]!;
    let odd = m[a + 1]! * m[b + 1]!;
    m[to] = even;
    m[to + 1] = odd;
    for (let place = 2; place < states; place += 2) {
      even += m[to + place] = m[a + place]! * m[b + place]!;
      odd += m[to + place + 1] = m[a + place + 1]! * m[b + place + 1]!;
    }
    return even + odd;
  };
  return {
    chainForward(rows, states, small, factors, matrix, filtered, totals) {
      const m = memory();
      for (let row = 0; row < rows; row += 1) {
        const before = filtered / 8 + row * states;
        const here = before + states;
        product(m, states, before, matrix / 8, here);
        const total = multiply(m, states, here, factors / 8 + row * states, here);
        const divided = !(total >= small);
        m[totals / 8 + row] = divided ? total : 1;
        if (divided) for (let k = 0; k < states; k += 1) m[here + k]! /= total;
      }
    },

    chainBackward(rows, states, factors, matrix, filtered, backward, weighed, pairs) {
      const m = memory();
      const [next, weight] = [backward / 8, weighed / 8];
      for (let row = rows - 1; row >= 0; row -= 1) {
        const factor = factors / 8 + row * states;
        const before = filtered / 8 + row * states;
        const here = before + states;
        multiply(m, states, factor, next, weight);
        const total = multiply(m, states, here, next, factor);
        for (let k = 0; k < states; k += 1) m[factor + k]! /= total;
        product(m, states, weight, matrix / 8, next);
        const scale = 1 / multiply(m, states, before, next, here);
        for (let k = 0; k < states; k += 1) m[next + k]! *= scale;
        for (let j = 0, pair = pairs / 8; j < states; j += 1) {
          const share = m[before + j]! * scale;
          for (let k = 0; k < states; k += 1, pair += 1) m[pair]! += share * m[weight + k]!;
        }
      }
    },
  };
}
