/**
 * A real Ray job, sent as a customer's own tools send it: through the Jobs API of the cluster's head,
 * with the cluster's token. `node:http`, because Ray refuses what Node's fetch adds to a POST.
 */
import { request } from 'node:http';
import { waitFor } from './wait.ts';

/** Where to reach the cluster, as GET /v1/clusters/{id}/connection tells. */
export interface RayAccess {
  readonly ray_address: string;
  readonly token: string;
}

const callRay = (
  access: RayAccess,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const call = request(
      new URL(path, access.ray_address),
      {
        method,
        timeout: 30_000,
        headers: {
          authorization: `Bearer ${access.token}`,
          ...(text === '' ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(parts).toString();
          if (response.statusCode !== 200) {
            reject(new Error(`Ray answered ${response.statusCode}: ${answer.slice(0, 300)}`));
          } else {
            resolve(JSON.parse(answer) as Record<string, unknown>);
          }
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error('Ray did not answer within 30 s')));
    call.on('error', reject);
    call.end(text);
  });

/** Estimates pi on every node of the cluster; prints how many nodes took part. */
const program = (tasksPerNode: number): string => `
import random, ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
ray.init(logging_level="ERROR")
@ray.remote
def inside(samples):
    hits = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(samples))
    return hits, ray.get_runtime_context().get_node_id()
nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
results = ray.get([
    inside.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(200_000)
    for node in nodes for _ in range(${tasksPerNode})
])
pi = 4 * sum(hits for hits, _ in results) / (200_000 * len(results))
print(f"pi is about {pi:.4f}, from {len(results)} tasks on {len({node for _, node in results})} nodes")
`;

export interface JobOutcome {
  readonly status: string;
  /** The job's last line. */
  readonly said: string;
}

/** Submits the job and waits for its end. */
export const runRayJob = async (access: RayAccess, tasksPerNode = 4): Promise<JobOutcome> => {
  const code = Buffer.from(program(tasksPerNode)).toString('base64');
  const entrypoint = `python -c "import base64; exec(base64.b64decode('${code}'))"`;
  const submitted = await callRay(access, 'POST', '/api/jobs/', { entrypoint });
  const id = String(submitted['submission_id'] ?? submitted['job_id']);
  const status = await waitFor(
    'the Ray job to end',
    async () => {
      const job = await callRay(access, 'GET', `/api/jobs/${id}`);
      const now = String(job['status']);
      return ['SUCCEEDED', 'FAILED', 'STOPPED'].includes(now) ? now : undefined;
    },
    { seconds: 120 },
  );
  const { logs } = await callRay(access, 'GET', `/api/jobs/${id}/logs`);
  const lines = String(logs ?? '')
    .trim()
    .split('\n');
  return { status, said: lines.at(-1) ?? '' };
};
