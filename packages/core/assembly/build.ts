// Compiles the kernels and writes them into a TypeScript file: `pnpm --filter @emkit/core kernels`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { CHARACTERS, FIRST_CHARACTER, SHIFT } from '../src/kernels/module-text.ts';

const folder: string = dirname(fileURLToPath(import.meta.url));

/** Where the compiled kernels are kept. */
export const generatedFile: string = join(folder, '../src/kernels/module.generated.ts');

/** The generated file's text, from the sources as they are now. */
export async function compileKernels(): Promise<string> {
  let binary: Uint8Array | undefined;
  const options = ['--optimizeLevel', '3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
  const { error, stderr } = await asc.main(['index.ts', ...options, '--initialMemory', '1', '--outFile', 'kernels.wasm'], {
    readFile: (name: string) => {
      try {
        return readFileSync(join(folder, 'kernels', name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`The kernels do not compile:\n${stderr.toString()}`);
  return [
    '// Made by `pnpm --filter @emkit/core kernels` from assembly/. Do not edit.',
    `export const MODULE_DIGEST = '${createHash('sha256').update(binary).digest('hex').slice(0, 16)}';`,
    `export const MODULE_TEXT =\n  "${moduleText(binary).replaceAll('\\', '\\\\')}";`,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}

/** What `readModuleText` reads. */
function moduleText(binary: Uint8Array): string {
  let text = '';
  for (const byte of binary) {
    const value = (byte + SHIFT) & 255;
    if (value >= CHARACTERS) text += value < 2 * CHARACTERS ? ' ' : '!';
    text += String.fromCharCode(FIRST_CHARACTER + (value % CHARACTERS));
  }
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(generatedFile, await compileKernels());
