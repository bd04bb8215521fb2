import { EmkitError } from './errors.ts';
import { log } from './numerics/elementary.ts';

/** The state of a generator as JSON: four unsigned 32-bit integers. */
export type RandomState = readonly [number, number, number, number];

/**
 * A seeded stream of pseudo-random numbers: the only source of randomness in emkit. The same seed gives the same bits on every
 * engine, because only integer arithmetic, division by powers of two, square roots and emkit's own logarithm are used.
 */
export interface Random {
  /** Uniform on [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform on (0, 1): never 0, for logarithms and quantiles. */
  uniformOpen(): number;
  /** Uniform on 0, 1, ..., bound - 1, without modulo bias. `bound` is a whole number from 1 to 2^32. */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with rate 1. */
  exponential(): number;
  /** An independent generator, split off by drawing a seed from this one. */
  split(): Random;
  /** The state to resume from. Exact between any two calls. */
  state(): RandomState;
}

const UNIT = 2 ** -53;

/**
 * Creates a generator: sfc32 (Doty-Humphrey's small fast counter generator), seeded through twelve discarded rounds.
 *
 * @param seed a whole number of magnitude below 2^53, or a state from `Random.state`
 * @throws EmkitError `OPTION_INVALID` for any other seed
 */
export function createRandom(seed: number | RandomState): Random {
  let a: number;
  let b: number;
  let c: number;
  let counter: number;
  if (typeof seed === 'number') {
    if (!Number.isSafeInteger(seed)) {
      throw new EmkitError('OPTION_INVALID', `The seed is ${String(seed)}.`, { value: seed, remedy: 'Give a whole number below 2^53.' });
    }
    const magnitude = Math.abs(seed);
    a = (magnitude % 4294967296) | 0;
    b = Math.floor(magnitude / 4294967296) | 0;
    c = seed < 0 ? 1 : 0;
    counter = 1;
    for (let round = 0; round < 12; round += 1) next();
  } else {
    if (!Array.isArray(seed) || seed.length !== 4 || !seed.every((word) => Number.isInteger(word) && word >= 0 && word < 4294967296)) {
      throw new EmkitError('STATE_MALFORMED', 'A generator state is four whole numbers from 0 to 2^32 - 1.', { value: seed });
    }
    a = seed[0] | 0;
    b = seed[1] | 0;
    c = seed[2] | 0;
    counter = seed[3] | 0;
  }

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  }

  function uniform(): number {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 67108864 + low) * UNIT;
  }

  function uniformOpen(): number {
    for (;;) {
      const value = uniform();
      if (value > 0) return value;
    }
  }

  // The polar method without its cached second value, so that the state is four words and nothing else.
  function normal(): number {
    for (;;) {
      const first = 2 * uniform() - 1;
      const second = 2 * uniform() - 1;
      const square = first * first + second * second;
      // Survives: a square of exactly 0 or 1 comes less than once in 2^50 draws.
      if (square > 0 && square < 1) return first * Math.sqrt((-2 * log(square)) / square);
    }
  }

  return {
    uniform,
    uniformOpen,
    integer(bound: number): number {
      if (!Number.isInteger(bound) || bound < 1 || bound > 4294967296) {
        throw new EmkitError('OPTION_INVALID', `The bound is ${String(bound)}.`, {
          value: bound,
          remedy: 'Give a whole number from 1 to 2^32.',
        });
      }
      const limit = 4294967296 - (4294967296 % bound);
      for (;;) {
        const value = next();
        if (value < limit) return value % bound;
      }
    },
    normal,
    exponential: () => -log(uniformOpen()),
    split: () => createRandom([next(), next(), next(), 1]),
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
  };
}
