import { compileKernel } from '../compile-kernel.ts';

/** What this machine can do at most in WebAssembly SIMD, from loops of nothing else. */
export interface Roofline {
  /** Exponentials a second, by the kernels' own routine. */
  readonly exponentials: number;
  /** Additions and multiplications a second, in equal numbers: products of four numbers with four rows, from the first cache. */
  readonly flops: number;
}

const SOURCE = `
import { exponentialsOfSteps } from './elementary';
export function exponentials(numbers: i32): void {
  // The place of the table of powers; any numbers do.
  for (let at: usize = 2048; at < 4096; at += 8) f64.store(at, 1);
  const end: usize = 65536 + (usize(numbers) << 3);
  for (let at: usize = 65536; at < end; at += 64) {
    exponentialsOfSteps(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), at + 65536);
  }
}
export function flops(turns: i32): f64 {
  let sum = f64x2.splat(0);
  for (let turn = 0; turn < turns; turn += 1) {
    let a0 = sum;
    let a1 = sum;
    let b0 = sum;
    let b1 = sum;
    let c0 = sum;
    let c1 = sum;
    let d0 = sum;
    let d1 = sum;
    for (let at: usize = 65536; at < 65536 + 100 * 64; at += 64) {
      const y0 = v128.load(at);
      const y1 = v128.load(at, 16);
      const la = v128.load64_splat(at, 32);
      a0 = f64x2.add(a0, f64x2.mul(la, y0));
      a1 = f64x2.add(a1, f64x2.mul(la, y1));
      const lb = v128.load64_splat(at, 40);
      b0 = f64x2.add(b0, f64x2.mul(lb, y0));
      b1 = f64x2.add(b1, f64x2.mul(lb, y1));
      const lc = v128.load64_splat(at, 48);
      c0 = f64x2.add(c0, f64x2.mul(lc, y0));
      c1 = f64x2.add(c1, f64x2.mul(lc, y1));
      const ld = v128.load64_splat(at, 56);
      d0 = f64x2.add(d0, f64x2.mul(ld, y0));
      d1 = f64x2.add(d1, f64x2.mul(ld, y1));
    }
    sum = f64x2.add(f64x2.add(f64x2.add(a0, a1), f64x2.add(b0, b1)), f64x2.add(f64x2.add(c0, c1), f64x2.add(d0, d1)));
    sum = f64x2.mul(sum, f64x2.splat(0.001));
  }
  return f64x2.extract_lane(sum, 0);
}
`;

export async function measureRoofline(): Promise<Roofline> {
  const { exponentials, flops } = await compileKernel<{ exponentials(numbers: number): void; flops(turns: number): number }>(SOURCE);
  const best = (action: () => void): number => {
    let least = Infinity;
    // Long enough for the engine to compile the loop at its best.
    const end = performance.now() + 500;
    while (performance.now() < end) {
      const begin = performance.now();
      action();
      least = Math.min(least, performance.now() - begin);
    }
    return least / 1000;
  };
  // Many short calls: a loop that is running is not replaced by its optimised self.
  const turns = 10;
  return {
    exponentials:
      (100 * 1024) /
      best(() => {
        for (let turn = 0; turn < 100; turn += 1) exponentials(1024);
      }),
    flops:
      (100 * 3200 * turns) /
      best(() => {
        for (let turn = 0; turn < 100; turn += 1) flops(turns);
      }),
  };
}
