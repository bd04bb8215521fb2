import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** What this machine can do at most in WebAssembly SIMD, from loops of nothing else. */
export interface Roofline {
  /** Exponentials a second, by the kernels' own routine. */
  readonly exponentials: number;
  /** Additions and multiplications a second, in equal numbers and eight independent chains. */
  readonly flops: number;
}

const SOURCE = `
import { expNonPositive } from './elementary';
export function exponentials(numbers: i32): void {
  const end: usize = 65536 + (usize(numbers) << 3);
  for (let at: usize = 65536; at < end; at += 16) v128.store(at, expNonPositive(v128.load(at)));
}
export function flops(turns: i32): f64 {
  const m = f64x2.splat(0.999999);
  const p = f64x2.splat(0.000001);
  let ${[...'abcdefgh'].map((name) => `${name} = p`).join(', ')};
  for (let turn = 0; turn < turns; turn += 1) {
    ${[...'abcdefgh'].map((name) => `${name} = f64x2.add(f64x2.mul(${name}, m), p);`).join('\n    ')}
  }
  return f64x2.extract_lane(${[...'bcdefgh'].reduce((sum, name) => `f64x2.add(${sum}, ${name})`, 'a')}, 0);
}
`;

export async function measureRoofline(): Promise<Roofline> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../packages/core/assembly/kernels');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      'roofline.ts',
      '--optimizeLevel',
      '3',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--initialMemory',
      '4',
      '--outFile',
      'r.wasm',
    ],
    {
      readFile: (name: string) => {
        if (name === 'roofline.ts') return SOURCE;
        try {
          return readFileSync(join(folder, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_name: string, contents: Uint8Array | string) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw new Error(`The roofline does not compile:\n${stderr.toString()}`);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>), { env: { abort() {} } });
  const { exponentials, flops } = instance.exports as { exponentials(numbers: number): void; flops(turns: number): number };
  const best = (action: () => void): number => {
    let least = Infinity;
    for (let round = 0; round < 200; round += 1) {
      const begin = performance.now();
      action();
      least = Math.min(least, performance.now() - begin);
    }
    return least / 1000;
  };
  const turns = 100_000;
  return {
    exponentials:
      (100 * 1024) /
      best(() => {
        for (let turn = 0; turn < 100; turn += 1) exponentials(1024);
      }),
    flops: (32 * turns) / best(() => flops(turns)),
  };
}
