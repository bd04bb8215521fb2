// What the test of equal bits runs in each engine: prints, or leaves for a page, the digests of both kinds of kernels.
import { digests } from './digest.ts';

const answer: string = JSON.stringify({ simd: digests('simd'), plain: digests('plain') });
(globalThis as { sameBits?: string }).sameBits = answer;
console.log(answer);
