/**
 * The command that downloads what was published of an hour. It believes nothing: what it wrote is checked from
 * the files afterwards, as if somebody else had brought them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { publishedStatementSchema } from '../../../shared/rewards/schemas.ts';
import { addressOf, callApi, parsed } from '../call-api.ts';
import { CliError } from '../cli-error.ts';
import type { Outcome } from '../outcome.ts';
import { checkShare, checkWholeStatement } from './check-statement.ts';

interface FetchOptions {
  readonly url?: string | undefined;
  readonly epoch?: string | undefined;
  readonly device?: string | undefined;
  readonly root?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** What is needed of an epoch; other members may stand beside them. */
const epochSchema = z.object({
  id: z.string(),
  status: z.string(),
  closes_at: z.string(),
  parts: z.int().min(1).max(100_000).nullable(),
  statement: publishedStatementSchema.nullable(),
});

/**
 * `fetch --url <api> --epoch <id>`: writes epoch.json, statement.csv and, for a device, proof.json, and checks them.
 * Throws CliError for what cannot be fetched or written.
 */
export const fetchStatement = async (options: FetchOptions): Promise<Outcome> => {
  const { epoch: id, device, root, json } = options;
  if (id === undefined) throw new CliError('fetch needs --epoch <hour>, such as 2026-11-22T18.');
  const address = `${addressOf(options.url)}/v1/epochs/${encodeURIComponent(id)}`;
  const epochText = await callApi(address);
  const epoch = epochSchema.safeParse(parsed(epochText)).data;
  if (!epoch) throw new CliError(`${address} answers no epoch.`);
  const { statement, parts } = epoch;
  if (statement === null || parts === null) {
    throw new CliError(
      `The epoch ${id} is ${epoch.status}: nothing of it is published yet. It is closed from ${epoch.closes_at} on.`,
    );
  }
  if (statement.head.epoch !== id) {
    throw new CliError(`${address} answers the statement of ${statement.head.epoch}.`);
  }
  const folder = options.out ?? id;
  const write = writer(folder);
  const epochFile = write('epoch.json', epochText);
  const texts: string[] = [];
  for (let part = 0; part < parts; part += 1) {
    texts.push(await callApi(`${address}/statement?part=${part}`));
  }
  const file = write('statement.csv', texts.join(''));
  const whole = checkWholeStatement({ file, epoch: epochFile, device, root, json });
  if (device === undefined) return json ? whole : told(folder, whole);
  const proofText = await callApi(`${address}/proof?device=${encodeURIComponent(device)}`);
  const proofFile = write('proof.json', proofText);
  // The share must stand under the root of the statement that was checked.
  const share = checkShare({ file: proofFile, root: root ?? statement.root, json });
  if (json) return whole.code === 0 ? share : whole;
  const code = whole.code === 0 ? share.code : whole.code;
  return told(folder, { text: `${whole.text}${share.text}`, code });
};

const told = (folder: string, { text, code }: Outcome): Outcome => ({
  text: `What was published stands in ${folder}.\n${text}`,
  code,
});

/** Writes files into a folder, which it makes. */
const writer = (folder: string) => {
  const attempt = <T>(write: () => T): T => {
    try {
      return write();
    } catch (thrown) {
      throw new CliError(`${folder} cannot be written: ${(thrown as Error).message}.`);
    }
  };
  attempt(() => mkdirSync(folder, { recursive: true }));
  return (name: string, text: string): string => {
    const path = join(folder, name);
    attempt(() => writeFileSync(path, text));
    return path;
  };
};
