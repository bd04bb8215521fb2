import type { Kernel } from './capability.ts';
import { MODULE } from './module.generated.ts';
import { readModuleText } from './module-text.ts';
import { createPlainKernels } from './plain.ts';
import { writePowers } from './powers.ts';

/** Kernels that are compiled together, as assembly/build.ts writes them. */
export interface KernelModule {
  /** Of the compiled module: a thread with other kernels must not take it. */
  readonly digest: string;
  readonly text: string;
}

/** A module whose functions work on the memory of the kernels that every fit needs: what only some families need is apart from them. */
export interface FurtherKernels<Functions> {
  readonly module: KernelModule;
  readonly createPlain: (memory: () => Float64Array) => Functions;
}

/**
 * The kernels' functions. Places are in bytes from the start of the kernels' memory; `rows` is a multiple of 16, and columns, joint
 * densities and responsibilities are arrays of `rows` numbers end to end. What each does is said in assembly/.
 */
export interface KernelFunctions {
  gaussian: FusedPass;
  exponential: FusedPass;
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
}

export type FusedPass = (
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
  /** The functions of another module. */
  further<Functions>(kernels: FurtherKernels<Functions>): Functions;
}

/** `simd`: WebAssembly, two numbers at a time. `plain`: TypeScript with the same bits, where WebAssembly is not allowed. */
export type KernelKind = 'simd' | 'plain';

const PAGE = 65536;

let chosen: Kernels | undefined;

/** The fastest kernels that can run here, compiled when first asked for. */
export function kernels(): Kernels {
  chosen ??= createSimdKernels() ?? createPlain();
  return chosen;
}

/** Compiles what a family's passes over data will need besides. */
// biome-ignore lint/suspicious/noExplicitAny: kernels of families with different parameters
export function prepareKernels({ kernel }: { readonly kernel?: Kernel<any> | undefined }): void {
  if (kernel?.columns !== undefined) kernels().further(kernel.columns.further as FurtherKernels<unknown>);
}

/** Chooses the kernels for this thread, for comparisons: the answers have the same bits. Returns the kind that is now in use. */
export function useKernels(kind: KernelKind): KernelKind {
  chosen = (kind === 'simd' ? createSimdKernels() : undefined) ?? createPlain();
  return chosen.kind;
}

/** Compiled kernels of this thread, for another: a module that is sent shares its machine code, with whatever the engine has optimised. */
export interface CompiledKernels {
  readonly digest: string;
  readonly module: object;
}

/** What another thread may take instead of compiling; undefined where WebAssembly cannot be used, or is not. */
export function compiledKernels(): readonly CompiledKernels[] | undefined {
  return kernels().kind === 'simd' ? Array.from(compiled, ([digest, module]) => ({ digest, module })) : undefined;
}

/** Uses kernels that another thread compiled. Where they do not serve, this thread compiles its own when it needs them. */
export function adoptKernels(data: readonly CompiledKernels[]): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyLike };
  if (WebAssembly === undefined) return;
  for (const { digest, module } of data) if (module instanceof WebAssembly.Module) compiled.set(digest, module);
  chosen = undefined;
}

/** The part of WebAssembly that is used; core's types know no host. */
interface WebAssemblyLike {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** By digest; kept, so that workers can be sent them. */
const compiled = new Map<string, object>();

/** Undefined where there is no WebAssembly, or none with SIMD, or a content security policy forbids it. */
function createSimdKernels(): Kernels | undefined {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyLike };
  if (WebAssembly === undefined) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: 8 });
    const instantiate = ({ digest, text }: KernelModule): unknown => {
      const module = compiled.get(digest) ?? new WebAssembly.Module(readModuleText(text));
      compiled.set(digest, module);
      return new WebAssembly.Instance(module, { env: { memory } }).exports;
    };
    const functions = instantiate(MODULE) as KernelFunctions;
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
      further: once(({ module }) => instantiate(module)),
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
    further: once(({ createPlain: create }) => create(() => view)),
  };
}

/** Makes the functions of a module when they are first asked for. */
function once(make: (kernels: FurtherKernels<unknown>) => unknown): Kernels['further'] {
  const made = new Map<FurtherKernels<unknown>, unknown>();
  return <Functions>(further: FurtherKernels<Functions>): Functions => {
    const functions = made.get(further) ?? make(further);
    made.set(further, functions);
    return functions as Functions;
  };
}
