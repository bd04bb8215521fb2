// Compiles the kernels and writes them into a TypeScript file: `pnpm --filter @emkit/core kernels`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { BASE_CONSTANTS, COLUMN_CONSTANTS, POWERS } from '../src/kernels/layout.ts';
import { CHARACTERS, FIRST_CHARACTER, SHIFT } from '../src/kernels/module-text.ts';

const folder: string = dirname(fileURLToPath(import.meta.url));

/** Where the compiled kernels are kept. */
export const generatedFile: string = join(folder, '../src/kernels/module.generated.ts');

interface Entry {
  /** In kernels/. */
  readonly file: string;
  readonly name: string;
  /** Where in the memory the module's constants begin, in numbers. */
  readonly constants: number;
}

const ENTRIES: readonly Entry[] = [
  { file: 'index.ts', name: 'MODULE', constants: BASE_CONSTANTS },
  { file: 'columns.ts', name: 'COLUMNS_MODULE', constants: COLUMN_CONSTANTS },
  // It has no constants.
  { file: 'chain.ts', name: 'CHAIN_MODULE', constants: POWERS },
];

/**
 * The generated file's text, from the sources as they are now. Both modules are in one file, near enough for gzip to see what they have
 * in common; a program that does not use one leaves it out all the same.
 */
export async function compileKernels(): Promise<string> {
  const parts = [
    '// Made by `pnpm --filter @emkit/core kernels` from assembly/. Do not edit.',
    "import type { KernelModule } from './kernels.ts';",
  ];
  for (const { file, name, constants } of ENTRIES) {
    const binary = await compile(file, constants);
    const digest = createHash('sha256').update(binary).digest('hex').slice(0, 16);
    const text = moduleText(binary).replaceAll('\\', '\\\\');
    // As the formatter would have it.
    const quote = text.includes("'") ? '"' : "'";
    parts.push(`export const ${name}: KernelModule = {\n  digest: '${digest}',\n  text: ${quote}${text}${quote},\n};`);
  }
  return `${parts.join('\n\n')}\n`;
}

async function compile(entry: string, constants: number): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const options = ['--optimizeLevel', '3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
  const memory = ['--importMemory', '--noExportMemory', '--initialMemory', '1', '--memoryBase', String(8 * constants)];
  const { error, stderr } = await asc.main([entry, ...options, ...memory, '--outFile', 'kernels.wasm'], {
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
  return binary;
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
