/** Lambda `clusters-socket`: the socket route on which heads report what Ray lists. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { receiveSocketReport } from '../clusters/receive-report.socket.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { socketFunction } from '../kit/socket.ts';

export const handler = socketFunction(
  { ...createRuntime(environment()), workflows: workflows() },
  { report: receiveSocketReport },
);
