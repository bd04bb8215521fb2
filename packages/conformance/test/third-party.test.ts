import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const workspace = join(packageFolder, '../..');
const project = mkdtempSync(join(tmpdir(), 'emkit-third-party-'));
const command = join(project, 'node_modules/.bin/emkit-conformance');

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function execute(file: string, parameters: readonly string[], folder: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, parameters, { cwd: folder, timeout: 280_000 }, (error, out, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${out}${errors}` });
    });
  });
}

/** The example as a stranger has it: a copy outside of the workspace, with the packages installed from their tarballs by npm. */
beforeAll(async () => {
  const pack = `import { packAll } from ${JSON.stringify(join(workspace, 'tools/src/pack.ts'))}; process.stdout.write('\\n' + JSON.stringify(await packAll()));`;
  const packed = await execute(process.execPath, ['--input-type=module', '--eval', pack], workspace);
  expect(packed.code, packed.output).toBe(0);
  const tarballs = JSON.parse(packed.output.trim().split('\n').at(-1)!) as Record<string, string>;
  cpSync(join(packageFolder, 'example'), project, { recursive: true });
  cpSync(join(packageFolder, 'test/strangers'), join(project, 'strangers'), { recursive: true });
  const wanted = ['@emkit/core', '@emkit/families', '@emkit/reference', '@emkit/conformance'].map((name) => tarballs[name]!);
  const flags = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-save', '--loglevel=error'];
  const installed = await execute('npm', [...flags, ...wanted], project);
  expect(installed.code, installed.output).toBe(0);
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('families and a latent structure of a third party, with the published packages', { timeout: 300_000 }, () => {
  test('conform: exit code 0', async () => {
    const { code, output } = await execute(command, ['./rayleigh.js', './laplace.ts', './sticky.ts', '--runs', '40'], project);
    expect(output).toContain('2 of 2 families conform\n1 of 1 latent structures conform');
    expect(code, output).toBe(0);
  });

  test('regressions, generalised EM, mixed measures, constrained rows and spaces of their own conform', async () => {
    const files = ['regressions', 'generalised', 'constrained', 'mixed', 'spaces', 'lines'].map((name) => `./strangers/${name}.ts`);
    const { code, output } = await execute(command, [...files, '--runs', '8', '--quiet'], project);
    expect(output).toContain('of 23 families conform');
    expect(code, output).toBe(0);
  });

  test('the one with a reference is held to its digits', async () => {
    const { output } = await execute(command, ['./laplace.ts', '--law', 'log-density', '--runs', '20'], project);
    expect(output).toMatch(/log-density +passed/);
  });

  test('a broken copy does not: exit code 1, the law and the counterexample', async () => {
    const right = readFileSync(join(project, 'rayleigh.js'), 'utf8');
    const wrong = right.replace('statistics[0] / (2 * count)', 'statistics[0] / (2 * count - 1)');
    expect(wrong).not.toBe(right);
    writeFileSync(join(project, 'broken.js'), wrong);
    const { code, output } = await execute(command, ['./broken.js', '--runs', '40'], project);
    expect(output).toMatch(/m-step +FAILED/);
    expect(output).toContain('is not the maximum');
    expect(output).toContain('counterexample: ');
    expect(code).toBe(1);
  });

  test('a broken latent structure does not', async () => {
    const right = readFileSync(join(project, 'sticky.ts'), 'utf8');
    const wrong = right.replace('moves > 0 ? stays! / moves : stay', 'moves > 0 ? (stays! + 1) / (moves + 2) : stay');
    expect(wrong).not.toBe(right);
    writeFileSync(join(project, 'broken-sticky.ts'), wrong);
    const { code, output } = await execute(command, ['./broken-sticky.ts', '--law', 'label-m-step', '--runs', '40'], project);
    expect(output).toMatch(/label-m-step +FAILED/);
    expect(output).toContain('where the M-step rests');
    expect(code).toBe(1);
  });

  test('a model with the latent structure is fitted, in threads too, and read back', async () => {
    const { code, output } = await execute(process.execPath, ['fit-sticky.ts'], project);
    expect(output).toMatch(/^converged 0\.(8[5-9]|9[0-4])/);
    expect(output).toContain('the same in threads: true\nthe same when read: true');
    expect(code).toBe(0);
  });

  test('the types of the published packages suffice for those in TypeScript', async () => {
    const { code, output } = await execute(join(workspace, 'node_modules/.bin/tsc'), ['-p', project], project);
    expect(output).toBe('');
    expect(code).toBe(0);
  });
});
