import { twoProductError } from '../numerics/sum.ts';
import { POWERS } from './layout.ts';

/** Steps of the exponential's argument in an octave. */
export const STEPS = 256;

/** log(2) / 256, and its inverse. */
export const NATS_PER_STEP = 0.0027076061740622863;
export const STEPS_PER_NAT = 369.3299304675746;

// 2^(1/256) = ROOT + ROOT_LOW
const ROOT = 1.0027112750502025;
const ROOT_LOW = -3.636615928692264e-17;

/**
 * Writes 2^(j/256) for j from 0 to 255 into the kernels' memory, each correctly rounded, less j in the bits from the 44th on: adding the
 * whole number k = 256 e + j, shifted left by 44, to the bits of the j-th then gives those of 2^(k/256).
 *
 * The powers are multiplied up with twice the precision, which gives the same bits everywhere and costs nothing to download.
 */
export function writePowers(memory: Float64Array): void {
  const words = new Int32Array(memory.buffer, memory.byteOffset + 8 * POWERS, 2 * STEPS);
  let high = 1;
  let low = 0;
  for (let j = 0; j < STEPS; j += 1) {
    memory[POWERS + j] = high;
    words[2 * j + HIGH_WORD]! -= j << 12;
    const product = high * ROOT;
    const rest = twoProductError(high, ROOT, product) + (high * ROOT_LOW + low * ROOT);
    high = product + rest;
    low = rest - (high - product);
  }
}

/** Which of a number's two 32-bit words holds the exponent: 1 on every machine in use. */
export const HIGH_WORD: number = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
