/** API Gateway's management of WebSocket connections: pushing one message to one device. */
import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { requestLimits } from './request-limits.ts';

export interface SocketPort {
  /** Sends JSON to a connection; false when that connection is gone. Nothing depends on its arrival. */
  push(connectionId: string, message: object): Promise<boolean>;
}

/** @param endpoint https address of the WebSocket API's stage */
export const sockets = (endpoint: string): SocketPort => {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 2,
    requestHandler: requestLimits(3_000),
  });
  return {
    async push(connectionId, message) {
      try {
        const Data = Buffer.from(JSON.stringify(message));
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
        return true;
      } catch (error) {
        if (error instanceof GoneException) return false;
        throw error;
      }
    },
  };
};
