/** Step Functions: starting executions by name and waking those that wait for a report. */
import {
  ExecutionAlreadyExists,
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { requestLimits } from './request-limits.ts';

export interface WorkflowPort {
  /**
   * Starts an execution. A name is used once: starting it again is a success that does nothing.
   * `input` is JSON.
   */
  start(stateMachineArn: string, name: string, input: object): Promise<void>;
  /** Wakes a waiting execution; one that no longer waits is left alone. */
  wake(taskToken: string): Promise<void>;
}

export const workflows = (): WorkflowPort => {
  const client = new SFNClient({
    maxAttempts: 3,
    requestHandler: requestLimits(5_000),
  });
  return {
    async start(stateMachineArn, name, input) {
      try {
        const command = { stateMachineArn, name, input: JSON.stringify(input) };
        await client.send(new StartExecutionCommand(command));
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
    async wake(taskToken) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
      } catch (error) {
        const over = [TaskTimedOut, TaskDoesNotExist, InvalidToken].some(
          (kind) => error instanceof kind,
        );
        if (!over) throw error;
      }
    },
  };
};
