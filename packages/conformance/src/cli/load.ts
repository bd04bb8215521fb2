import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Family, FamilyDefinition } from '@emkit/core';
import { type AnyReferenceFamily, checkLaw, replayFamily, withDefinition } from '../check-family.ts';
import { checkLatentLaw, replayLatent, variantsOf } from '../check-latent.ts';
import { LATENT_LAWS, LAWS } from '../checks/index.ts';
import { describeShape } from '../family-shape.ts';
import type { CheckedLatent } from '../labels/subject.ts';
import { describeLatentShape } from '../latent-shape.ts';
import type { Named } from '../law.ts';
import type { LawResult, Replay, RunOptions } from '../run-law.ts';
import { UsageError } from './arguments.ts';

/** A family, or a latent structure, to check. */
export interface Candidate extends Named {
  readonly module: string;
  /** The laws for it, with the names of their parts. */
  readonly laws: readonly { readonly name: string; readonly parts: readonly string[] }[];
  check(law: string, options: RunOptions): LawResult;
  replay(law: string, where: Parameters<typeof replayFamily>[2]): readonly Replay[];
}

/** What a module exports. */
export interface Loaded {
  readonly candidates: readonly Candidate[];
  /** Functions beside them that may have been meant as families: what each is instead. */
  readonly unchecked: readonly string[];
}

type Reference = (family: Family) => AnyReferenceFamily | undefined;

/**
 * What a module exports that can be checked: families, every variant of a definition of families, and every variant of a latent structure, in
 * the order of the exports.
 *
 * @throws UsageError when the module cannot be loaded or exports nothing of the kind
 */
export async function loadModule(module: string): Promise<Loaded> {
  const exports = await load(module);
  const { reference } = exports;
  if (reference !== undefined && typeof reference !== 'function')
    throw new UsageError(`${module}: the export "reference" is not a function from a family to its reference`);
  const candidates: Candidate[] = [];
  const refused: string[] = [];
  const unchecked: string[] = [];
  const seen = new Set<unknown>();
  for (const [exported, value] of Object.entries(exports)) {
    if (exported === 'reference' || seen.has(value)) continue;
    seen.add(value);
    if (describeLatentShape(value) === undefined) {
      candidates.push(...latentCandidates(module, value as CheckedLatent));
      continue;
    }
    const wrong = meantAsLatent(value) ? describeLatentShape(value) : describeShape(value);
    if (wrong !== undefined) {
      // Something with the functions of a family was meant to be one: its mistakes must not pass for another export.
      if (meantAsLatent(value)) throw new UsageError(`${module}: the export ${exported} is not a latent structure: ${wrong}`);
      if (meantAsFamily(value)) throw new UsageError(`${module}: the export ${exported} is not a family: ${wrong}`);
      if (typeof value === 'function' || isPromise(value)) unchecked.push(`${exported} of ${module}: ${wrong}`);
      refused.push(`${exported}: ${wrong}`);
      continue;
    }
    for (const family of instances(value as Family | FamilyDefinition, module, exported))
      candidates.push(familyCandidate(module, family, (reference as Reference | undefined)?.(family)));
  }
  if (candidates.length > 0) return { candidates, unchecked };
  throw new UsageError(`${module} exports no family and no latent structure${refused.length === 0 ? '' : `:\n  ${refused.join('\n  ')}`}`);
}

function familyCandidate(module: string, family: Family, reference: AnyReferenceFamily | undefined): Candidate {
  return {
    kind: 'family',
    module,
    id: family.id,
    options: family.options,
    laws: LAWS.map(named),
    check: (law, options) => checkLaw(family, law, { ...options, reference }),
    replay: (law, where) => replayFamily(family, law, where, { reference }),
  };
}

function latentCandidates(module: string, definition: CheckedLatent): readonly Candidate[] {
  return variantsOf(definition).map((variant) => ({
    kind: 'latent structure',
    module,
    id: definition.id,
    options: { components: variant.components, ...variant.options },
    laws: LATENT_LAWS.map(named),
    check: (law, options) => checkLatentLaw(definition, law, { ...options, variant }),
    replay: (law, where) => replayLatent(definition, law, where, { variant }),
  }));
}

const named = ({
  name,
  parts,
}: {
  readonly name: string;
  readonly parts: readonly { readonly name: string }[];
}): Candidate['laws'][number] => ({
  name,
  parts: parts.map((part) => part.name),
});

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function meantAsLatent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'create' in value && 'id' in value;
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
    const where = error instanceof SyntaxError ? placeOf(address, error) : '';
    throw new UsageError(`${module} could not be loaded: ${reason}${hint}${where}`);
  }
}

/** The file, line and text of a syntax error: Node keeps them from those who catch it, and prints them when it checks the file alone. */
function placeOf(address: string, error: SyntaxError): string {
  const { stderr } = spawnSync(process.execPath, ['--check', fileURLToPath(address)], { encoding: 'utf8', timeout: 10_000 });
  for (const text of [error.stack ?? '', stderr ?? '']) {
    const [place] = /^\S.*:\d+\n.*\n *\^+/m.exec(text) ?? [];
    if (place !== undefined) return `\n${place}`;
  }
  return '';
}
