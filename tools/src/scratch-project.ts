import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** What a command came to. */
export interface Execution {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command in a folder. */
export function execute(
  command: string,
  parameters: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Execution> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}

/** A Node of this machine. */
export interface NodeEngine {
  readonly version: string;
  readonly path: string;
}

/** The Node that runs this, and the first other one on the path: on a usual machine the pinned one and the one it was started with. */
export async function nodeEngines(): Promise<readonly NodeEngine[]> {
  const engines: NodeEngine[] = [{ version: process.versions.node, path: process.execPath }];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    if (folder.includes('node_modules') || !existsSync(path)) continue;
    const version = (await execute(path, ['-p', 'process.versions.node'], folder)).output.trim();
    if (version !== process.versions.node) engines.push({ version, path });
    break;
  }
  return engines;
}

/** A project outside of the workspace, as a user has one. */
export class ScratchProject {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'emkit-project-'));
    this.write('package.json', JSON.stringify({ name: 'scratch', private: true, type: 'module' }));
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Installs packages with npm, from tarballs or by name. */
  async install(packages: readonly string[]): Promise<void> {
    const flags = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...packages];
    const { code, output, errors } = await execute('npm', flags, this.folder);
    if (code !== 0) throw new Error(`npm install failed:\n${output}${errors}`);
  }

  /** Runs a command that must succeed, and gives what it prints. */
  async run(command: string, ...parameters: readonly string[]): Promise<string> {
    const { code, output, errors } = await execute(command, parameters, this.folder);
    if (code !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with code ${code}:\n${output}${errors}`);
    return output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
