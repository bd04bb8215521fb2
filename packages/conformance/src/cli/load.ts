import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Family, FamilyDefinition } from '@emkit/core';
import type { ReferenceFamily } from '@emkit/reference';
import { withDefinition } from '../check-family.ts';
import { describeShape } from '../family-shape.ts';
import { UsageError } from './arguments.ts';

/** One family to check, as an instance. */
export interface Candidate {
  readonly module: string;
  readonly exported: string;
  readonly family: Family;
  readonly reference: ReferenceFamily | undefined;
}

/**
 * The families that a module exports: instances, and every variant of each definition, in the order of the exports.
 *
 * @throws UsageError when the module cannot be loaded or exports no family
 */
export async function loadFamilies(module: string): Promise<readonly Candidate[]> {
  const exports = await load(module);
  const { reference } = exports;
  if (reference !== undefined && typeof reference !== 'function')
    throw new UsageError(`${module}: the export "reference" is not a function from a family to its reference`);
  const candidates: Candidate[] = [];
  const refused: string[] = [];
  const seen = new Set<unknown>();
  for (const [exported, value] of Object.entries(exports)) {
    if (exported === 'reference' || seen.has(value)) continue;
    seen.add(value);
    const wrong = describeShape(value);
    if (wrong !== undefined) {
      // Something that has an id and a log-density was meant to be a family: its mistakes must not pass for another export.
      if (meantAsFamily(value)) throw new UsageError(`${module}: the export ${exported} is not a family: ${wrong}`);
      refused.push(`${exported}: ${wrong}`);
      continue;
    }
    for (const family of instances(value as Family | FamilyDefinition, module, exported)) {
      candidates.push({
        module,
        exported,
        family,
        reference: (reference as ((family: Family) => ReferenceFamily | undefined) | undefined)?.(family),
      });
    }
  }
  if (candidates.length > 0) return candidates;
  throw new UsageError(`${module} exports no family${refused.length === 0 ? '' : `:\n  ${refused.join('\n  ')}`}`);
}

function meantAsFamily(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'logDensity' in value && ('maximize' in value || 'accumulate' in value);
}

function instances(value: Family | FamilyDefinition, module: string, exported: string): readonly Family[] {
  if (typeof value !== 'function') return [value];
  return value.variants.map((variant) => {
    let family: Family;
    try {
      family = value(variant);
    } catch (error) {
      throw new UsageError(`${module}: ${exported}(${JSON.stringify(variant)}) threw ${String(error)}`);
    }
    const wrong = describeShape(family);
    if (wrong !== undefined) throw new UsageError(`${module}: ${exported}(${JSON.stringify(variant)}) is not a family: ${wrong}`);
    return withDefinition(family, value);
  });
}

async function load(module: string): Promise<Record<string, unknown>> {
  const path = resolve(module);
  let address: string;
  if (existsSync(path)) address = pathToFileURL(path).href;
  else if (module.startsWith('.') || module.startsWith('/') || /\.[cm]?[jt]s$/.test(module))
    throw new UsageError(`there is no file ${module}`);
  else {
    try {
      address = pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(module)).href;
    } catch {
      throw new UsageError(`there is neither a file nor a package ${module} here`);
    }
  }
  try {
    return (await import(address)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint =
      (error as { code?: string }).code === 'ERR_UNKNOWN_FILE_EXTENSION' ? ': this Node does not run TypeScript; compile it first' : '';
    throw new UsageError(`${module} could not be loaded: ${reason}${hint}`);
  }
}
