import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { root } from './run.ts';

/** Compiles a program that may import the kernels' own sources ('./elementary' and so on), and gives what it exports. */
export async function compileKernel<Exports>(source: string): Promise<Exports & { readonly memory: { readonly buffer: ArrayBuffer } }> {
  let binary: Uint8Array | undefined;
  const options = ['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '4'];
  const { error, stderr } = await asc.main(['program.ts', ...options, '--outFile', 'program.wasm'], {
    readFile: (name: string) => {
      if (name === 'program.ts') return source;
      try {
        return readFileSync(join(root, 'packages/core/assembly/kernels', name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`The program does not compile:\n${stderr.toString()}`);
  const module = new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(module, { env: { abort() {} } }).exports as never;
}
