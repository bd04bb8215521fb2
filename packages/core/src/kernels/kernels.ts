import { MODULE_DIGEST, MODULE_TEXT } from './module.generated.ts';
import { readModuleText } from './module-text.ts';
import { createPlainKernels } from './plain.ts';
import { writePowers } from './powers.ts';

/**
 * The kernels' functions. Places are in bytes from the start of the kernels' memory; `rows` is a multiple of 16, and columns, joint
 * densities and responsibilities are arrays of `rows` numbers end to end. What each does is said in assembly/.
 */
export interface KernelFunctions {
  gaussian: FusedPass;
  exponential: FusedPass;
  plane: FusedPass;
  posterior(
    rows: number,
    components: number,
    joint: number,
    weights: number,
    unit: number,
    cut: number,
    scratch: number,
    sums: number,
  ): void;
  independentDensities(rows: number, components: number, dimension: number, columns: number, constants: number, joint: number): void;
  independentStatistics(
    rows: number,
    components: number,
    dimension: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
  correlatedDensities(
    rows: number,
    components: number,
    dimension: number,
    prefix: number,
    columns: number,
    constants: number,
    size: number,
    joint: number,
    scratch: number,
  ): number;
  correlatedStatistics(
    rows: number,
    components: number,
    dimension: number,
    chunk: number,
    packing: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
}

type FusedPass = (
  rows: number,
  components: number,
  x: number,
  weights: number,
  unit: number,
  constants: number,
  scratch: number,
  sums: number,
) => void;

/** The kernels with their memory, which all passes in this thread share: nothing in it outlives a block. */
export interface Kernels extends KernelFunctions {
  readonly kind: KernelKind;
  /** The memory, at least `numbers` long. The array is another one after the memory grew. */
  memory(numbers: number): Float64Array;
}

/** `simd`: WebAssembly, two numbers at a time. `plain`: TypeScript with the same bits, where WebAssembly is not allowed. */
export type KernelKind = 'simd' | 'plain';

/** Numbers at the start of the memory that belong to the compiled module. */
export const RESERVED_NUMBERS = 512;

const PAGE = 65536;

let chosen: Kernels | undefined;

/** The fastest kernels that can run here, compiled when first asked for. */
export function kernels(): Kernels {
  chosen ??= createSimdKernels() ?? createPlain();
  return chosen;
}

/** Chooses the kernels for this thread, for comparisons: the answers have the same bits. Returns the kind that is now in use. */
export function useKernels(kind: KernelKind): KernelKind {
  chosen = (kind === 'simd' ? createSimdKernels() : undefined) ?? createPlain();
  return chosen.kind;
}

/**
 * The compiled kernels of this thread, for another: a module that is sent shares its machine code, with whatever the engine has optimised.
 */
export interface CompiledKernels {
  /** Of what the module was compiled from: a thread with other kernels must not take it. */
  readonly digest: string;
  readonly module: object;
}

/** What another thread may take instead of compiling; undefined where WebAssembly cannot be used, or is not. */
export function compiledKernels(): CompiledKernels | undefined {
  return kernels().kind === 'simd' && compiled !== undefined ? { digest: MODULE_DIGEST, module: compiled } : undefined;
}

/** Uses kernels that another thread compiled. Where they do not serve, this thread compiles its own when it needs them. */
export function adoptKernels(data: CompiledKernels): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyLike };
  if (WebAssembly === undefined || data.digest !== MODULE_DIGEST || !(data.module instanceof WebAssembly.Module)) return;
  compiled = data.module;
  chosen = undefined;
}

/** The part of WebAssembly that is used; core's types know no host. */
interface WebAssemblyLike {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** Kept, so that workers can be sent it. */
let compiled: object | undefined;

/** Undefined where there is no WebAssembly, or none with SIMD, or a content security policy forbids it. */
function createSimdKernels(): Kernels | undefined {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyLike };
  if (WebAssembly === undefined) return undefined;
  try {
    compiled ??= new WebAssembly.Module(readModuleText(MODULE_TEXT));
    const module = compiled;
    const memory = new WebAssembly.Memory({ initial: 8 });
    const functions = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelFunctions;
    let view = new Float64Array(memory.buffer);
    writePowers(view);
    return {
      ...functions,
      kind: 'simd',
      memory(numbers) {
        if (numbers > view.length) {
          memory.grow(Math.ceil((numbers - view.length) / (PAGE / 8)));
          view = new Float64Array(memory.buffer);
        }
        return view;
      },
    };
  } catch {
    return undefined;
  }
}

function createPlain(): Kernels {
  let view = new Float64Array(PAGE);
  writePowers(view);
  return {
    ...createPlainKernels(() => view),
    kind: 'plain',
    memory(numbers) {
      if (numbers > view.length) {
        view = new Float64Array(numbers);
        writePowers(view);
      }
      return view;
    },
  };
}
