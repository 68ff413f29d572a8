/** Reads published statements: a part of one, or the rows of one device in it. */
import { BugError, present } from '../../shared/core/assert.ts';
import type { ObjectPort } from '../../shared/core/objects.ts';
import type { EpochResult } from '../../shared/rewards/epoch.ts';
import type { Manifest } from '../../shared/rewards/manifest.ts';
import type { StatementRow } from '../../shared/rewards/statement.ts';
import { type CsvFault, linesOfDevice, parsePart } from '../../shared/rewards/statement-csv.ts';
import { partsOfDevice } from '../../shared/rewards/statement-parts.ts';
import { getDocument, getManifest } from '../../shared/rewards/statement-store.ts';

/** Where the parts of a statement are. */
export interface PublishedParts {
  readonly objects: ObjectPort;
  readonly epochId: string;
  readonly parts: Manifest['parts'];
}

/** The text of a part, as it was published. */
export const readPart = ({ objects, epochId, parts }: PublishedParts, index: number) =>
  getDocument(objects, epochId, present(parts[index], `no part ${index} of ${epochId}`).hash);

/** All rows of a part. */
export const readPartRows = async (
  published: PublishedParts,
  index: number,
): Promise<readonly StatementRow[]> => rowsIn(parsePart(index, await readPart(published, index)));

/** The rows of the device in the order of the statement; none for one that was not there. */
export const readDeviceRows = async (
  objects: ObjectPort,
  epochId: string,
  { outputHash }: Pick<EpochResult, 'outputHash'>,
  publicId: string,
): Promise<readonly StatementRow[]> => {
  const { parts } = await getManifest(objects, epochId, outputHash);
  const own = partsOfDevice(epochId, parts, publicId);
  const texts = await Promise.all(own.map((index) => readPart({ objects, epochId, parts }, index)));
  return texts.flatMap((text) => rowsIn(linesOfDevice(text, publicId)));
};

const rowsIn = (parsed: readonly StatementRow[] | CsvFault): readonly StatementRow[] => {
  if ('fault' in parsed) throw new BugError(`a published line ${parsed.line}: ${parsed.fault}`);
  return parsed;
};
