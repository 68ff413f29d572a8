// DynamoDB needs no endpoint discovery, which is off unless asked for. Bundled instead of the SDK's cache
// of discovered endpoints: 8 KiB less in each bundle. It holds nothing, for nothing is ever discovered.
export class EndpointCache {
  getEndpoint() {
    return undefined;
  }
  get() {
    return undefined;
  }
  set() {}
  delete() {}
  has() {
    return false;
  }
  clear() {}
}
