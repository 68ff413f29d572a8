/** What the platform's functions logged. */
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Platform } from '../../../local/platform.ts';

const linesOfGroup = async (
  client: CloudWatchLogsClient,
  logGroupName: string,
): Promise<readonly string[]> => {
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return lines;
};

/** Every line that every function has logged. */
export const linesOfFunctions = async (platform: Platform): Promise<readonly string[]> => {
  const client = new CloudWatchLogsClient(platform.aws);
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  const groups = logGroups.map(({ logGroupName = '' }) => linesOfGroup(client, logGroupName));
  return (await Promise.all(groups)).flat();
};

/** The lines that tell of a bug or of a fault: a sound platform logs none. */
export const errorsOfFunctions = async (platform: Platform): Promise<readonly string[]> =>
  (await linesOfFunctions(platform)).filter((line) =>
    /"level":"error"|Uncaught|Task timed out/.test(line),
  );
