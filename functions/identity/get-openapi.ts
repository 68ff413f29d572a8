/** GET /v1/openapi.json: the API document as it was committed with this code. */
import document from '../../docs/api/openapi.json' with { type: 'json' };

export const getOpenapi = async () => document;
