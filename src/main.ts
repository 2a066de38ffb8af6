#!/usr/bin/env node
import { hostname } from 'node:os';
import { extname } from 'node:path';
import { checkLimitCommand } from './command/check-limit-command.ts';
import { LimitCheckError } from './command/check-limit.ts';
import type { CommandHost } from './command/command.ts';
import { controllerCommand } from './command/controller-command.ts';
import { installCommand } from './command/install-command.ts';
import { UsageError } from './command/usage-error.ts';
import { KubeConnectionError } from './kube/kube-connection-error.ts';
import { KubeStatusError } from './kube/kube-status-error.ts';
import { webhookCommand } from './command/webhook-command.ts';
import { InstallerError } from '../webhook/installer/installer-error.ts';
import { PluginError } from './plugin/plugin-error.ts';

const commands = [webhookCommand, controllerCommand, installCommand, checkLimitCommand];

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands.find((each) => each.name === name);
  if ([name, ...args].includes('--help')) {
    process.stdout.write(usageOf(name));
    return;
  }
  if (command === undefined) {
    const names = new Intl.ListFormat('en', { type: 'disjunction' }).format(
      commands.map((each) => each.name),
    );
    throw new UsageError(`expected the command ${names}, got ${JSON.stringify(name)}`);
  }
  await command.run(args, host());
}

function host(): CommandHost {
  // What plugins import as stepgate is the stepgate that runs them, be it sources or what was built from them.
  const extension = extname(import.meta.filename);
  const urlOf = (module: string): string => new URL(`../sdk/${module}${extension}`, import.meta.url).href;
  return {
    environment: process.env,
    hostname: hostname(),
    process,
    provide: { stepgate: urlOf('index'), 'stepgate/testing': urlOf('testing') },
  };
}

/** Of one command, or of all where the name is none. */
function usageOf(name: string | undefined): string {
  const named = commands.filter((each) => each.name === name);
  return (named.length === 0 ? commands : named).map(({ usage }) => usage).join('\n');
}

function fail(error: unknown): never {
  const said = [
    UsageError,
    PluginError,
    LimitCheckError,
    InstallerError,
    KubeConnectionError,
    KubeStatusError,
  ].some((kind) => error instanceof kind);
  const text =
    error instanceof Error ? (said ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`stepgate: ${text}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usageOf(process.argv[2])}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  fail(error);
}
